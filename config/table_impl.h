#pragma once

// The template bodies of config/table.h, which includes this file. Each forgets its types at once.

namespace freshet::config {
namespace erased {

template <class M>
struct KindOf {
  static Kind get() { return kind_for<M>(); }
};
template <class T>
struct KindOf<std::vector<T>> {
  static_assert(!std::is_same_v<T, bool>, "a list of bool has no addressable entries");
  static Kind get() { return list_kind(kind_for<T>(), &list_ops<T>); }
};
template <class T>
struct KindOf<std::map<std::string, T>> {
  static Kind get() { return map_kind(kind_for<T>(), &map_ops<T>); }
};

// The two commonest containers are compiled once, in table.cpp.
template <>
struct KindOf<std::vector<std::string>> {
  static Kind get();
};
template <>
struct KindOf<std::map<std::string, std::string>> {
  static Kind get();
};

Limit integer_range(long double low, long double high);
Limit check_limit(Check check);
void add_choice(std::vector<Choice>& choices, std::string_view name, std::int64_t value,
                std::string_view not_yet);

template <class M>
Limit limit_for(const Limit& limit) {
  return limit;
}
template <class M, class F>
Limit limit_for(const CheckLimit<F>& limit) {
  return check_limit({std::make_shared<const F>(limit.callable),
                      [](const void* callable, const void* value) -> std::string {
                        return (*static_cast<const F*>(callable))(*static_cast<const M*>(value));
                      },
                      limit.allowed});
}

}  // namespace erased

template <std::integral T, std::integral U>
Limit range(T low, U high) {
  return erased::integer_range(static_cast<long double>(low), static_cast<long double>(high));
}

template <class E>
  requires std::is_enum_v<E>
Names<E> names(std::initializer_list<Name<E>> list) {
  Names<E> result;
  for (const Name<E>& name : list) {
    erased::add_choice(result.choices, name.name, static_cast<std::int64_t>(name.value),
                       name.not_yet);
  }
  return result;
}

template <class S>
TypeTable& TypeTable::type(std::string_view name, const Table<S>& table) {
  add(name, table);
  return *this;
}

template <class S>
template <class M, class... L>
Table<S>& Table<S>::option(std::string_view name, M S::*member, std::string_view sentence,
                           const L&... limits) {
  return put(name, member, sentence, erased::KindOf<M>::get(), limits...);
}

template <class S>
template <class E, class... L>
Table<S>& Table<S>::option(std::string_view name, E S::*member, std::string_view sentence,
                           Names<E> names, const L&... limits) {
  return put(name, member, sentence,
             erased::choice_kind(std::move(names.choices), &erased::choice_ops<E>), limits...);
}

template <class S>
template <class T, class... L>
Table<S>& Table<S>::option(std::string_view name, T S::*member, const Table<T>& table,
                           const L&... limits) {
  return put(name, member, table.erased()->sentence, erased::object_kind(table.erased()),
             limits...);
}

template <class S>
template <class T, class... L>
Table<S>& Table<S>::option(std::string_view name, std::map<std::string, T> S::*member,
                           std::string_view sentence, const Table<T>& table, const L&... limits) {
  return put(name, member, sentence,
             erased::map_kind(erased::object_kind(table.erased()), &erased::map_ops<T>), limits...);
}

template <class S>
template <class T, class... L>
Table<S>& Table<S>::option(std::string_view name, std::vector<T> S::*member,
                           std::string_view sentence, const Table<T>& table, const L&... limits) {
  return put(name, member, sentence,
             erased::list_kind(erased::object_kind(table.erased()), &erased::list_ops<T>),
             limits...);
}

template <class S>
template <class... L>
Table<S>& Table<S>::option(std::string_view name, std::vector<Tagged> S::*member,
                           const TypeTable& types, const L&... limits) {
  return put(name, member, types.erased()->sentence,
             erased::list_kind(erased::tagged_kind(types.erased()), &erased::list_ops<Tagged>),
             limits...);
}

template <class S>
template <class... L>
Table<S>& Table<S>::option(std::string_view name, Tagged S::*member, const TypeTable& types,
                           const L&... limits) {
  return put(name, member, types.erased()->sentence, erased::tagged_kind(types.erased()),
             limits...);
}

template <class S>
template <class F>
Table<S>& Table<S>::check(F callable) {
  object_->checks.push_back({std::make_shared<const F>(std::move(callable)),
                             [](const void* held, const void* object) -> std::vector<Finding> {
                               return (*static_cast<const F*>(held))(
                                   *static_cast<const S*>(object));
                             }});
  return *this;
}

template <class S>
template <class M, class... L>
Table<S>& Table<S>::put(std::string_view name, M S::*member, std::string_view sentence,
                        const erased::Kind& kind, const L&... limits) {
  const S& defaults = *static_cast<const S*>(object_->defaults.get());
  const auto offset =
      reinterpret_cast<const char*>(&(defaults.*member)) - reinterpret_cast<const char*>(&defaults);
  add(name, sentence, static_cast<std::size_t>(offset), kind, {erased::limit_for<M>(limits)...});
  return *this;
}

}  // namespace freshet::config
