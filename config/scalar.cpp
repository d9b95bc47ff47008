#include "config/scalar.h"

#include <charconv>
#include <cmath>

namespace freshet::config {
namespace {

using erased::Shape;

template <class T>
bool from_whole_text(const std::string& text, T& out) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && rest == end;
}

// An integer may be written 1e3 or 5.0, as in JSON Schema, as far as a double is exact.
template <class T>
bool read_integer(const Node& node, T& out) {
  if (node.is(Node::Type::kInteger)) return from_whole_text(node.text, out);
  double real = 0;
  if (!node.is(Node::Type::kReal) || !from_whole_text(node.text, real)) return false;
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (real != std::trunc(real) || std::abs(real) > kExact) return false;
  return from_whole_text(std::to_string(static_cast<std::int64_t>(real)), out);
}

bool read_real(const Node& node, double& out) {
  const bool number = node.is(Node::Type::kInteger) || node.is(Node::Type::kReal);
  if (!number) return false;
  double value = 0;
  // A result too small for a double is an error of from_chars and zero to everyone else.
  if (!from_whole_text(node.text, value)) value = std::strtod(node.text.c_str(), nullptr);
  if (!std::isfinite(value)) return false;
  out = value;
  return true;
}

bool in_range(const erased::Limits& limits, long double value) {
  return !limits.range || (value >= limits.range->low && value <= limits.range->high);
}

template <class T, class Read>
bool put(const erased::Limits& limits, void* target, Read read) {
  T value{};
  if (!read(value)) return false;
  if constexpr (requires { value.count; }) {
    if (!in_range(limits, static_cast<long double>(value.count))) return false;
  } else {
    if (!in_range(limits, static_cast<long double>(value))) return false;
  }
  *static_cast<T*>(target) = value;
  return true;
}

bool put_text(const erased::Limits& limits, const Node& node, void* target) {
  const bool good =
      node.is(Node::Type::kText) && is_utf8(node.text) && node.text.find('\0') == std::string::npos;
  if (!good) return false;
  const std::size_t length = characters(node.text);
  if (length < limits.min_length || length > limits.max_length) return false;
  *static_cast<std::string*>(target) = node.text;
  return true;
}

}  // namespace

bool read_scalar(const erased::Kind& kind, const erased::Limits& limits, const Node& node,
                 void* target) {
  const auto integer = [&node](auto& out) { return read_integer(node, out); };
  const auto unit = [&node](auto& out) {
    return node.is(Node::Type::kText) && parse(node.text, out);
  };
  switch (kind.shape) {
    case Shape::kBool:
      if (!node.is(Node::Type::kBool)) return false;
      *static_cast<bool*>(target) = node.text == "true";
      return true;
    case Shape::kInt32:
      return put<std::int32_t>(limits, target, integer);
    case Shape::kInt64:
      return put<std::int64_t>(limits, target, integer);
    case Shape::kUint32:
      return put<std::uint32_t>(limits, target, integer);
    case Shape::kUint64:
      return put<std::uint64_t>(limits, target, integer);
    case Shape::kReal:
      return put<double>(limits, target, [&node](double& out) { return read_real(node, out); });
    case Shape::kText:
      return put_text(limits, node, target);
    case Shape::kMillis:
      return put<Millis>(limits, target, unit);
    case Shape::kBytes:
      return put<Bytes>(limits, target, unit);
    default:
      return false;
  }
}

}  // namespace freshet::config
