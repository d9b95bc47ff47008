// Any record, with any of some configurations, becomes an event within the contract's limits or a
// rejection that a person can read.

#include <array>
#include <cmath>
#include <string>
#include <variant>

#include "stream/decoder.h"
#include "stream/iso_time.h"
#include "stream/json_error.h"
#include "stream/list.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/record.h"
#include "tests/support/hostile_corpus.h"

namespace freshet::fuzz {
namespace {

using What = std::variant<Event, Rejection, CatalogRecord>;

/// The fields of another shop's log, two of them the same.
EventOptions renamed() {
  EventOptions options;
  options.fields.user = "visitorid";
  options.fields.item = "itemid";
  options.fields.type = "event";
  options.fields.time = "timestamp";
  options.fields.id = options.fields.session = "transactionid";
  return options;
}

/// Few types, none of which erases; a rating of another scale.
EventOptions few_types() {
  EventOptions options;
  EventTypeOptions rate;
  rate.action = EventAction::rate;
  rate.scale_min = -10;
  rate.scale_max = 10;
  options.types = {{"r", rate}, {"view", {}}, {"\xc3\xa9", {}}};
  return options;
}

struct Reader {
  explicit Reader(EventOptions o) : options(std::move(o)) {}
  EventOptions options;
  EventTypes types{options.types};
  Decoder decoder{options, types};
};

void check_rejection(const Rejection& rejection) {
  check(!rejection.code.empty() && rejection.code.size() < 32, "a rejection has a short code");
  check(rejection.reason.size() >= 16 && rejection.reason.size() < 1'000,
        "a reason is a sentence that names something");
  check(rejection.reason.starts_with("field '") || rejection.reason.starts_with("the record "),
        "a reason begins with what is wrong");
  check(test::safe_to_print(rejection.reason) && test::safe_to_print(rejection.code),
        "a reason is valid UTF-8 without control characters");
}

void check_event(const Event& e, const Record& record, const EventTypes& types) {
  const auto fits = [](const std::string& s) { return s.size() <= Decoder::id_bytes_max; };
  check(!e.user.empty() && fits(e.user) && fits(e.item), "ids have 1 to 256 bytes");
  check(fits(e.session) && fits(e.id) && fits(e.list), "texts have at most 256 bytes");
  check(e.type.value < types.size() && types[e.type].declared, "the type is a declared one");
  const EventTypeOptions& type = types[e.type].options;
  check(
      !e.item.empty() || type.action == EventAction::profile || type.action == EventAction::forget,
      "there is an item where one is needed");
  check(e.time_ms >= 0 && e.time_ms <= Decoder::time_ms_max, "the time is within 1970 to 9999");
  check(record.time_ms < 0 || e.time_ms <= record.time_ms ||
            e.time_ms - record.time_ms <= Decoder::future_ms_max,
        "no event lies more than an hour ahead of its record");
  check(e.quantity >= 1 && e.quantity <= Decoder::quantity_max, "the quantity is within limits");
  check(!e.price || (std::isfinite(*e.price) && *e.price >= 0), "the price is finite, 0 or more");
  check(!e.value || std::isfinite(*e.value), "the value is finite");
  check(type.action != EventAction::rate ||
            (e.value && *e.value >= type.scale_min && *e.value <= type.scale_max),
        "a rating is on its scale");
  const float weight = types.weight(e.type, e.value);
  check(type.action != EventAction::rate || (weight >= 0 && weight <= 5), "ratings map to 0–5");
  check(e.attributes.size() <= Decoder::attributes_max, "there are at most 64 attributes");
  for (const auto& [name, value] : e.attributes) {
    check(fits(name), "an attribute's name has at most 256 bytes");
    const auto* text = std::get_if<std::string>(&value);
    check(text == nullptr || fits(*text), "an attribute's text has at most 256 bytes");
    const auto* number = std::get_if<double>(&value);
    check(number == nullptr || std::isfinite(*number), "an attribute's number is finite");
  }
}

bool same(const What& a, const What& b) {
  if (a.index() != b.index()) return false;
  if (const auto* left = std::get_if<Rejection>(&a)) {
    const auto& right = std::get<Rejection>(b);
    return left->code == right.code && left->reason == right.reason;
  }
  const auto& l = std::get<Event>(a);
  const auto& r = std::get<Event>(b);
  return l.user == r.user && l.item == r.item && l.type == r.type && l.time_ms == r.time_ms &&
         l.session == r.session && l.value == r.value && l.quantity == r.quantity &&
         l.price == r.price && l.id == r.id && l.list == r.list && l.attributes == r.attributes &&
         l.consent == r.consent && l.time_clamped == r.time_clamped;
}

/// What was accepted is accepted again when we write it.
void check_written(const Event& e, Reader& plain) {
  std::string line = R"({"type":"view","time":1,"user":)";
  write_json_text(e.user, line);
  line += R"(,"item":)";
  write_json_text(e.item.empty() ? "i" : e.item, line);
  line += '}';
  Record record;
  record.value = line;
  const What again = plain.decoder.decode(record);
  const auto* event = std::get_if<Event>(&again);
  check(event != nullptr && event->user == e.user, "a user can be written as JSON and read again");
  check(e.item.empty() || event->item == e.item, "an item can be written as JSON and read again");
}

void check_texts(std::string_view value) {
  check(test::safe_to_print(excerpt(value)), "an excerpt is safe to print");
  check(test::safe_to_print(json_error(value.substr(0, 4'096))),
        "where JSON is wrong is printable");
  const auto ms = iso_time_ms(value.substr(0, 64));
  // Year 0 to 9999, a day's zone on either side.
  check(!ms || (*ms >= -62'167'305'600'000 && *ms <= Decoder::time_ms_max + 86'400'000),
        "a time has a year of four digits");
}

}  // namespace
}  // namespace freshet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  using namespace freshet::fuzz;
  static std::array<Reader, 3> readers = {Reader(EventOptions{}), Reader(renamed()),
                                          Reader(few_types())};
  const RecordInput input = read_record(text_of(data, size));
  Reader& reader = readers[input.configuration % readers.size()];
  const What what = reader.decoder.decode(input.record);
  if (const auto* event = std::get_if<Event>(&what)) {
    check_event(*event, input.record, reader.types);
    check_written(*event, readers[0]);
  } else {
    check_rejection(std::get<Rejection>(what));
  }
  check(same(what, reader.decoder.decode(input.record)), "decoding twice gives the same");
  if (input.record.value) check_texts(*input.record.value);
  return 0;
}
