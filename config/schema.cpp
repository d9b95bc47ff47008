#include <cmath>

#include "config/describe.h"
#include "config/values.h"

namespace freshet::config {
namespace {

using erased::Kind;
using erased::Limits;
using erased::Object;
using erased::Option;
using erased::Shape;

constexpr std::string_view kMillisPattern = "^(0|[0-9]+(ms|s|m|h|d))$";
constexpr std::string_view kBytesPattern = "^(0|[0-9]+(B|[kMGT]B|[KMGT]iB))$";

// What the schema of a value depends on besides its kind.
struct Context {
  const void* value = nullptr;  // the default, or null
  bool fixed = false;           // only the default is accepted
  bool complete = true;         // the object is new: what is required must be given
};

Node schema_of(const Kind& kind, const Limits& limits, const Context& context);

Node type_node(std::string_view type) {
  Node node = Node::object();
  node.add("type", Node::of_text(type));
  return node;
}

void add_number(Node& node, std::string_view key, Shape shape, long double value) {
  node.add(key, Node::of_number(erased::number_text(shape, value)));
}

void add_properties(Node& node, const Object& object, const Context& context) {
  Node properties = Node::object();
  Node required = Node::list();
  for (const Option& option : object.options) {
    Context inner = context;
    inner.value = option.in(context.value != nullptr ? context.value : object.defaults.get());
    inner.fixed = context.fixed || !option.limits.not_yet.empty();
    Node member = schema_of(option.kind, option.limits, inner);
    std::string description = option.sentence;
    for (const erased::Check& check : option.limits.checks) {
      if (!check.allowed.empty()) description += " Allowed: " + check.allowed + ".";
    }
    const bool unit = option.kind.shape == Shape::kMillis || option.kind.shape == Shape::kBytes;
    if (unit && option.limits.range) {
      description += " Allowed: " + erased::allowed_words(option.kind, option.limits) + ".";
    }
    if (!option.limits.not_yet.empty()) description += " " + option.limits.not_yet;
    member.set("description", Node::of_text(description));
    const bool plain = option.kind.shape != Shape::kObject && !option.limits.required;
    if (plain) {
      Node standard = node_of(option.kind, &option.limits, inner.value);
      if (!standard.is(Node::Type::kNull)) member.add("default", std::move(standard));
    }
    if (option.limits.secret) member.add("writeOnly", Node::of_bool(true));
    properties.add(option.name, std::move(member));
    if (option.limits.required && context.complete) {
      required.nodes.push_back(Node::of_text(option.name));
    }
  }
  node.add("properties", std::move(properties));
  node.add("additionalProperties", Node::of_bool(false));
  if (!required.nodes.empty()) node.add("required", std::move(required));
}

Node object_schema(const Object& object, const Context& context) {
  Node node = type_node("object");
  node.add("description", Node::of_text(object.sentence));
  add_properties(node, object, context);
  return node;
}

Node tagged_schema(const Kind& kind, const Context& context) {
  Node node = type_node("object");
  Node branches = Node::list();
  const auto* standard = static_cast<const Tagged*>(context.value);
  for (const erased::Type& type : kind.types->types) {
    const bool current = standard != nullptr && standard->type() == type.name;
    if (type.object == nullptr || (context.fixed && !current)) continue;
    Node branch =
        object_schema(*type.object, {current ? standard->erased() : nullptr, context.fixed, true});
    Node name = Node::object();
    name.add("const", Node::of_text(type.name));
    Node& properties = *branch.find("properties");
    properties.nodes.insert(properties.nodes.begin(), std::move(name));
    properties.nodes.front().key = "type";
    if (!current) {  // without a type the default's type holds
      Node* required = branch.find("required");
      if (required == nullptr) required = &branch.add("required", Node::list());
      required->nodes.insert(required->nodes.begin(), Node::of_text("type"));
    }
    branches.nodes.push_back(std::move(branch));
  }
  if (branches.nodes.empty()) {
    node.add("not", Node::object());  // no type yet
  } else {
    node.add("oneOf", std::move(branches));
  }
  return node;
}

void add_length(Node& node, const Limits& limits, std::string_view low, std::string_view high) {
  if (limits.min_length > 0) {
    node.add(low, Node::of_number(std::to_string(limits.min_length)));
  }
  if (limits.max_length < Limits{}.max_length) {
    node.add(high, Node::of_number(std::to_string(limits.max_length)));
  }
}

Node map_schema(const Kind& kind, const Limits& limits, const Context& context) {
  Node node = type_node("object");
  if (kind.shape == Shape::kProperties) {
    Node types = Node::list();
    for (const std::string_view name : {"string", "number", "boolean"}) {
      types.nodes.push_back(Node::of_text(name));
    }
    Node scalar = Node::object();
    scalar.add("type", std::move(types));
    node.add("additionalProperties", std::move(scalar));
  } else {
    Node properties = Node::object();
    if (context.value != nullptr) {
      for (const std::string& key : kind.map_ops->keys(context.value)) {
        const void* entry = kind.map_ops->find(context.value, key);
        properties.add(key, schema_of(*kind.element, {}, {entry, false, false}));
      }
    }
    if (!properties.nodes.empty()) node.add("properties", std::move(properties));
    node.add("additionalProperties", schema_of(*kind.element, {}, {}));
  }
  const bool whole = context.value == nullptr || kind.map_ops->keys(context.value).empty();
  if (whole) add_length(node, limits, "minProperties", "maxProperties");
  return node;
}

Node choice_schema(const Kind& kind) {
  Node names = Node::list();
  for (const std::string& name : choice_names(kind)) names.nodes.push_back(Node::of_text(name));
  Node node = type_node("string");
  node.add("enum", std::move(names));
  return node;
}

Node number_schema(const Kind& kind, const Limits& limits) {
  Node node = type_node(kind.shape == Shape::kReal ? "number" : "integer");
  const erased::Bounds bounds = bounds_of(kind, limits);
  if (bounds.low) add_number(node, "minimum", kind.shape, *bounds.low);
  if (bounds.high) add_number(node, "maximum", kind.shape, *bounds.high);
  return node;
}

Node schema_of(const Kind& kind, const Limits& limits, const Context& context) {
  const bool in_parts = kind.shape == Shape::kObject || kind.shape == Shape::kTagged;
  if (context.fixed && !in_parts) {
    Node node = Node::object();
    node.add("const", node_of(kind, nullptr, context.value));
    return node;
  }
  switch (kind.shape) {
    case Shape::kBool:
      return type_node("boolean");
    case Shape::kText: {
      Node node = type_node("string");
      add_length(node, limits, "minLength", "maxLength");
      return node;
    }
    case Shape::kMillis:
    case Shape::kBytes: {
      Node node = type_node("string");
      node.add("pattern",
               Node::of_text(kind.shape == Shape::kMillis ? kMillisPattern : kBytesPattern));
      return node;
    }
    case Shape::kChoice:
      return choice_schema(kind);
    case Shape::kObject:
      return object_schema(*kind.object, context);
    case Shape::kProperties:
    case Shape::kMap:
      return map_schema(kind, limits, context);
    case Shape::kList: {
      Node node = type_node("array");
      node.add("items", schema_of(*kind.element, {}, {}));
      add_length(node, limits, "minItems", "maxItems");
      return node;
    }
    case Shape::kTagged:
      return tagged_schema(kind, context);
    default:
      return number_schema(kind, limits);
  }
}

}  // namespace

std::string schema(const AnyTable& table, std::string_view title) {
  const Object& object = *table.erased();
  Node node = Node::object();
  node.add("$schema", Node::of_text("https://json-schema.org/draft/2020-12/schema"));
  node.add("title", Node::of_text(title));
  Node rest = object_schema(object, {object.defaults.get(), false, true});
  // An editor finds the schema by this key in the file itself.
  Node& properties = *rest.find("properties");
  properties.nodes.insert(properties.nodes.begin(), type_node("string"));
  properties.nodes.front().key = "$schema";
  for (Node& member : rest.nodes) node.nodes.push_back(std::move(member));
  return print_json(node, 2);
}

}  // namespace freshet::config
