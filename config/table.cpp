#include "config/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "config/values.h"

namespace freshet::config {
namespace erased {

Kind::Kind() = default;
Kind::Kind(const Kind&) = default;
Kind::Kind(Kind&&) noexcept = default;
Kind& Kind::operator=(const Kind&) = default;
Kind& Kind::operator=(Kind&&) noexcept = default;
Kind::~Kind() = default;

Kind kind_of(Shape shape) {
  Kind kind;
  kind.shape = shape;
  return kind;
}

Kind object_kind(std::shared_ptr<const Object> object) {
  Kind kind = kind_of(Shape::kObject);
  kind.object = std::move(object);
  return kind;
}

Kind tagged_kind(std::shared_ptr<const TypeList> types) {
  Kind kind = kind_of(Shape::kTagged);
  kind.types = std::move(types);
  return kind;
}

Kind choice_kind(std::vector<Choice> choices, const ChoiceOps* ops) {
  Kind kind = kind_of(Shape::kChoice);
  kind.choices = std::move(choices);
  kind.choice_ops = ops;
  return kind;
}

Kind list_kind(Kind element, const ListOps* ops) {
  Kind kind = kind_of(Shape::kList);
  kind.element = std::make_shared<const Kind>(std::move(element));
  kind.list_ops = ops;
  return kind;
}

Kind map_kind(Kind element, const MapOps* ops) {
  Kind kind = kind_of(element.shape == Shape::kText ? Shape::kProperties : Shape::kMap);
  kind.element = std::make_shared<const Kind>(std::move(element));
  kind.map_ops = ops;
  return kind;
}

Kind KindOf<std::vector<std::string>>::get() {
  return list_kind(kind_of(Shape::kText), &list_ops<std::string>);
}

Kind KindOf<std::map<std::string, std::string>>::get() {
  return map_kind(kind_of(Shape::kText), &map_ops<std::string>);
}

void add_choice(std::vector<Choice>& choices, std::string_view name, std::int64_t value,
                std::string_view not_yet) {
  choices.push_back({std::string(name), value, std::string(not_yet)});
}

const Option* Object::find(std::string_view name) const {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [name](const Option& option) { return option.name == name; });
  return found == options.end() ? nullptr : &*found;
}

const Type* TypeList::find(std::string_view name) const {
  const auto found = std::find_if(types.begin(), types.end(),
                                  [name](const Type& type) { return type.name == name; });
  return found == types.end() ? nullptr : &*found;
}

namespace {

Limit range_limit(Unit unit, long double low, long double high) {
  if (!(low <= high)) throw std::logic_error("range: low is above high");
  Limits limits;
  limits.range = Range{unit, low, high};
  return Limit(std::move(limits));
}

std::optional<Unit> unit_of(Shape shape) {
  switch (shape) {
    case Shape::kInt32:
    case Shape::kInt64:
    case Shape::kUint32:
    case Shape::kUint64:
      return Unit::kInteger;
    case Shape::kReal:
      return Unit::kReal;
    case Shape::kMillis:
      return Unit::kMillis;
    case Shape::kBytes:
      return Unit::kBytes;
    default:
      return std::nullopt;
  }
}

// What contradicts itself in the option; empty when nothing does.
std::string contradiction(const Option& option, const void* defaults) {
  const Limits& limits = option.limits;
  const Shape shape = option.kind.shape;
  const auto is = [shape](auto... shapes) { return ((shape == shapes) || ...); };
  if (option.name.empty() || option.name.find('.') != std::string::npos) {
    return "a name is neither empty nor has a dot";
  }
  if (option.sentence.empty()) return "the sentence is missing";
  const void* value = option.in(defaults);
  if (limits.range) {
    if (unit_of(shape) != limits.range->unit) return "the range is not one of this kind of value";
    const std::optional<long double> number = number_in(option.kind, value);
    if (!limits.required && !(*number >= limits.range->low && *number <= limits.range->high)) {
      return "the default is outside its range";
    }
  }
  if (is(Shape::kReal) && !std::isfinite(*static_cast<const double*>(value))) {
    return "the default is not a finite number";
  }
  const bool has_length = limits.min_length > 0 || limits.max_length < Limits{}.max_length;
  if (has_length && !is(Shape::kText, Shape::kList, Shape::kMap, Shape::kProperties)) {
    return "a length on a value that has none";
  }
  if (limits.secret_key != nullptr && !is(Shape::kProperties)) {
    return "secret keys on a value that has no free properties";
  }
  if (is(Shape::kChoice) && choice_name(option.kind, value) == nullptr) {
    return "the default is none of its names";
  }
  if (is(Shape::kTagged)) {
    const auto* tagged = static_cast<const Tagged*>(value);
    const Type* type = option.kind.types->find(tagged->type());
    if (!tagged->empty() && (type == nullptr || type->object == nullptr)) {
      return "the default is none of its types";
    }
  }
  return {};
}

}  // namespace

Limit integer_range(long double low, long double high) {
  return range_limit(Unit::kInteger, low, high);
}

Limit check_limit(Check check) {
  Limits limits;
  limits.checks.push_back(std::move(check));
  return Limit(std::move(limits));
}

}  // namespace erased

Limit::Limit(erased::Limits given)
    : given_(std::make_shared<const erased::Limits>(std::move(given))) {}
Limit::Limit(const Limit&) = default;
Limit::~Limit() = default;

void Limit::apply_to(erased::Limits& option) const {
  option.required |= given_->required;
  option.secret |= given_->secret;
  if (given_->secret_key != nullptr) option.secret_key = given_->secret_key;
  if (given_->range) option.range = given_->range;
  option.min_length = std::max(option.min_length, given_->min_length);
  option.max_length = std::min(option.max_length, given_->max_length);
  if (!given_->not_yet.empty()) option.not_yet = given_->not_yet;
  option.checks.insert(option.checks.end(), given_->checks.begin(), given_->checks.end());
}

Limit range(double low, double high) { return erased::range_limit(erased::Unit::kReal, low, high); }

Limit range(Millis low, Millis high) {
  return erased::range_limit(erased::Unit::kMillis, static_cast<long double>(low.count),
                             static_cast<long double>(high.count));
}

Limit range(Bytes low, Bytes high) {
  return erased::range_limit(erased::Unit::kBytes, static_cast<long double>(low.count),
                             static_cast<long double>(high.count));
}

Limit length(std::size_t low, std::size_t high) {
  erased::Limits limits;
  limits.min_length = low;
  limits.max_length = high;
  return Limit(std::move(limits));
}

Limit not_empty() { return length(1, erased::Limits{}.max_length); }

Limit required() {
  erased::Limits limits;
  limits.required = true;
  return Limit(std::move(limits));
}

Limit secret() {
  erased::Limits limits;
  limits.secret = true;
  return Limit(std::move(limits));
}

Limit secret_keys(bool (*is_secret)(std::string_view)) {
  erased::Limits limits;
  limits.secret_key = is_secret;
  return Limit(std::move(limits));
}

Limit not_yet(std::string_view sentence) {
  erased::Limits limits;
  limits.not_yet = sentence;
  return Limit(std::move(limits));
}

AnyTable::AnyTable(std::string_view sentence, std::shared_ptr<const void> defaults,
                   const std::type_info& type, std::shared_ptr<void> (*clone)(const void*))
    : object_(std::make_shared<erased::Object>()) {
  object_->sentence = sentence;
  object_->defaults = std::move(defaults);
  object_->type = &type;
  object_->clone = clone;
}

void AnyTable::add(std::string_view name, std::string_view sentence, std::size_t offset,
                   const erased::Kind& kind, std::initializer_list<Limit> limits) {
  erased::Option option;
  option.name = name;
  option.sentence = sentence;
  option.offset = offset;
  option.kind = kind;
  for (const Limit& limit : limits) limit.apply_to(option.limits);
  std::string wrong = erased::contradiction(option, object_->defaults.get());
  if (object_->find(name) != nullptr) wrong = "the name is declared twice";
  if (!wrong.empty()) throw std::logic_error("option " + option.name + ": " + wrong);
  object_->options.push_back(std::move(option));
}

TypeTable::TypeTable(std::string_view sentence) : types_(std::make_shared<erased::TypeList>()) {
  types_->sentence = sentence;
}

void TypeTable::add(std::string_view name, const AnyTable& table) {
  if (name.empty() || types_->find(name) != nullptr || table.erased()->find("type") != nullptr) {
    throw std::logic_error("type " + std::string(name) +
                           ": unnamed, declared twice, or with an option named \"type\"");
  }
  types_->types.push_back({std::string(name), table.erased(), {}});
}

TypeTable& TypeTable::not_yet(std::string_view name, std::string_view sentence) {
  types_->types.push_back({std::string(name), nullptr, std::string(sentence)});
  return *this;
}

void Tagged::stop_on_wrong_type(const std::type_info& wanted) const {
  std::fprintf(stderr, "Tagged \"%s\" holds %s, not %s\n", type_.c_str(),
               held_ == nullptr ? "nothing" : held_->name(), wanted.name());
  std::abort();
}

}  // namespace freshet::config
