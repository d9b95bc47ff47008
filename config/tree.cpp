#include "config/tree.h"

#include <cstdio>

namespace freshet::config {

Node Node::object() {
  Node node;
  node.type = Type::kObject;
  return node;
}

Node Node::list() {
  Node node;
  node.type = Type::kList;
  return node;
}

Node Node::of_text(std::string_view value) {
  Node node;
  node.type = Type::kText;
  node.text = value;
  return node;
}

Node Node::of_bool(bool value) {
  Node node;
  node.type = Type::kBool;
  node.text = value ? "true" : "false";
  return node;
}

Node Node::of_number(std::string value, Type number_type) {
  Node node;
  node.type = number_type;
  node.text = std::move(value);
  return node;
}

const Node* Node::find(std::string_view name) const {
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    if (node->key == name) return &*node;
  }
  return nullptr;
}

Node* Node::find(std::string_view name) {
  return const_cast<Node*>(static_cast<const Node*>(this)->find(name));
}

Node& Node::set(std::string_view name, Node value) {
  Node* found = find(name);
  if (found == nullptr) return add(name, std::move(value));
  value.key = name;
  *found = std::move(value);
  return *found;
}

Node& Node::add(std::string_view name, Node value) {
  value.key = name;
  return nodes.emplace_back(std::move(value));
}

std::string Node::origin() const {
  if (source == nullptr) return {};
  return source->has_lines ? source->label + ":" + std::to_string(line) : source->label;
}

namespace {

void print_into(const Node& node, int indent, int level, std::string& out);

void print_nodes(const Node& node, int indent, int level, std::string& out) {
  const bool is_object = node.is(Node::Type::kObject);
  bool in_lines = indent >= 0 && !node.nodes.empty();
  if (!is_object) {
    bool flat = true;
    for (const Node& entry : node.nodes) flat = flat && entry.nodes.empty();
    in_lines = in_lines && !flat;
  }
  const auto new_line = [&](int at) {
    out += '\n';
    out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(at), ' ');
  };
  out += is_object ? '{' : '[';
  bool first = true;
  for (const Node& entry : node.nodes) {
    if (!first) out += in_lines ? "," : ", ";
    first = false;
    if (in_lines) new_line(level + 1);
    if (is_object) out.append(quoted(entry.key)).append(": ");
    print_into(entry, indent, level + 1, out);
  }
  if (in_lines) new_line(level);
  out += is_object ? '}' : ']';
}

void print_into(const Node& node, int indent, int level, std::string& out) {
  switch (node.type) {
    case Node::Type::kNull:
      out += "null";
      return;
    case Node::Type::kText:
      out += quoted(node.text);
      return;
    case Node::Type::kList:
    case Node::Type::kObject:
      print_nodes(node, indent, level, out);
      return;
    default:
      out += node.text;
  }
}

}  // namespace

std::string print_json(const Node& node, int indent) {
  std::string out;
  print_into(node, indent, 0, out);
  if (indent >= 0) out += '\n';
  return out;
}

}  // namespace freshet::config
