#include "stream/decoder.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <string_view>

#include "stream/iso_time.h"
#include "stream/json_error.h"

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

std::string type_name(dom::element e) {
  switch (e.type()) {
    case dom::element_type::ARRAY:
      return "an array";
    case dom::element_type::OBJECT:
      return "an object";
    case dom::element_type::STRING:
      return "the string " + excerpt(std::string_view(e));
    case dom::element_type::BOOL:
      return bool(e) ? "true" : "false";
    case dom::element_type::NULL_VALUE:
      return "null";
    default:
      return simdjson::to_string(e);
  }
}

std::string short_number(double x) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), x).ptr};
}

std::string integer_text(dom::element e) {
  if (e.is_uint64()) return std::to_string(std::uint64_t(e));
  return std::to_string(std::int64_t(e));
}

/// Whether arrays and objects stand at most `levels` deep in each other. Cost: O(1) for a flat
/// record's values.
bool fits_depth(dom::element e, std::size_t levels) {
  dom::array array;
  dom::object object;
  if (!e.get(array)) {
    if (levels == 0) return false;
    for (const dom::element inner : array) {
      if (!fits_depth(inner, levels - 1)) return false;
    }
  } else if (!e.get(object)) {
    if (levels == 0) return false;
    for (const dom::key_value_pair pair : object) {
      if (!fits_depth(pair.value, levels - 1)) return false;
    }
  }
  return true;
}

}  // namespace

struct Decoder::Impl {
  Impl(const EventOptions& options, const EventTypes& t) : types(t), parser(record_bytes_max) {
    const EventOptions::Fields& f = options.fields;
    names = {f.user,     f.item,  f.type, f.time, f.session,    f.value,
             f.quantity, f.price, f.id,   f.list, f.attributes, f.consent};
    // The size limit comes from the constructor, the depth limit from allocate: both are needed.
    // simdjson refuses values at its limit, so one more; `fits_depth` then sees to empty arrays and
    // objects, which it does not count.
    const auto failed = parser.allocate(record_bytes_max, depth_max + 1);
    assert(!failed);
    (void)failed;
  }

  std::variant<Event, Rejection, CatalogRecord> decode(const Record& record);

  // Each returns false after having filled `rejection`.
  bool parse(const std::string& text, dom::object& object);
  bool collect(dom::object object);
  bool read(const Record& record, Event& e);
  bool read_id(Field f, bool required, std::string& out);
  bool read_text(Field f, std::string& out);
  bool read_type(Event& e);
  bool read_time(const Record& record, Event& e);
  bool read_numbers(Event& e);
  bool read_attributes(Event& e);
  bool forget_by_tombstone(const Record& record, Event& e);

  bool has(Field f) const { return present[f]; }
  bool reject(const char* code, std::string reason) {
    rejection = {code, std::move(reason)};
    return false;
  }
  bool reject(Field f, const char* what, const std::string& sentence) {
    rejection.code = std::string(contract_names[f]) + ":" + what;
    rejection.reason = "field '" + names[f] + "' " + sentence;
    return false;
  }

  const EventTypes& types;
  std::array<std::string, field_count> names;
  dom::parser parser;
  std::array<dom::element, field_count> fields;
  std::array<bool, field_count> present{};
  Rejection rejection;
};

bool Decoder::Impl::parse(const std::string& text, dom::object& object) {
  if (text.size() > record_bytes_max) {
    return reject("too_large", "the record has " + std::to_string(text.size()) +
                                   " bytes; at most " + std::to_string(record_bytes_max) +
                                   " are allowed");
  }
  dom::element root;
  const auto code = parser.parse(text.data(), text.size(), true).get(root);
  if (code == simdjson::UTF8_ERROR) {
    return reject("not_utf8", "the record is not valid UTF-8: " + excerpt(text));
  }
  if (code == simdjson::DEPTH_ERROR || (!code && !fits_depth(root, depth_max))) {
    return reject("too_deep", "the record is nested deeper than " + std::to_string(depth_max) +
                                  " levels: " + excerpt(text));
  }
  if (code == simdjson::EMPTY) return reject("not_json", "the record is empty");
  if (code) {
    std::string where = json_error(text);
    if (where.empty()) where = simdjson::error_message(code);
    return reject("not_json", "the record is not valid JSON (" + where + "): " + excerpt(text));
  }
  if (root.get(object)) {
    return reject("not_object", "the record is not a JSON object but " + type_name(root));
  }
  return true;
}

bool Decoder::Impl::collect(dom::object object) {
  present.fill(false);
  for (const dom::key_value_pair pair : object) {
    for (std::uint8_t f = 0; f < field_count; ++f) {
      if (pair.key != names[f]) continue;
      const auto field = static_cast<Field>(f);
      if (present[f]) return reject(field, "twice", "is there twice");
      fields[f] = pair.value;
      present[f] = true;
    }
  }
  // null means absent, so a required field that is null is reported as missing below.
  for (std::uint8_t f = 0; f < field_count; ++f) {
    if (present[f] && fields[f].is_null()) present[f] = false;
  }
  return true;
}

bool Decoder::Impl::read_id(Field f, bool required, std::string& out) {
  if (!has(f)) return required ? reject(f, "missing", "is missing") : true;
  const dom::element e = fields[f];
  if (e.is_int64() || e.is_uint64()) {
    out = integer_text(e);
    return true;
  }
  std::string_view text;
  if (e.get(text)) return reject(f, "type", "must be a string or an integer, not " + type_name(e));
  if (text.empty()) return reject(f, "empty", "is an empty string");
  if (text.size() > id_bytes_max) {
    return reject(f, "too_long",
                  "has " + std::to_string(text.size()) + " bytes, at most " +
                      std::to_string(id_bytes_max) + " are allowed: " + excerpt(text));
  }
  out = text;
  return true;
}

bool Decoder::Impl::read_text(Field f, std::string& out) {
  if (!has(f)) return true;
  std::string_view text;
  if (fields[f].get(text))
    return reject(f, "type", "must be a string, not " + type_name(fields[f]));
  if (text.size() > id_bytes_max) {
    return reject(f, "too_long",
                  "has " + std::to_string(text.size()) + " bytes, at most " +
                      std::to_string(id_bytes_max) + " are allowed: " + excerpt(text));
  }
  out = text;
  return true;
}

bool Decoder::Impl::read_type(Event& e) {
  if (!has(Field::type)) return reject(Field::type, "missing", "is missing");
  std::string_view name;
  if (fields[Field::type].get(name)) {
    return reject(Field::type, "type", "must be a string, not " + type_name(fields[Field::type]));
  }
  const auto found = types.find(name);
  if (!found) {
    return reject(
        Field::type, "unknown",
        "is " + excerpt(name) + ", which is no configured event type (" + types.names() + ")");
  }
  e.type = *found;
  return true;
}

bool Decoder::Impl::read_time(const Record& record, Event& e) {
  static const std::string wanted =
      "must be an integer of milliseconds since 1970 or ISO-8601 with a zone, up to year 9999";
  if (!has(Field::time)) {
    if (record.time_ms < 0) {
      return reject(Field::time, "missing", "is missing, and the record has no time of its own");
    }
    if (record.time_ms > time_ms_max) {
      return reject(Field::time, "range",
                    "is missing, and the record's own time, " + std::to_string(record.time_ms) +
                        ", is beyond year 9999");
    }
    e.time_ms = record.time_ms;
    return true;
  }
  const dom::element t = fields[Field::time];
  std::string_view text;
  if (t.is_int64()) {
    e.time_ms = std::int64_t(t);
    if (e.time_ms < 0 || e.time_ms > time_ms_max) {
      return reject(Field::time, "range", wanted + ", not " + integer_text(t));
    }
  } else if (!t.get(text)) {
    const auto ms = iso_time_ms(text);
    if (!ms || *ms < 0 || *ms > time_ms_max)
      return reject(Field::time, "format", wanted + ", not " + excerpt(text));
    e.time_ms = *ms;
  } else {
    return reject(Field::time, "type", wanted + ", not " + type_name(t));
  }
  // By subtraction: a sender can give a record any time up to the end of 64 bits.
  if (record.time_ms >= 0 && e.time_ms - record.time_ms > future_ms_max) {
    e.time_ms = record.time_ms + future_ms_max;
    e.time_clamped = true;
  }
  return true;
}

bool Decoder::Impl::read_numbers(Event& e) {
  if (has(Field::value)) {
    double number;
    if (fields[Field::value].get(number)) {
      return reject(Field::value, "type",
                    "must be a finite number, not " + type_name(fields[Field::value]));
    }
    e.value = number;
  }
  const EventTypeOptions& kind = types[e.type].options;
  if (kind.action == EventAction::rate) {
    if (!e.value) return reject(Field::value, "missing", "is missing in a rating");
    if (*e.value < kind.scale_min || *e.value > kind.scale_max) {
      return reject(Field::value, "range",
                    "is " + type_name(fields[Field::value]) + ", outside the declared scale from " +
                        short_number(kind.scale_min) + " to " + short_number(kind.scale_max));
    }
  }
  if (has(Field::quantity)) {
    const dom::element q = fields[Field::quantity];
    std::int64_t n;
    if (q.get(n) || n < 1 || n > quantity_max) {
      return reject(
          Field::quantity, "range",
          "must be an integer from 1 to " + std::to_string(quantity_max) + ", not " + type_name(q));
    }
    e.quantity = static_cast<std::uint32_t>(n);
  }
  if (has(Field::price)) {
    double number;
    if (fields[Field::price].get(number) || number < 0) {
      return reject(
          Field::price, "range",
          "must be a finite number of at least 0, not " + type_name(fields[Field::price]));
    }
    e.price = number;
  }
  if (has(Field::consent) && fields[Field::consent].get(e.consent)) {
    return reject(Field::consent, "type",
                  "must be true or false, not " + type_name(fields[Field::consent]));
  }
  return true;
}

bool Decoder::Impl::read_attributes(Event& e) {
  if (!has(Field::attributes)) return true;
  dom::object object;
  if (fields[Field::attributes].get(object)) {
    return reject(Field::attributes, "type",
                  "must be an object, not " + type_name(fields[Field::attributes]));
  }
  for (const dom::key_value_pair pair : object) {
    if (e.attributes.size() == attributes_max) {
      return reject(Field::attributes, "too_many",
                    "has more than " + std::to_string(attributes_max) + " entries");
    }
    const dom::element v = pair.value;
    std::string_view text;
    double number;
    bool flag;
    if (pair.key.size() > id_bytes_max || (!v.get(text) && text.size() > id_bytes_max)) {
      return reject(Field::attributes, "too_long",
                    "has an entry longer than " + std::to_string(id_bytes_max) +
                        " bytes: " + excerpt(pair.key));
    }
    if (!v.get(text)) {
      e.attributes.emplace_back(pair.key, std::string(text));
    } else if (!v.get(number)) {
      e.attributes.emplace_back(pair.key, number);
    } else if (!v.get(flag)) {
      e.attributes.emplace_back(pair.key, flag);
    } else {
      return reject(Field::attributes, "value",
                    "has the entry " + excerpt(pair.key) +
                        ", which must be a string, a number, true or "
                        "false, not " +
                        type_name(v));
    }
  }
  return true;
}

bool Decoder::Impl::forget_by_tombstone(const Record& record, Event& e) {
  if (!record.key) return reject("no_value", "the record has neither a key nor a value");
  const std::string& key = *record.key;
  if (key.empty() || key.size() > id_bytes_max) {
    return reject("key", "the record has no value and its key, " + excerpt(key) + ", is not 1 to " +
                             std::to_string(id_bytes_max) + " bytes long");
  }
  if (!simdjson::validate_utf8(key.data(), key.size())) {
    return reject("key", "the record has no value and its key is not valid UTF-8: " + excerpt(key));
  }
  if (!types.forget()) {
    return reject("no_value", "the record has no value, and no event type erases users");
  }
  e.user = key;
  e.type = *types.forget();
  e.time_ms = std::clamp<std::int64_t>(record.time_ms, 0, time_ms_max);
  return true;
}

bool Decoder::Impl::read(const Record& record, Event& e) {
  if (!record.value) return forget_by_tombstone(record, e);
  dom::object object;
  if (!parse(*record.value, object) || !collect(object)) return false;
  if (!read_id(Field::user, true, e.user) || !read_type(e)) return false;
  const EventAction action = types[e.type].options.action;
  const bool about_item = action == EventAction::interact || action == EventAction::rate;
  return read_id(Field::item, about_item, e.item) && read_time(record, e) &&
         read_text(Field::session, e.session) && read_text(Field::id, e.id) &&
         read_text(Field::list, e.list) && read_numbers(e) && read_attributes(e);
}

std::variant<Event, Rejection, CatalogRecord> Decoder::Impl::decode(const Record& record) {
  Event e;
  if (!read(record, e)) return std::move(rejection);
  return e;
}

Decoder::Decoder(const EventOptions& options, const EventTypes& types)
    : impl_(std::make_unique<Impl>(options, types)) {}

Decoder::~Decoder() = default;

std::variant<Event, Rejection, CatalogRecord> Decoder::decode(const Record& record) {
  return impl_->decode(record);
}

}  // namespace freshet
