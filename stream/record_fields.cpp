#include "stream/record_fields.h"

#include <algorithm>
#include <cassert>

#include "stream/json_error.h"

namespace freshet {

namespace dom = simdjson::dom;

namespace {

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

std::string words_of(dom::element e) {
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

RecordFields::RecordFields(std::vector<std::string> names, std::vector<std::string> codes,
                           std::string code_prefix)
    : names_(std::move(names)),
      codes_(std::move(codes)),
      code_prefix_(std::move(code_prefix)),
      parser_(Decoder::record_bytes_max),
      elements_(names_.size()),
      present_(names_.size(), false) {
  assert(names_.size() == codes_.size());
  // The size limit comes from the constructor, the depth limit from allocate: both are needed.
  // simdjson refuses values at its limit, so one more; `fits_depth` then sees to empty arrays and
  // objects, which it does not count.
  const auto failed = parser_.allocate(Decoder::record_bytes_max, Decoder::depth_max + 1);
  assert(!failed);
  (void)failed;
}

bool RecordFields::reject(const char* code, std::string reason) {
  rejection = {code_prefix_ + code, std::move(reason)};
  return false;
}

bool RecordFields::reject(Field f, const char* what, const std::string& sentence) {
  rejection.code = code_prefix_ + codes_[f] + ':' + what;
  rejection.reason = "field '" + names_[f] + "' " + sentence;
  return false;
}

bool RecordFields::read(const std::string& text) {
  dom::object object;
  return parse(text, object) && find(object);
}

bool RecordFields::parse(const std::string& text, dom::object& object) {
  if (text.size() > Decoder::record_bytes_max) {
    return reject("too_large", "the record has " + std::to_string(text.size()) +
                                   " bytes; at most " + std::to_string(Decoder::record_bytes_max) +
                                   " are allowed");
  }
  dom::element root;
  const auto code = parser_.parse(text.data(), text.size(), true).get(root);
  if (code == simdjson::UTF8_ERROR) {
    return reject("not_utf8", "the record is not valid UTF-8: " + excerpt(text));
  }
  if (code == simdjson::DEPTH_ERROR || (!code && !fits_depth(root, Decoder::depth_max))) {
    return reject("too_deep", "the record is nested deeper than " +
                                  std::to_string(Decoder::depth_max) + " levels: " + excerpt(text));
  }
  if (code == simdjson::EMPTY) return reject("not_json", "the record is empty");
  if (code) {
    std::string where = json_error(text);
    if (where.empty()) where = simdjson::error_message(code);
    return reject("not_json", "the record is not valid JSON (" + where + "): " + excerpt(text));
  }
  if (root.get(object)) {
    return reject("not_object", "the record is not a JSON object but " + words_of(root));
  }
  return true;
}

bool RecordFields::find(dom::object object) {
  present_.assign(names_.size(), false);
  for (const dom::key_value_pair pair : object) {
    for (Field f = 0; f < names_.size(); ++f) {
      if (pair.key != names_[f]) continue;
      if (present_[f]) return reject(f, "twice", "is there twice");
      elements_[f] = pair.value;
      present_[f] = true;
    }
  }
  // null means absent, so a required field that is null is reported as missing below.
  for (Field f = 0; f < names_.size(); ++f) {
    if (present_[f] && elements_[f].is_null()) present_[f] = false;
  }
  return true;
}

bool RecordFields::read_id(Field f, bool required, std::string& out) {
  if (!has(f)) return required ? reject(f, "missing", "is missing") : true;
  const dom::element e = elements_[f];
  if (e.is_int64() || e.is_uint64()) {
    out = integer_text(e);
    return true;
  }
  std::string_view text;
  if (e.get(text)) return reject(f, "type", "must be a string or an integer, not " + words_of(e));
  if (text.empty()) return reject(f, "empty", "is an empty string");
  if (text.size() > Decoder::id_bytes_max) {
    return reject(f, "too_long",
                  "has " + std::to_string(text.size()) + " bytes, at most " +
                      std::to_string(Decoder::id_bytes_max) + " are allowed: " + excerpt(text));
  }
  out = text;
  return true;
}

bool RecordFields::read_text(Field f, std::size_t bytes_max, std::string& out) {
  if (!has(f)) return true;
  std::string_view text;
  if (elements_[f].get(text)) {
    return reject(f, "type", "must be a string, not " + words_of(elements_[f]));
  }
  if (text.size() > bytes_max) {
    return reject(f, "too_long",
                  "has " + std::to_string(text.size()) + " bytes, at most " +
                      std::to_string(bytes_max) + " are allowed: " + excerpt(text));
  }
  out = text;
  return true;
}

bool RecordFields::read_flag(Field f, bool& out) {
  if (!has(f) || !elements_[f].get(out)) return true;
  return reject(f, "type", "must be true or false, not " + words_of(elements_[f]));
}

bool RecordFields::read_amount(Field f, std::optional<double>& out) {
  if (!has(f)) return true;
  double number;
  if (elements_[f].get(number) || number < 0) {
    return reject(f, "range",
                  "must be a finite number of at least 0, not " + words_of(elements_[f]));
  }
  out = number + 0.0;  // no −0
  return true;
}

bool RecordFields::read_key(const Record& record, std::string& out) {
  if (!record.key) return reject("no_value", "the record has neither a key nor a value");
  const std::string& key = *record.key;
  const std::string which =
      record.value ? "the record's key, " : "the record has no value and its key, ";
  if (key.empty() || key.size() > Decoder::id_bytes_max) {
    return reject("key", which + excerpt(key) + ", is not 1 to " +
                             std::to_string(Decoder::id_bytes_max) + " bytes long");
  }
  if (!simdjson::validate_utf8(key.data(), key.size())) {
    return reject("key", which + excerpt(key) + ", is not valid UTF-8");
  }
  out = key;
  return true;
}

bool RecordFields::read_attributes(Field f,
                                   std::vector<std::pair<std::string, AttributeValue>>& out) {
  if (!has(f)) return true;
  dom::object object;
  if (elements_[f].get(object)) {
    return reject(f, "type", "must be an object, not " + words_of(elements_[f]));
  }
  for (const dom::key_value_pair pair : object) {
    if (out.size() == Decoder::attributes_max) {
      return reject(f, "too_many",
                    "has more than " + std::to_string(Decoder::attributes_max) + " entries");
    }
    const dom::element v = pair.value;
    std::string_view text;
    double number;
    bool flag;
    if (pair.key.size() > Decoder::id_bytes_max ||
        (!v.get(text) && text.size() > Decoder::id_bytes_max)) {
      return reject(f, "too_long",
                    "has an entry longer than " + std::to_string(Decoder::id_bytes_max) +
                        " bytes: " + excerpt(pair.key));
    }
    if (!v.get(text)) {
      out.emplace_back(pair.key, std::string(text));
    } else if (!v.get(number)) {
      out.emplace_back(pair.key, number);
    } else if (!v.get(flag)) {
      out.emplace_back(pair.key, flag);
    } else {
      return reject(f, "value",
                    "has the entry " + excerpt(pair.key) +
                        ", which must be a string, a number, true or "
                        "false, not " +
                        words_of(v));
    }
  }
  return true;
}

}  // namespace freshet
