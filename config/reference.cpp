#include "config/describe.h"
#include "config/reader.h"
#include "config/values.h"

namespace freshet::config {
namespace {

using erased::Kind;
using erased::Object;
using erased::Option;
using erased::Shape;

// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '|') out += '\\';
    out += letter == '\n' ? ' ' : letter;
  }
  return out;
}

std::string code(const std::string& text) { return "`" + text + "`"; }

// Every section of the page, in order: the text is built while the tables are walked.
class Page {
 public:
  std::string take() { return std::move(out_); }
  void title(std::string_view title, const Object& object);
  void rows(const Object& object, const void* defaults, const std::string& path);

 private:
  void section(int level, const std::string& heading, const std::string& sentence);
  void below(const Object& object, const void* defaults, const std::string& path, int level);
  void types(const Kind& kind, const void* defaults, const std::string& path, int level);
  void row(const Option& option, const void* value, const std::string& path);
  void not_yet(const std::string& sentence) {
    if (!sentence.empty()) out_.append("\nNot yet: ").append(sentence).append("\n");
  }
  void standard(const Option& option, const void* value);

  std::string out_;
};

// Whether the option has a section of its own instead of a row.
bool has_section(const Option& option) {
  const Kind& kind = option.kind;
  return kind.object != nullptr || kind.types != nullptr ||
         (kind.element != nullptr &&
          (kind.element->object != nullptr || kind.element->types != nullptr));
}

void Page::title(std::string_view title, const Object& object) {
  out_.append("# ").append(title).append("\n\n").append(object.sentence).append("\n");
  rows(object, object.defaults.get(), "");
  below(object, object.defaults.get(), "", 2);
}

void Page::section(int level, const std::string& heading, const std::string& sentence) {
  out_ += '\n';
  out_.append(static_cast<std::size_t>(level < 6 ? level : 6), '#');
  out_.append(" ").append(heading).append("\n\n").append(sentence).append("\n");
}

void Page::rows(const Object& object, const void* defaults, const std::string& path) {
  bool first = true;
  for (const Option& option : object.options) {
    if (has_section(option)) continue;
    if (first) out_ += "\n| option | type | default | allowed | meaning |\n|---|---|---|---|---|\n";
    first = false;
    row(option, option.in(defaults), joined(path, option.name));
  }
}

void Page::row(const Option& option, const void* value, const std::string& path) {
  const erased::Limits& limits = option.limits;
  const std::string standard =
      limits.required ? "required" : code(print_json(node_of(option.kind, &limits, value)));
  std::string allowed = allowed_words(option.kind, limits);
  std::string sentence = option.sentence;
  if (!limits.not_yet.empty()) {
    allowed = "only " + standard + " for now";
    sentence += " " + limits.not_yet;
  }
  for (const erased::Choice& choice : option.kind.choices) {
    if (!choice.later.empty()) sentence += " Not yet " + code(choice.name) + ": " + choice.later;
  }
  if (limits.secret) sentence += " Secret: never shown.";
  out_.append("| ").append(cell(code(path)));
  for (const std::string& text : {type_words(option.kind), standard, allowed, sentence}) {
    out_.append(" | ").append(cell(text));
  }
  out_ += " |\n";
}

void Page::standard(const Option& option, const void* value) {
  const Node node = node_of(option.kind, &option.limits, value);
  if (option.limits.required) {
    out_ += "\nRequired.\n";
  } else if (!node.is(Node::Type::kNull)) {
    out_.append("\nDefault: ").append(code(print_json(node))).append("\n");
  }
}

// The sections of the options of `object` that have one.
void Page::below(const Object& object, const void* defaults, const std::string& path, int level) {
  for (const Option& option : object.options) {
    if (!has_section(option)) continue;
    const std::string name = joined(path, option.name);
    const void* value = option.in(defaults);
    section(level, code(name), option.sentence);
    not_yet(option.limits.not_yet);
    const Kind& kind = option.kind;
    if (kind.shape == Shape::kObject) {
      rows(*kind.object, value, name);
      below(*kind.object, value, name, level + 1);
      continue;
    }
    standard(option, value);
    const bool is_list = kind.shape == Shape::kList;
    const Kind& element = kind.element != nullptr ? *kind.element : kind;
    const std::string entry =
        kind.element == nullptr ? name : joined(name, is_list ? "0" : "<name>");
    if (element.shape == Shape::kTagged) {
      types(element, kind.element == nullptr ? value : nullptr, entry, level + 1);
    } else {
      const Object& table = *element.object;
      rows(table, table.defaults.get(), entry);
      below(table, table.defaults.get(), entry, level + 1);
    }
  }
}

void Page::types(const Kind& kind, const void* defaults, const std::string& path, int level) {
  const auto* standard = static_cast<const Tagged*>(defaults);
  for (const erased::Type& type : kind.types->types) {
    // An entry of a list is reached by its type as well as by its place.
    const std::string of_type =
        path.ends_with(".0") ? path.substr(0, path.size() - 1) + std::string(type.name) : path;
    const std::string heading = code(path) + " of type " + code(type.name);
    if (type.object == nullptr) {
      section(level, heading, "Not yet: " + type.later);
      continue;
    }
    section(level, heading, type.object->sentence);
    const bool current = standard != nullptr && standard->type() == type.name;
    const void* options = current ? standard->erased() : type.object->defaults.get();
    rows(*type.object, options, of_type);
    below(*type.object, options, of_type, level + 1);
  }
}

}  // namespace

std::string reference(const AnyTable& table, std::string_view title) {
  Page page;
  page.title(title, *table.erased());
  return page.take();
}

}  // namespace freshet::config
