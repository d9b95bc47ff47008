#include "config/values.h"

#include <array>
#include <charconv>

#include "config/describe.h"

namespace freshet::config::erased {
namespace {

template <class T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}

std::string real_text(double value) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

constexpr std::string_view kHidden = "***";

Node hidden(const Kind& kind, const void* value) {
  const bool empty_text = kind.shape == Shape::kText && as<std::string>(value).empty();
  return Node::of_text(empty_text ? "" : kHidden);
}

Node entries_node(const Kind& kind, const Limits* limits, const void* value) {
  const Kind& element = *kind.element;
  const Limits open;
  const Limits* inner = limits == nullptr ? nullptr : &open;
  if (kind.shape == Shape::kList) {
    Node list = Node::list();
    for (std::size_t index = 0; index < kind.list_ops->size(value); ++index) {
      list.nodes.push_back(node_of(element, inner, kind.list_ops->at(value, index)));
    }
    return list;
  }
  Node object = Node::object();
  for (const std::string& key : kind.map_ops->keys(value)) {
    const void* entry = kind.map_ops->find(value, key);
    const bool hide = limits != nullptr && limits->secret_key != nullptr && limits->secret_key(key);
    object.add(key, hide ? hidden(element, entry) : node_of(element, inner, entry));
  }
  return object;
}

}  // namespace

std::optional<long double> number_in(const Kind& kind, const void* value) {
  switch (kind.shape) {
    case Shape::kInt32:
      return as<std::int32_t>(value);
    case Shape::kInt64:
      return as<std::int64_t>(value);
    case Shape::kUint32:
      return as<std::uint32_t>(value);
    case Shape::kUint64:
      return as<std::uint64_t>(value);
    case Shape::kReal:
      return as<double>(value);
    case Shape::kMillis:
      return as<Millis>(value).count;
    case Shape::kBytes:
      return as<Bytes>(value).count;
    default:
      return std::nullopt;
  }
}

const std::string* choice_name(const Kind& kind, const void* value) {
  const std::int64_t number = kind.choice_ops->load(value);
  for (const Choice& choice : kind.choices) {
    if (choice.value == number) return &choice.name;
  }
  return nullptr;
}

std::string number_text(Shape shape, long double number) {
  switch (shape) {
    case Shape::kReal:
      return real_text(static_cast<double>(number));
    case Shape::kMillis:
      return to_text(Millis(static_cast<std::int64_t>(number)));
    case Shape::kBytes:
      return to_text(Bytes(static_cast<std::uint64_t>(number)));
    default:
      return number < 0 ? std::to_string(static_cast<std::int64_t>(number))
                        : std::to_string(static_cast<std::uint64_t>(number));
  }
}

Node node_of(const Kind& kind, const Limits* limits, const void* value) {
  if (limits != nullptr && limits->secret) return hidden(kind, value);
  switch (kind.shape) {
    case Shape::kBool:
      return Node::of_bool(as<bool>(value));
    case Shape::kReal:
      return Node::of_number(real_text(as<double>(value)), Node::Type::kReal);
    case Shape::kText:
      return Node::of_text(as<std::string>(value));
    case Shape::kMillis:
    case Shape::kBytes:
      return Node::of_text(number_text(kind.shape, *number_in(kind, value)));
    case Shape::kChoice: {
      const std::string* name = choice_name(kind, value);
      return name == nullptr ? Node() : Node::of_text(*name);
    }
    case Shape::kObject:
      return node_of(*kind.object, value, limits != nullptr);
    case Shape::kProperties:
    case Shape::kMap:
    case Shape::kList:
      return entries_node(kind, limits, value);
    case Shape::kTagged: {
      const Tagged& tagged = as<Tagged>(value);
      const Type* type = kind.types->find(tagged.type());
      if (tagged.empty() || type == nullptr || type->object == nullptr) return Node();
      Node node = node_of(*type->object, tagged.erased(), limits != nullptr);
      node.nodes.insert(node.nodes.begin(), Node::of_text(tagged.type()));
      node.nodes.front().key = "type";
      return node;
    }
    default:
      return Node::of_number(number_text(kind.shape, *number_in(kind, value)));
  }
}

Node node_of(const Object& object, const void* value, bool hide_secrets) {
  Node node = Node::object();
  const Limits open;
  for (const Option& option : object.options) {
    const Limits* limits = hide_secrets ? &option.limits : nullptr;
    Node member = node_of(option.kind, limits, option.in(value));
    if (!member.is(Node::Type::kNull)) node.add(option.name, std::move(member));
  }
  return node;
}

}  // namespace freshet::config::erased

namespace freshet::config {

std::string dump_erased(const AnyTable& table, const void* settings) {
  return print_json(erased::node_of(*table.erased(), settings, true), 2);
}

}  // namespace freshet::config
