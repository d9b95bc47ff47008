#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stream/decoder.h"

namespace freshet {

/// The fields of one JSON record, found by name, and what rejects them. Shared by the decoders of
/// events and of the catalogue, so that both keep the same limits and say them in the same words.
///
/// A field that is null counts as absent. Functions that return bool return false after having
/// filled `rejection`. Elements are valid until the next `read`.
class RecordFields {
 public:
  using Field = std::size_t;  ///< index into `names`
  using Element = simdjson::dom::element;

  /// `names`: of the fields in records; `codes`: the same in the codes of rejections.
  /// `code_prefix`: before every code.
  RecordFields(std::vector<std::string> names, std::vector<std::string> codes,
               std::string code_prefix = "");

  /// Parses a record's value and finds the fields in it. No more than Decoder::record_bytes_max
  /// bytes, Decoder::depth_max levels, UTF-8, a JSON object, no field twice.
  bool read(const std::string& text);

  bool has(Field f) const { return present_[f]; }
  Element operator[](Field f) const { return elements_[f]; }

  bool reject(const char* code, std::string reason);
  /// "field '<name>' <sentence>", counted as "<field>:<what>".
  bool reject(Field f, const char* what, const std::string& sentence);

  /// 1 to Decoder::id_bytes_max bytes; an integer is read as its decimal text.
  bool read_id(Field f, bool required, std::string& out);
  /// At most `bytes_max` bytes.
  bool read_text(Field f, std::size_t bytes_max, std::string& out);
  bool read_flag(Field f, bool& out);
  /// A finite number of at least 0.
  bool read_amount(Field f, std::optional<double>& out);
  /// At most Decoder::attributes_max texts, numbers and flags, in the record's order.
  bool read_attributes(Field f, std::vector<std::pair<std::string, AttributeValue>>& out);
  /// The record's key where there is no value: 1 to Decoder::id_bytes_max bytes of UTF-8.
  bool read_key(const Record& record, std::string& out);

  Rejection rejection;

 private:
  bool parse(const std::string& text, simdjson::dom::object& object);
  bool find(simdjson::dom::object object);

  const std::vector<std::string> names_, codes_;
  const std::string code_prefix_;
  simdjson::dom::parser parser_;
  std::vector<Element> elements_;
  std::vector<bool> present_;
};

/// A value for people: "the string 'x'", "an array", "-3".
std::string words_of(simdjson::dom::element e);

}  // namespace freshet
