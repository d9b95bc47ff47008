#include "config/search.h"

#include <algorithm>
#include <limits>

#include "config/erased.h"
#include "config/tree.h"
#include "config/values.h"

namespace freshet::config {
namespace {

using erased::Kind;
using erased::Limits;
using erased::Shape;

bool is_number(Shape shape) {
  return shape == Shape::kInt32 || shape == Shape::kInt64 || shape == Shape::kUint32 ||
         shape == Shape::kUint64 || shape == Shape::kReal;
}

/// The table of what a Tagged holds, or null.
const erased::Object* object_of(const Kind& kind, const Tagged& tagged) {
  const erased::Type* type = kind.types->find(tagged.type());
  return tagged.empty() || type == nullptr ? nullptr : type->object.get();
}

class Walk {
 public:
  explicit Walk(std::vector<Tunable>& out) : out_(out) {}

  void object(const erased::Object& object, const void* value, const std::string& path,
              const std::string& name) {
    for (const erased::Option& option : object.options) {
      if (!option.limits.not_yet.empty()) continue;
      if (is_number(option.kind.shape) && !option.limits.range) continue;
      this->value(option.kind, option.limits, option.in(value), path + "." + option.name,
                  name + "." + option.name);
    }
  }

  void value(const Kind& kind, const Limits& limits, const void* value, const std::string& path,
             const std::string& name) {
    if (is_number(kind.shape)) return number(kind, limits, value, path, name);
    switch (kind.shape) {
      case Shape::kObject:
        return object(*kind.object, value, path, name);
      case Shape::kTagged: {
        const Tagged& tagged = *static_cast<const Tagged*>(value);
        const erased::Object* inside = object_of(kind, tagged);
        if (inside != nullptr) object(*inside, tagged.erased(), path, name);
        return;
      }
      case Shape::kList:
        for (std::size_t i = 0; i < kind.list_ops->size(value); ++i) {
          const void* entry = kind.list_ops->at(value, i);
          const bool tagged = kind.element->shape == Shape::kTagged;
          const std::string at = std::to_string(i);
          this->value(*kind.element, {}, entry, path + "." + at,
                      tagged ? static_cast<const Tagged*>(entry)->type() : name + "." + at);
        }
        return;
      case Shape::kMap:
        for (const std::string& key : kind.map_ops->keys(value)) {
          if (key.find('.') != std::string::npos) continue;  // no path leads there
          this->value(*kind.element, {}, kind.map_ops->find(value, key), path + "." + key,
                      name + "." + key);
        }
        return;
      default:
        return;
    }
  }

 private:
  void number(const Kind& kind, const Limits& limits, const void* value, const std::string& path,
              const std::string& name) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    const erased::Bounds bounds = erased::bounds_of(kind, limits);
    Tunable& t = out_.emplace_back();
    t.path = path;
    t.name = name;
    t.integer = kind.shape != Shape::kReal;
    t.low = bounds.low ? static_cast<double>(*bounds.low) : -infinite;
    t.high = bounds.high ? static_cast<double>(*bounds.high) : infinite;
    t.value = static_cast<double>(*erased::number_in(kind, value));
  }

  std::vector<Tunable>& out_;
};

Node changes_in(const erased::Object& object, const void* value, const void* defaults);

/// The value, as short as reading allows: of an object what differs from its defaults.
Node shortest(const Kind& kind, const void* value, const void* defaults) {
  switch (kind.shape) {
    case Shape::kObject:
      return changes_in(*kind.object, value,
                        defaults == nullptr ? kind.object->defaults.get() : defaults);
    case Shape::kTagged: {
      const Tagged& tagged = *static_cast<const Tagged*>(value);
      const erased::Object* object = object_of(kind, tagged);
      if (object == nullptr) return {};
      Node node = changes_in(*object, tagged.erased(), object->defaults.get());
      Node type = Node::of_text(tagged.type());
      type.key = "type";
      node.nodes.insert(node.nodes.begin(), std::move(type));
      return node;
    }
    case Shape::kList: {
      Node list = Node::list();
      for (std::size_t i = 0; i < kind.list_ops->size(value); ++i) {
        list.nodes.push_back(shortest(*kind.element, kind.list_ops->at(value, i), nullptr));
      }
      return list;
    }
    default:
      return erased::node_of(kind, nullptr, value);
  }
}

Node changes_in(const erased::Object& object, const void* value, const void* defaults) {
  Node out = Node::object();
  for (const erased::Option& option : object.options) {
    const void* now = option.in(value);
    const void* before = option.in(defaults);
    const std::string text = print_json(erased::node_of(option.kind, nullptr, now));
    if (text == print_json(erased::node_of(option.kind, nullptr, before))) continue;
    out.add(option.name, shortest(option.kind, now, before));
  }
  return out;
}

bool names(const std::vector<std::string>& under, const std::string& name) {
  return std::find(under.begin(), under.end(), name) != under.end();
}

}  // namespace

std::vector<Tunable> tunables_erased(const AnyTable& table, const void* settings,
                                     const std::vector<std::string>& under) {
  std::vector<Tunable> out;
  Walk walk(out);
  for (const erased::Option& option : table.erased()->options) {
    if (!names(under, option.name)) continue;
    walk.value(option.kind, option.limits, option.in(settings), option.name, option.name);
  }
  return out;
}

std::string changes_erased(const AnyTable& table, const void* settings,
                           const std::vector<std::string>& under) {
  Node node = changes_in(*table.erased(), settings, table.erased()->defaults.get());
  std::erase_if(node.nodes, [&](const Node& member) { return !names(under, member.key); });
  const std::string text = print_json(node, 2);
  return text.ends_with('\n') ? text : text + "\n";
}

}  // namespace freshet::config
