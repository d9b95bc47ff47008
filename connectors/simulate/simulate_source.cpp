#include "connectors/simulate/simulate_source.h"

#include <algorithm>
#include <limits>
#include <string>
#include <thread>
#include <utility>

#include "connectors/simulate/event_json.h"

namespace freshet {

namespace {
constexpr std::int64_t second_ns = 1'000'000'000;
}

SimulateSource::SimulateSource(const SimulateOptions& options, const Clock& clock)
    : options_(options), clock_(clock), shop_(options) {}

Status SimulateSource::open(const Positions& from, const Order&) {
  for (const auto& [partition, offset] : from) {
    if ((partition != 0 && partition != catalog_partition(0)) || offset < 0) {
      return error("simulated shop: the state goes on at " + partition_words(partition) +
                   ", offset " + std::to_string(offset) +
                   ", but there is only partition 0: was source.type changed?");
    }
    if (is_catalog(partition)) {
      opened_entry_offset_ = offset;
    } else {
      opened_offset_ = static_cast<std::uint64_t>(offset);
    }
  }
  if (options_.events > 0 && opened_offset_ > options_.events) {
    return error("simulated shop: the state goes on at event " + std::to_string(opened_offset_) +
                 ", but source.events is only " + std::to_string(options_.events));
  }
  for (; next_offset_ < opened_offset_; ++next_offset_) {
    while (const auto item = next_entry()) {
      if (next_entry_offset_ < opened_entry_offset_) {
        ++next_entry_offset_;
      } else {
        late_.push_back(entry_record(*item));
      }
    }
    next_event();
  }
  std::reverse(late_.begin(), late_.end());
  opened_ns_ = clock_.steady_ns();
  return {};
}

/// The item of the catalogue's next record, if one comes before the next event.
std::optional<std::uint32_t> SimulateSource::next_entry() {
  if (!options_.catalog) return std::nullopt;
  while (next_item_ < options_.items) {
    const std::uint32_t item = next_item_++;
    if (shop_.popularity().appears_s(item) == 0) return item;
  }
  if (!event_) {
    event_ = shop_.next();
    changed_ = shop_.take_changed();
    std::reverse(changed_.begin(), changed_.end());
  }
  if (changed_.empty()) return std::nullopt;
  const std::uint32_t item = changed_.back();
  changed_.pop_back();
  return item;
}

ShopEvent SimulateSource::next_event() {
  const ShopEvent event = event_ ? *event_ : shop_.next();
  event_.reset();
  return event;
}

Record SimulateSource::entry_record(std::uint32_t item) {
  Record record;
  record.partition = catalog_partition(0);
  record.offset = next_entry_offset_++;
  record.time_ms = event_ ? event_->time_ms : options_.start_time;
  record.key = 'i' + std::to_string(item);
  record.value = shop_.catalog_now(item);
  return record;
}

std::string SimulateSource::identity() {
  return "a simulated shop with seed " + std::to_string(options_.seed) + ", " +
         std::to_string(options_.users) + " users and " + std::to_string(options_.items) +
         " items from " + std::to_string(options_.start_time);
}

Result<Source::Polled> SimulateSource::poll(std::size_t max_records, std::chrono::milliseconds wait,
                                            std::vector<Record>& out) {
  std::uint64_t ready = due() - next_offset_;
  const bool is_opening = next_item_ < options_.items && options_.catalog;
  if (ready == 0 && !is_over() && !is_opening && wait.count() > 0) {
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(wait, until_due()));
    ready = due() - next_offset_;
  }
  for (std::size_t n = 0; n < max_records && !is_over();) {
    if (!late_.empty()) {
      out.push_back(std::move(late_.back()));
      late_.pop_back();
    } else if (const auto item = next_entry()) {
      if (next_entry_offset_ < opened_entry_offset_) {
        ++next_entry_offset_;
        continue;
      }
      out.push_back(entry_record(*item));
    } else if (ready > 0) {
      const ShopEvent event = next_event();
      Record& record = out.emplace_back();
      record.offset = static_cast<Offset>(next_offset_++);
      record.time_ms = event.time_ms;
      record.key = event_key(event);
      record.value = event_json(event);
      --ready;
    } else {
      break;
    }
    ++n;
  }
  return is_over() ? Polled::end : Polled::more;
}

bool SimulateSource::is_over() const {
  return options_.events > 0 && next_offset_ == options_.events;
}

/// The offset before which all events are due.
std::uint64_t SimulateSource::due() const {
  const std::uint64_t last =
      options_.events > 0 ? options_.events : std::numeric_limits<std::uint64_t>::max();
  if (options_.rate == 0) return last;
  const std::int64_t elapsed_ns = clock_.steady_ns() - opened_ns_;
  const auto rate = static_cast<std::int64_t>(options_.rate);
  const std::int64_t since_open =
      elapsed_ns / second_ns * rate + elapsed_ns % second_ns * rate / second_ns;
  return std::min(last, opened_offset_ + static_cast<std::uint64_t>(since_open));
}

std::chrono::nanoseconds SimulateSource::until_due() const {
  const auto wanted = static_cast<std::int64_t>(next_offset_ - opened_offset_ + 1);
  const auto rate = static_cast<std::int64_t>(options_.rate);
  const std::int64_t at_ns =
      wanted / rate * second_ns + (wanted % rate * second_ns + rate - 1) / rate;
  return std::chrono::nanoseconds(opened_ns_ + at_ns - clock_.steady_ns());
}

Status SimulateSource::commit(const Positions&) { return {}; }

Result<Positions> SimulateSource::committed() { return Positions{}; }

}  // namespace freshet
