#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/read.h"

// JSON as a small ordered tree that remembers where each value was written. Internal to the folder.

namespace freshet::config {

// One place settings come from. Outlives the nodes that point to it.
struct Source {
  std::string label;
  int layer = 0;  // a higher one is stronger
  bool has_lines = false;
};

struct Node {
  enum class Type : unsigned char { kNull, kBool, kInteger, kReal, kText, kList, kObject };

  Type type = Type::kNull;
  int line = 0;
  const Source* source = nullptr;
  std::string key;          // of a member of an object
  std::string text;         // a text; a number as written; "true" or "false"
  std::vector<Node> nodes;  // of a list or an object, in order, at most kMaxDepth levels

  static Node object();
  static Node list();
  static Node of_text(std::string_view value);
  static Node of_bool(bool value);
  static Node of_number(std::string value, Type number_type = Type::kInteger);

  [[nodiscard]] bool is(Type other) const { return type == other; }
  // The last member of that name, or null. O(members).
  [[nodiscard]] Node* find(std::string_view name);
  [[nodiscard]] const Node* find(std::string_view name) const;
  // Adds a member to an object, or replaces the one of that name.
  Node& set(std::string_view name, Node value);
  // Adds a member without looking for one of the same name.
  Node& add(std::string_view name, Node value);
  [[nodiscard]] std::string origin() const;
};

// Reads JSON with comments. Duplicate keys are added to `problems`; nullopt after a syntax error,
// too many bytes or levels, which is added too. The messages quote nothing of the text but keys.
std::optional<Node> parse_json(std::string_view text, const Source& source,
                               std::vector<Problem>& problems);

// The node on one line, or with `indent` ≥ 0 over several lines, short scalar lists on one.
std::string print_json(const Node& node, int indent = -1);

// A JSON string literal; bytes that are not UTF-8 become '?'.
std::string quoted(std::string_view text);

bool is_utf8(std::string_view text);

// Number of code points of valid UTF-8.
std::size_t characters(std::string_view text);

// For messages: at most `limit` bytes, control characters and broken UTF-8 as '?'.
std::string shown(std::string_view text, std::size_t limit = 80);

// The known name nearest to `name` by edit distance (insert, remove, replace, swap neighbours; case
// counts nothing); empty when there is none known. O(names · 64 · 64).
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);
// The same, if it is so near that it may be meant: at most half of its characters differ. For
// values, whose allowed ones are all named beside it.
std::string likely_name(std::string_view name, const std::vector<std::string>& known);
int edit_distance(std::string_view a, std::string_view b);

}  // namespace freshet::config
