#include "config/reader.h"

#include <algorithm>

#include "config/scalar.h"
#include "config/values.h"

namespace freshet::config {
namespace {

using erased::alternatives;
using erased::Kind;
using erased::Limits;
using erased::Object;
using erased::Option;
using erased::Shape;

constexpr std::string_view kTypeKey = "type";

class Reader {
 public:
  Reader(const Object& root, Problems& problems) : root_(root), problems_(problems) {}

  // `fresh`: the struct holds plain defaults, so that what is required must be given.
  void object(const Object& table, const Node& node, void* target, const std::string& path,
              bool fresh, bool tagged);

 private:
  void option(const Option& option, const Node& node, void* object, const std::string& path);
  void absent(const Option& option, const Node& parent, void* object, const std::string& path,
              bool fresh);
  void value(const Kind& kind, const Limits& limits, const Node& node, void* target,
             const std::string& path);
  void choice(const Kind& kind, const Limits& limits, const Node& node, void* target,
              const std::string& path);
  void entries(const Kind& kind, const Limits& limits, const Node& node, void* target,
               const std::string& path);
  void property(const Kind& kind, const Limits& limits, const Node& node, void* target,
                const std::string& path);
  void list(const Kind& kind, const Node& node, void* target, const std::string& path);
  void tagged(const Kind& kind, const Node& node, void* target, const std::string& path,
              bool listed);
  const erased::Type* type_of(const Kind& kind, const Node& node, const Tagged& current,
                              const std::string& path);
  void check(const Limits& limits, const Node& node, const void* value, const std::string& path);
  void check_object(const Object& table, const Node& node, const void* target,
                    const std::string& path);
  void wrong(const Kind& kind, const Limits& limits, const Node& node, const std::string& path) {
    problems_.add({path, "", found_words(node, limits.secret), allowed_words(kind, limits), "",
                   node.origin()});
  }
  void remember_secrets(const Limits& limits, const Node& node, bool inside_secret);
  std::string without_secrets(std::string sentence) const;

  const Object& root_;
  Problems& problems_;
  std::vector<std::string> secrets_;
};

void Reader::object(const Object& table, const Node& node, void* target, const std::string& path,
                    bool fresh, bool tagged) {
  if (!node.is(Node::Type::kObject)) {
    problems_.add({path, "", found_words(node), "an object", "", node.origin()});
    return;
  }
  const std::size_t before = problems_.count();
  for (const Option& option : table.options) {
    const Node* member = node.find(option.name);
    if (member != nullptr) remember_secrets(option.limits, *member, false);
  }
  for (const Option& option : table.options) {
    const Node* member = node.find(option.name);
    const std::string option_path = joined(path, option.name);
    if (member == nullptr) {
      absent(option, node, target, option_path, fresh);
    } else {
      this->option(option, *member, target, option_path);
    }
  }
  for (const Node& member : node.nodes) {
    const bool ours =
        (tagged && member.key == kTypeKey) || (path.empty() && member.key == "$schema");
    if (ours || table.find(member.key) != nullptr) continue;
    if (problems_.full()) break;
    add_unknown_key(root_, table, path, member.key, tagged, member, problems_);
  }
  if (problems_.count() == before) check_object(table, node, target, path);
}

void Reader::absent(const Option& option, const Node& parent, void* object, const std::string& path,
                    bool fresh) {
  if (option.limits.required) {
    if (fresh) {
      problems_.add({path, "required, and not given", "", allowed_words(option.kind, option.limits),
                     "", parent.origin()});
    }
    return;
  }
  if (!option.limits.not_yet.empty()) return;
  // Inside there may be something required, or a check of the whole.
  Node nothing = Node::object();
  nothing.source = parent.source;
  nothing.line = parent.line;
  const bool given = option.kind.shape == Shape::kTagged &&
                     !static_cast<const Tagged*>(option.in(object))->empty();
  if (option.kind.shape == Shape::kObject) {
    this->object(*option.kind.object, nothing, option.in(object), path, fresh, false);
  } else if (given) {
    tagged(option.kind, nothing, option.in(object), path, false);
  }
}

void Reader::option(const Option& option, const Node& node, void* object, const std::string& path) {
  void* target = option.in(object);
  if (option.limits.not_yet.empty()) {
    value(option.kind, option.limits, node, target, path);
    return;
  }
  const std::string off = print_json(node_of(option.kind, nullptr, target));
  std::vector<Problem> inner;
  Problems collected(inner);
  Reader reader(root_, collected);
  reader.value(option.kind, option.limits, node, target, path);
  if (inner.empty() && print_json(node_of(option.kind, nullptr, target)) == off) return;
  problems_.add({path, option.limits.not_yet, found_words(node, option.limits.secret),
                 "only " + shown(off) + " for now", "", node.origin()});
}

void Reader::value(const Kind& kind, const Limits& limits, const Node& node, void* target,
                   const std::string& path) {
  const std::size_t before = problems_.count();
  switch (kind.shape) {
    case Shape::kChoice:
      choice(kind, limits, node, target, path);
      break;
    case Shape::kObject:
      object(*kind.object, node, target, path, true, false);
      break;
    case Shape::kProperties:
    case Shape::kMap:
    case Shape::kList:
      entries(kind, limits, node, target, path);
      break;
    case Shape::kTagged:
      tagged(kind, node, target, path, false);
      break;
    default:
      if (!read_scalar(kind, limits, node, target)) wrong(kind, limits, node, path);
  }
  if (problems_.count() == before) check(limits, node, target, path);
}

void Reader::choice(const Kind& kind, const Limits& limits, const Node& node, void* target,
                    const std::string& path) {
  std::vector<std::string> known = choice_names(kind);
  for (const erased::Choice& choice : kind.choices) {
    if (!node.is(Node::Type::kText) || choice.name != node.text) continue;
    if (choice.later.empty()) {
      kind.choice_ops->store(target, choice.value);
    } else {
      problems_.add(
          {path, choice.later, found_words(node), allowed_words(kind, limits), "", node.origin()});
    }
    return;
  }
  const bool text = node.is(Node::Type::kText);
  problems_.add({path, "", found_words(node, limits.secret), allowed_words(kind, limits),
                 text ? likely_name(node.text, known) : "", node.origin()});
}

void Reader::entries(const Kind& kind, const Limits& limits, const Node& node, void* target,
                     const std::string& path) {
  const bool is_list = kind.shape == Shape::kList;
  const bool right_type = node.is(is_list ? Node::Type::kList : Node::Type::kObject);
  if (!right_type) {
    wrong(kind, limits, node, path);
    return;
  }
  if (is_list) {
    list(kind, node, target, path);
  } else {
    for (const Node& entry : node.nodes) {
      if (problems_.full()) return;
      const std::string entry_path = joined(path, shown(entry.key));
      if (entry.key.empty() || entry.key.find('\0') != std::string::npos) {
        problems_.add(
            {entry_path, "a name is empty or contains a NUL", "", "", "", entry.origin()});
        continue;
      }
      if (kind.shape == Shape::kProperties) {
        property(kind, limits, entry, target, entry_path);
        continue;
      }
      const bool fresh = kind.map_ops->find(target, entry.key) == nullptr;
      void* slot = kind.map_ops->entry(target, entry.key);
      if (kind.element->shape == Shape::kObject) {
        object(*kind.element->object, entry, slot, entry_path, fresh, false);
      } else {
        value(*kind.element, Limits{}, entry, slot, entry_path);
      }
    }
  }
  const std::size_t size =
      is_list ? kind.list_ops->size(target) : kind.map_ops->keys(target).size();
  if (size < limits.min_length || size > limits.max_length) wrong(kind, limits, node, path);
}

void Reader::property(const Kind& kind, const Limits& limits, const Node& node, void* target,
                      const std::string& path) {
  const bool scalar = node.is(Node::Type::kText) || node.is(Node::Type::kBool) ||
                      node.is(Node::Type::kInteger) || node.is(Node::Type::kReal);
  auto* slot = static_cast<std::string*>(kind.map_ops->entry(target, node.key));
  Node text = node;
  if (scalar) text.type = Node::Type::kText;
  if (scalar && read_scalar(*kind.element, Limits{}, text, slot)) return;
  const bool secret =
      limits.secret || (limits.secret_key != nullptr && limits.secret_key(node.key));
  problems_.add(
      {path, "", found_words(node, secret), "a text, a number, true or false", "", node.origin()});
}

void Reader::list(const Kind& kind, const Node& node, void* target, const std::string& path) {
  kind.list_ops->clear(target);
  for (std::size_t index = 0; index < node.nodes.size() && !problems_.full(); ++index) {
    void* slot = kind.list_ops->append(target);
    const std::string entry_path = joined(path, std::to_string(index));
    if (kind.element->shape == Shape::kTagged) {
      tagged(*kind.element, node.nodes[index], slot, entry_path, true);
    } else {
      value(*kind.element, Limits{}, node.nodes[index], slot, entry_path);
    }
  }
}

const erased::Type* Reader::type_of(const Kind& kind, const Node& node, const Tagged& current,
                                    const std::string& path) {
  const Node* given = node.find(kTypeKey);
  if (given == nullptr && !current.empty()) return kind.types->find(current.type());
  const std::vector<std::string> known = type_names(*kind.types);
  const std::string type_path = joined(path, kTypeKey);
  if (given == nullptr) {
    problems_.add(
        {type_path, "required, and not given", "", alternatives(known), "", node.origin()});
    return nullptr;
  }
  const bool text = given->is(Node::Type::kText);
  const erased::Type* type = text ? kind.types->find(given->text) : nullptr;
  if (type != nullptr && type->object != nullptr) return type;
  problems_.add({type_path, type == nullptr ? "" : type->later, found_words(*given),
                 known.empty() ? "no type yet" : alternatives(known),
                 text && type == nullptr ? likely_name(given->text, known) : "", given->origin()});
  return nullptr;
}

void Reader::tagged(const Kind& kind, const Node& node, void* target, const std::string& path,
                    bool listed) {
  if (!node.is(Node::Type::kObject)) {
    wrong(kind, Limits{}, node, path);
    return;
  }
  auto& current = *static_cast<Tagged*>(target);
  const erased::Type* type = type_of(kind, node, current, path);
  if (type == nullptr) return;
  const Object& table = *type->object;
  const bool keep = !listed && !current.empty() && current.type() == type->name;
  const std::shared_ptr<void> options = table.clone(keep ? current.erased() : table.defaults.get());
  object(table, node, options.get(), path, true, true);
  current = Tagged(type->name, options, *table.type);
}

void Reader::check(const Limits& limits, const Node& node, const void* value,
                   const std::string& path) {
  for (const erased::Check& check : limits.checks) {
    const std::string sentence = check.call(check.callable.get(), value);
    if (sentence.empty()) continue;
    problems_.add({path, without_secrets(sentence), found_words(node, limits.secret), check.allowed,
                   "", node.origin()});
  }
}

void Reader::check_object(const Object& table, const Node& node, const void* target,
                          const std::string& path) {
  for (const erased::ObjectCheck& check : table.checks) {
    for (const Finding& finding : check.call(check.callable.get(), target)) {
      const Node* at = &node;
      std::string_view rest = finding.path;
      while (!rest.empty()) {
        const std::string_view name = rest.substr(0, rest.find('.'));
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        const Node* next = at->find(name);
        if (next == nullptr) break;
        at = next;
      }
      problems_.add({joined(path, finding.path), without_secrets(finding.sentence), "", "", "",
                     at->origin()});
    }
  }
}

void Reader::remember_secrets(const Limits& limits, const Node& node, bool inside_secret) {
  const bool secret = inside_secret || limits.secret;
  if (node.nodes.empty()) {
    if (secret && !node.text.empty()) secrets_.push_back(node.text);
    return;
  }
  for (const Node& entry : node.nodes) {
    const bool secret_key = limits.secret_key != nullptr && limits.secret_key(entry.key);
    remember_secrets(limits, entry, secret || secret_key);
  }
}

// A check of the owner's may have put a secret into its sentence.
std::string Reader::without_secrets(std::string sentence) const {
  for (const std::string& secret : secrets_) {
    std::size_t at = 0;
    while ((at = sentence.find(secret, at)) != std::string::npos) {
      sentence.replace(at, secret.size(), "***");
      at += 3;
    }
  }
  return sentence;
}

}  // namespace

void read_tree(const Object& root, const Node& tree, void* settings, Problems& problems) {
  Reader(root, problems).object(root, tree, settings, "", true, false);
}

}  // namespace freshet::config
