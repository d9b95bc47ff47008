#include "config/values.h"

// Kinds and limits in words, for problems, the reference page and the schema's descriptions.

namespace freshet::config::erased {
namespace {

std::string length_words(const Limits& limits, std::string_view unit) {
  const bool open = limits.max_length == Limits{}.max_length;
  if (limits.min_length == 0 && open) return {};
  if (limits.min_length == 1 && open) return ", not empty";
  const std::string low = std::to_string(limits.min_length);
  const std::string high = std::to_string(limits.max_length);
  std::string words = ", ";
  if (open) {
    words += "at least " + low;
  } else if (limits.min_length == 0) {
    words += "at most " + high;
  } else {
    words += low + " to " + high;
  }
  return words.append(" ").append(unit);
}

std::string bounds_words(const Kind& kind, const Limits& limits) {
  const Bounds bounds = bounds_of(kind, limits);
  if (bounds.low && bounds.high) {
    return " from " + number_text(kind.shape, *bounds.low) + " to " +
           number_text(kind.shape, *bounds.high);
  }
  if (bounds.low) return " of at least " + number_text(kind.shape, *bounds.low);
  if (bounds.high) return " of at most " + number_text(kind.shape, *bounds.high);
  return {};
}

std::string quoted_alternatives(const std::vector<std::string>& names) {
  std::vector<std::string> quotes;
  for (const std::string& name : names) quotes.push_back('"' + name + '"');
  return alternatives(quotes);
}

std::string plain_words(const Kind& kind, const Limits& limits) {
  switch (kind.shape) {
    case Shape::kBool:
      return "true or false";
    case Shape::kReal:
      return "a number" + bounds_words(kind, limits);
    case Shape::kText:
      return "a text" + length_words(limits, "characters");
    case Shape::kMillis:
      return "a duration with its unit (ms, s, m, h, d)" + bounds_words(kind, limits);
    case Shape::kBytes:
      return "a size with its unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB)" +
             bounds_words(kind, limits);
    case Shape::kChoice:
      return quoted_alternatives(choice_names(kind));
    case Shape::kObject:
      return "an object";
    case Shape::kProperties:
      return "an object whose values are texts, numbers or booleans" +
             length_words(limits, "entries");
    case Shape::kMap:
      return "an object; each value: " + allowed_words(*kind.element, Limits{}) +
             length_words(limits, "entries");
    case Shape::kList:
      return "a list; each entry: " + allowed_words(*kind.element, Limits{}) +
             length_words(limits, "entries");
    case Shape::kTagged: {
      const std::vector<std::string> names = type_names(*kind.types);
      return names.empty() ? "an object of a type that is not there yet"
                           : "an object of type " + quoted_alternatives(names);
    }
    default:
      return "an integer" + bounds_words(kind, limits);
  }
}

}  // namespace

Bounds bounds_of(const Kind& kind, const Limits& limits) {
  Bounds bounds;
  if (limits.range) bounds = {limits.range->low, limits.range->high};
  const auto within = [&bounds](long double low, long double high) {
    bounds.low = std::max(low, bounds.low.value_or(low));
    bounds.high = std::min(high, bounds.high.value_or(high));
  };
  switch (kind.shape) {
    case Shape::kInt32:
      within(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
      break;
    case Shape::kUint32:
      within(0, std::numeric_limits<std::uint32_t>::max());
      break;
    case Shape::kUint64:
      within(0, static_cast<long double>(std::numeric_limits<std::uint64_t>::max()));
      break;
    default:
      break;
  }
  const auto highest = static_cast<long double>(std::numeric_limits<std::int64_t>::max());
  if (bounds.low && *bounds.low <= -highest) bounds.low.reset();
  const bool real = kind.shape == Shape::kReal;
  if (bounds.high &&
      (real ? *bounds.high >= std::numeric_limits<double>::max() : *bounds.high >= highest)) {
    bounds.high.reset();
  }
  return bounds;
}

std::string alternatives(const std::vector<std::string>& names) {
  std::string words;
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (index > 0) words += index + 1 == names.size() ? " or " : ", ";
    words += names[index];
  }
  return words;
}

std::vector<std::string> choice_names(const Kind& kind) {
  std::vector<std::string> names;
  for (const Choice& choice : kind.choices) {
    if (choice.later.empty()) names.push_back(choice.name);
  }
  return names;
}

std::vector<std::string> type_names(const TypeList& types) {
  std::vector<std::string> names;
  for (const Type& type : types.types) {
    if (type.object != nullptr) names.push_back(type.name);
  }
  return names;
}

std::string type_words(const Kind& kind) {
  switch (kind.shape) {
    case Shape::kBool:
      return "boolean";
    case Shape::kReal:
      return "number";
    case Shape::kText:
      return "text";
    case Shape::kMillis:
      return "duration";
    case Shape::kBytes:
      return "size";
    case Shape::kChoice:
      return "name";
    case Shape::kObject:
    case Shape::kTagged:
      return "object";
    case Shape::kProperties:
      return "properties";
    case Shape::kMap:
      return type_words(*kind.element) + " by name";
    case Shape::kList:
      return "list of " + type_words(*kind.element) + "s";
    default:
      return "integer";
  }
}

std::string allowed_words(const Kind& kind, const Limits& limits) {
  std::string words = plain_words(kind, limits);
  for (const Check& check : limits.checks) {
    if (!check.allowed.empty()) words += ": " + check.allowed;
  }
  return words;
}

}  // namespace freshet::config::erased
