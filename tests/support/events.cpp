#include "tests/support/events.h"

#include <algorithm>
#include <utility>

#include "stream/list.h"
#include "tests/support/hostile_corpus.h"

namespace freshet::test {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  write_json_text(text, out);
  return out;
}

const char* random_type(Random& random) {
  const std::uint32_t n = random.below(40);
  return n < 20   ? "view"
         : n < 24 ? "click"
         : n < 26 ? "like"
         : n < 30 ? "cart"
         : n < 33 ? "purchase"
         : n < 34 ? "uncart"
         : n < 35 ? "return"
         : n < 37 ? "rating"
         : n < 38 ? "dislike"
                  : "impression";
}

std::string random_event(Random& random, const LogMix& mix, std::int64_t now_ms, std::size_t n) {
  const std::string user = "user-" + std::to_string(random.below(mix.users));
  // The lower of two draws: low numbers are popular.
  const std::uint32_t item = std::min(random.below(mix.items), random.below(mix.items));
  const std::int64_t late_ms = random.below(10) == 0 ? random.below(10'000) : 0;
  std::uint32_t dice = random.below(100);
  if (dice < mix.forgets) return EventLine(user, "", "forget", now_ms).without("item").json();
  dice -= mix.forgets;
  if (dice < mix.profiles) {
    return EventLine(user, "", "profile", now_ms)
        .without("item")
        .with("attributes", R"({"age":)" + std::to_string(random.below(90)) + R"(,"vip":true})")
        .json();
  }
  const char* const type = random_type(random);
  EventLine line(user, "item-" + std::to_string(item), type, now_ms - late_ms);
  if (type == std::string_view("rating")) line.with("value", std::to_string(1 + random.below(5)));
  if (random.below(8) == 0) line.with_text("session", "s" + std::to_string(random.below(3)));
  dice = random.below(100);
  if (dice < mix.no_consent) {
    line.with("consent", "false");
  } else if (dice < mix.no_consent + mix.repeats) {
    line.with_text("id", "again-" + std::to_string(random.below(4)));
  } else {
    line.with_text("id", "id-" + std::to_string(n));
  }
  return line.json();
}

}  // namespace

EventLine::EventLine() : EventLine("u", "i") {}

EventLine::EventLine(std::string_view user, std::string_view item, std::string_view type,
                     std::int64_t time_ms) {
  with_text("user", user).with_text("item", item).with_text("type", type);
  with("time", std::to_string(time_ms));
}

EventLine& EventLine::with(std::string_view field, std::string_view json) {
  const auto at = std::find_if(fields_.begin(), fields_.end(),
                               [&](const auto& known) { return known.first == field; });
  if (at != fields_.end()) {
    at->second = json;
  } else {
    fields_.emplace_back(field, json);
  }
  return *this;
}

EventLine& EventLine::with_text(std::string_view field, std::string_view text) {
  return with(field, quoted(text));
}

EventLine& EventLine::without(std::string_view field) {
  std::erase_if(fields_, [&](const auto& known) { return known.first == field; });
  return *this;
}

std::string EventLine::json() const {
  std::string out = "{";
  for (const auto& [field, json] : fields_) {
    if (out.size() > 1) out += ',';
    out += quoted(field) + ':' + json;
  }
  return out + '}';
}

Record record_of(std::string value, Offset offset, Partition partition) {
  Record record;
  record.partition = partition;
  record.offset = offset;
  record.value = std::move(value);
  return record;
}

std::vector<Record> log_of(const std::vector<std::string>& values) {
  std::vector<Record> log;
  for (const std::string& value : values) {
    log.push_back(record_of(value, static_cast<Offset>(log.size())));
  }
  return log;
}

Event event_of(std::string_view user, std::string_view item, std::string_view type,
               std::int64_t time_ms) {
  static const EventTypes types(default_event_types());
  Event event;
  event.user = user;
  event.item = item;
  event.type = types.find(type).value();
  event.time_ms = time_ms;
  return event;
}

Decoded decoded(Event event, Offset offset, Partition partition) {
  Decoded d;
  d.partition = partition;
  d.offset = offset;
  d.what = std::move(event);
  return d;
}

std::vector<Decoded> decoded_log(const std::vector<Event>& events) {
  std::vector<Decoded> log;
  for (const Event& event : events) log.push_back(decoded(event, static_cast<Offset>(log.size())));
  return log;
}

std::vector<Decoded> decode_all(const std::vector<Record>& records, const EventOptions& options) {
  const EventTypes types(options.types);
  Decoder decoder(options, types);
  std::vector<Decoded> out;
  for (const Record& record : records) {
    Decoded d;
    d.partition = record.partition;
    d.offset = record.offset;
    d.what = decoder.decode(record);
    if (d.rejection() != nullptr) d.rejected = record;
    out.push_back(std::move(d));
  }
  return out;
}

std::vector<Record> random_log(std::uint32_t seed, std::size_t records, const LogMix& mix) {
  Random random(seed);
  const std::vector<HostileRecord> hostile = hostile_corpus();
  std::vector<Record> log;
  std::map<Partition, Offset> next;
  std::int64_t now_ms = start_ms;
  while (log.size() < records) {
    const std::uint32_t pause = random.below(100);
    now_ms += pause == 0 ? 40 * minute_ms : pause < 20 ? 0 : random.below(20);
    Record record;
    if (random.below(100) < mix.hostile) {
      record = hostile[random.below(static_cast<std::uint32_t>(hostile.size()))].record;
      if (record.value && record.value->size() > 10'000) continue;
    } else {
      record.value = random_event(random, mix, now_ms, log.size());
    }
    record.partition = static_cast<Partition>(random.below(mix.partitions));
    record.offset = next[record.partition]++;
    log.push_back(std::move(record));
  }
  return log;
}

}  // namespace freshet::test
