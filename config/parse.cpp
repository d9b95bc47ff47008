#include <nlohmann/json.hpp>
#include <unordered_set>

#include "config/tree.h"

// The only file that sees nlohmann, and only its SAX parser: it keeps no stack of calls and no
// tree, so depth is ours to limit, and the position of each value is ours to count.

namespace freshet::config {
namespace {

using Json = nlohmann::json;

// An input iterator that tells how far the parser has read.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** seen) : at_(at), seen_(seen) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *seen_ = ++at_;
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }
  bool operator!=(const Cursor& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** seen_;
};

class Builder {
 public:
  Builder(std::string_view text, const Source& source, std::vector<Problem>& problems)
      : text_(text),
        source_(source),
        problems_(problems),
        seen_(text.data()),
        counted_(text.data()) {}

  const char** seen() { return &seen_; }
  Node take() { return std::move(root_); }
  void fail(std::string message) {
    const std::string_view before = text_.substr(0, static_cast<std::size_t>(seen_ - text_.data()));
    const std::size_t newline = before.rfind('\n');
    const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
    Node at;
    at.source = &source_;
    at.line = line_of(seen_ - 1);
    if (source_.has_lines) {
      message += ", at column " + std::to_string(characters(before.substr(start)));
    }
    problems_.push_back({"", std::move(message), "", "", "", at.origin()});
  }

  bool null() { return put(Node()); }
  bool boolean(bool value) { return put(Node::of_bool(value)); }
  bool number_integer(std::int64_t value) { return put(Node::of_number(std::to_string(value))); }
  bool number_unsigned(std::uint64_t value) { return put(Node::of_number(std::to_string(value))); }
  bool number_float(double, const std::string& written) {
    return put(Node::of_number(written, Node::Type::kReal));
  }
  bool string(const std::string& value) { return put(Node::of_text(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Node::object()); }
  bool start_array(std::size_t) { return open(Node::list()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(const std::string& name) {
    Level& level = levels_.back();
    if (!level.keys.insert(name).second && problems_.size() < kMaxProblems) {
      Node at;
      at.source = &source_;
      at.line = line_of(seen_);
      problems_.push_back({path_to(name), "the key is given twice in one object", "",
                           "each key once", "", at.origin()});
    }
    level.key = name;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const Json::exception& error) {
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) {
      fail("a number is too large for 64 bits");
      return false;
    }
    // What was read last could be a secret: only the parser's words before it are kept.
    std::string_view words = error.what();
    words = words.substr(0, words.find("; last read: '"));
    const std::size_t dash = words.find(" - ");
    fail("not valid JSON: " +
         std::string(dash == std::string_view::npos ? "" : words.substr(dash + 3)));
    return false;
  }

 private:
  struct Level {
    Node* node;
    std::string key;
    std::unordered_set<std::string> keys;
  };

  // Lines are counted forwards once; `at` never lies before the last one asked for by much.
  int line_of(const char* at) {
    at = std::max(at, text_.data());
    if (at < counted_) return line_;
    line_ += static_cast<int>(std::count(counted_, at, '\n'));
    counted_ = at;
    return line_;
  }

  std::string path_to(const std::string& name) const {
    std::string path;
    for (std::size_t depth = 0; depth + 1 < levels_.size(); ++depth) {
      const Level& level = levels_[depth];
      path += level.node->is(Node::Type::kObject) ? shown(level.key)
                                                  : std::to_string(level.node->nodes.size() - 1);
      path += '.';
    }
    return path + shown(name);
  }

  Node* place(Node node) {
    node.source = &source_;
    node.line = line_of(seen_ - 1);  // a number is known by the character after it
    if (levels_.empty()) return &(root_ = std::move(node));
    return &levels_.back().node->add(levels_.back().key, std::move(node));
  }

  bool put(Node node) {
    place(std::move(node));
    return true;
  }

  bool open(Node node) {
    if (levels_.size() >= static_cast<std::size_t>(kMaxDepth)) {
      fail("nested deeper than " + std::to_string(kMaxDepth) + " levels");
      return false;
    }
    levels_.push_back({place(std::move(node)), {}, {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  std::string_view text_;
  const Source& source_;
  std::vector<Problem>& problems_;
  const char* seen_;
  const char* counted_;
  int line_ = 1;
  Node root_;
  std::vector<Level> levels_;  // a node's address holds while it is open: only the last level grows
};

}  // namespace

std::optional<Node> parse_json(std::string_view text, const Source& source,
                               std::vector<Problem>& problems) {
  Builder builder(text, source, problems);
  if (text.size() > kMaxFileBytes) {
    problems.push_back({"", "the text is larger than allowed",
                        std::to_string(text.size()) + " bytes",
                        "at most " + to_text(Bytes(kMaxFileBytes)), "", source.label});
    return std::nullopt;
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    *builder.seen() = text.data() + nul + 1;
    builder.fail("not valid JSON: it contains a NUL byte");  // the parser would take it for the end
    return std::nullopt;
  }
  const Cursor begin(text.data(), builder.seen());
  const Cursor end(text.data() + text.size(), builder.seen());
  const bool whole =
      Json::sax_parse(begin, end, &builder, nlohmann::detail::input_format_t::json, true, true);
  if (!whole) return std::nullopt;
  return builder.take();
}

}  // namespace freshet::config
