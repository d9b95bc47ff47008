#include "stream/decoder.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <string_view>

#include "stream/catalog_decoder.h"
#include "stream/iso_time.h"
#include "stream/json_error.h"
#include "stream/record_fields.h"

namespace freshet {
namespace {

namespace dom = simdjson::dom;

enum Field : std::uint8_t {
  user,
  item,
  type,
  time,
  session,
  value,
  quantity,
  price,
  id,
  list,
  attributes,
  consent,
  field_count
};

constexpr std::array<const char*, field_count> contract_names = {
    "user",     "item",  "type", "time", "session",    "value",
    "quantity", "price", "id",   "list", "attributes", "consent"};

std::string short_number(double x) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), x).ptr};
}

std::vector<std::string> names_of(const EventOptions::Fields& f) {
  return {f.user,     f.item,  f.type, f.time, f.session,    f.value,
          f.quantity, f.price, f.id,   f.list, f.attributes, f.consent};
}

}  // namespace

struct Decoder::Impl {
  Impl(const EventOptions& options, const EventTypes& t)
      : types(t),
        fields(names_of(options.fields), {contract_names.begin(), contract_names.end()}) {}

  std::variant<Event, Rejection, CatalogRecord> decode(const Record& record);

  // Each returns false after having filled the rejection.
  bool read(const Record& record, Event& e);
  bool read_type(Event& e);
  bool read_time(const Record& record, Event& e);
  bool read_numbers(Event& e);
  bool forget_by_tombstone(const Record& record, Event& e);

  const EventTypes& types;
  RecordFields fields;
  CatalogDecoder catalog;
};

bool Decoder::Impl::read_type(Event& e) {
  if (!fields.has(Field::type)) return fields.reject(Field::type, "missing", "is missing");
  std::string_view name;
  if (fields[Field::type].get(name)) {
    return fields.reject(Field::type, "type",
                         "must be a string, not " + words_of(fields[Field::type]));
  }
  const auto found = types.find(name);
  if (!found) {
    return fields.reject(
        Field::type, "unknown",
        "is " + excerpt(name) + ", which is no configured event type (" + types.names() + ")");
  }
  e.type = *found;
  return true;
}

bool Decoder::Impl::read_time(const Record& record, Event& e) {
  static const std::string wanted =
      "must be an integer of milliseconds since 1970 or ISO-8601 with a zone, up to year 9999";
  if (!fields.has(Field::time)) {
    if (record.time_ms < 0) {
      return fields.reject(Field::time, "missing",
                           "is missing, and the record has no time of its own");
    }
    if (record.time_ms > time_ms_max) {
      return fields.reject(Field::time, "range",
                           "is missing, and the record's own time, " +
                               std::to_string(record.time_ms) + ", is beyond year 9999");
    }
    e.time_ms = record.time_ms;
    return true;
  }
  const dom::element t = fields[Field::time];
  std::string_view text;
  if (t.is_int64()) {
    e.time_ms = std::int64_t(t);
    if (e.time_ms < 0 || e.time_ms > time_ms_max) {
      return fields.reject(Field::time, "range", wanted + ", not " + words_of(t));
    }
  } else if (!t.get(text)) {
    const auto ms = iso_time_ms(text);
    if (!ms || *ms < 0 || *ms > time_ms_max)
      return fields.reject(Field::time, "format", wanted + ", not " + excerpt(text));
    e.time_ms = *ms;
  } else {
    return fields.reject(Field::time, "type", wanted + ", not " + words_of(t));
  }
  // By subtraction: a sender can give a record any time up to the end of 64 bits.
  if (record.time_ms >= 0 && e.time_ms - record.time_ms > future_ms_max) {
    e.time_ms = record.time_ms + future_ms_max;
    e.time_clamped = true;
  }
  return true;
}

bool Decoder::Impl::read_numbers(Event& e) {
  if (fields.has(Field::value)) {
    double number;
    if (fields[Field::value].get(number)) {
      return fields.reject(Field::value, "type",
                           "must be a finite number, not " + words_of(fields[Field::value]));
    }
    e.value = number;
  }
  const EventTypeOptions& kind = types[e.type].options;
  if (kind.action == EventAction::rate) {
    if (!e.value) return fields.reject(Field::value, "missing", "is missing in a rating");
    if (*e.value < kind.scale_min || *e.value > kind.scale_max) {
      return fields.reject(Field::value, "range",
                           "is " + words_of(fields[Field::value]) +
                               ", outside the declared scale from " + short_number(kind.scale_min) +
                               " to " + short_number(kind.scale_max));
    }
  }
  if (fields.has(Field::quantity)) {
    const dom::element q = fields[Field::quantity];
    std::int64_t n;
    if (q.get(n) || n < 1 || n > quantity_max) {
      return fields.reject(
          Field::quantity, "range",
          "must be an integer from 1 to " + std::to_string(quantity_max) + ", not " + words_of(q));
    }
    e.quantity = static_cast<std::uint32_t>(n);
  }
  return fields.read_amount(Field::price, e.price) && fields.read_flag(Field::consent, e.consent);
}

bool Decoder::Impl::forget_by_tombstone(const Record& record, Event& e) {
  if (!fields.read_key(record, e.user)) return false;
  if (!types.forget()) {
    return fields.reject("no_value", "the record has no value, and no event type erases users");
  }
  e.type = *types.forget();
  e.time_ms = std::clamp<std::int64_t>(record.time_ms, 0, time_ms_max);
  return true;
}

bool Decoder::Impl::read(const Record& record, Event& e) {
  if (!record.value) return forget_by_tombstone(record, e);
  if (!fields.read(*record.value)) return false;
  if (!fields.read_id(Field::user, true, e.user) || !read_type(e)) return false;
  const EventAction action = types[e.type].options.action;
  const bool about_item = action == EventAction::interact || action == EventAction::rate;
  return fields.read_id(Field::item, about_item, e.item) && read_time(record, e) &&
         fields.read_text(Field::session, id_bytes_max, e.session) &&
         fields.read_text(Field::id, id_bytes_max, e.id) &&
         fields.read_text(Field::list, id_bytes_max, e.list) && read_numbers(e) &&
         fields.read_attributes(Field::attributes, e.attributes);
}

std::variant<Event, Rejection, CatalogRecord> Decoder::Impl::decode(const Record& record) {
  if (is_catalog(record.partition)) {
    CatalogRecord entry;
    if (!catalog.decode(record, entry)) return catalog.rejection();
    return entry;
  }
  Event e;
  if (!read(record, e)) return std::move(fields.rejection);
  return e;
}

Decoder::Decoder(const EventOptions& options, const EventTypes& types)
    : impl_(std::make_unique<Impl>(options, types)) {}

Decoder::~Decoder() = default;

std::variant<Event, Rejection, CatalogRecord> Decoder::decode(const Record& record) {
  return impl_->decode(record);
}

}  // namespace freshet
