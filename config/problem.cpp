#include "config/reader.h"
#include "config/values.h"

namespace freshet::config {
namespace {

// The last part of a dotted path.
std::string_view last_part(std::string_view path) { return path.substr(path.rfind('.') + 1); }

void add_paths(const erased::Object& object, const std::string& path,
               std::vector<std::string>& paths) {
  for (const erased::Option& option : object.options) {
    const std::string option_path = joined(path, option.name);
    paths.push_back(option_path);
    if (option.kind.object != nullptr) add_paths(*option.kind.object, option_path, paths);
  }
}

}  // namespace

std::string joined(const std::string& path, std::string_view key) {
  if (path.empty()) return std::string(key);
  return key.empty() ? path : path + "." + std::string(key);
}

std::string found_words(const Node& node, bool secret) {
  const std::string size = std::to_string(node.nodes.size());
  switch (node.type) {
    case Node::Type::kNull:
      return "null";
    case Node::Type::kList:
      return node.nodes.empty() ? "an empty list" : "a list of " + size;
    case Node::Type::kObject:
      return node.nodes.empty() ? "an empty object" : "an object";
    case Node::Type::kText:
      if (secret) return "text ***";
      if (!is_utf8(node.text)) return "text that is not UTF-8";
      return "text " + quoted(shown(node.text));
    case Node::Type::kBool:
      return "boolean " + (secret ? "***" : node.text);
    default:
      return (node.is(Node::Type::kInteger) ? "integer " : "number ") +
             (secret ? "***" : shown(node.text));
  }
}

void Problems::add(Problem problem) {
  if (full()) return;
  if (list_.size() + 1 == kMaxProblems) problem = {"", "there are more problems", "", "", "", ""};
  list_.push_back(std::move(problem));
}

void add_unknown_key(const erased::Object& root, const erased::Object& object,
                     const std::string& path, std::string_view key, bool tagged, const Node& origin,
                     Problems& problems) {
  std::string best;
  int best_distance = 0;
  const auto consider = [&](const std::string& candidate, int distance) {
    if (!best.empty() && distance >= best_distance) return;
    best = candidate;
    best_distance = distance;
  };
  std::vector<std::string> siblings;
  const auto sibling = [&](const std::string& name) {
    siblings.push_back(name);
    // In half slips. Names are often cut short, so a beginning counts as half a slip.
    const bool begun = key.size() >= 3 && name.starts_with(key);
    consider(joined(path, name), begun ? 1 : 2 * edit_distance(key, name));
  };
  if (tagged) sibling("type");
  for (const erased::Option& option : object.options) sibling(option.name);
  const std::string whole = joined(path, key);
  std::vector<std::string> paths;
  add_paths(root, "", paths);
  for (const std::string& candidate : paths) {
    // A right key in the wrong section is likelier than a slip in the right one.
    const int other = edit_distance(key, last_part(candidate));
    const int elsewhere = other == 0 ? 1 : 2 * other + 2;
    consider(candidate, std::min(elsewhere, 2 * edit_distance(whole, candidate)));
  }
  constexpr std::size_t kListed = 16;
  const bool few = !siblings.empty() && siblings.size() <= kListed;
  problems.add({joined(path, shown(key)), "unknown key", "",
                few ? erased::alternatives(siblings) : "", best, origin.origin()});
}

std::string Problem::text() const {
  std::string line;
  const auto part = [&line](std::string_view before, const std::string& words) {
    if (words.empty()) return;
    if (line.ends_with('.')) line.pop_back();
    if (!line.empty()) line += "; ";
    line.append(before).append(words);
  };
  part("", message);
  part("found ", found);
  part("allowed: ", allowed);
  part("the nearest known one is ", nearest);
  if (!path.empty()) line.insert(0, path + ": ");
  if (!origin.empty()) line += " (" + origin + ")";
  return line;
}

}  // namespace freshet::config
