#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/erased.h"
#include "config/tree.h"

// Values behind a void pointer: as numbers, as JSON, and in words. Internal to the folder.

namespace freshet::config::erased {

// The number in an integer, double, Millis or Bytes; nullopt for other kinds.
std::optional<long double> number_in(const Kind& kind, const void* value);

// The name of an enum's value; null when it has none.
const std::string* choice_name(const Kind& kind, const void* value);

// The value as JSON. `limits` say what is secret; null shows everything. An empty Tagged is null.
Node node_of(const Kind& kind, const Limits* limits, const void* value);
Node node_of(const Object& object, const void* value, bool hide_secrets);

// The lowest and highest number of a kind: of its range, else of its type; nullopt without bounds.
struct Bounds {
  std::optional<long double> low;
  std::optional<long double> high;
};
Bounds bounds_of(const Kind& kind, const Limits& limits);
std::string number_text(Shape shape, long double number);

// "integer", "list of texts".
std::string type_words(const Kind& kind);
// "an integer from 0 to 256".
std::string allowed_words(const Kind& kind, const Limits& limits);
// "a, b or c".
std::string alternatives(const std::vector<std::string>& names);
// The names of an enum or of types that are there: not those that come later.
std::vector<std::string> choice_names(const Kind& kind);
std::vector<std::string> type_names(const TypeList& types);

}  // namespace freshet::config::erased
