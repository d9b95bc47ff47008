#pragma once

#include <concepts>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "config/erased.h"
#include "config/tagged.h"
#include "config/units.h"

// Options, declared once. A settings struct holds the defaults as member initialisers; beside it a
// function names each member, says what it is for and what it may be:
//
//   struct EngineOptions { std::uint32_t threads = 0; Millis epoch_span{50}; };
//
//   Table<EngineOptions> describe_engine() {
//     return object<EngineOptions>("How the engine runs.")
//         .option("threads", &EngineOptions::threads, "Worker threads; 0 means one per core.",
//                 range(0, 256))
//         .option("epoch_span", &EngineOptions::epoch_span, "The longest span of an epoch.",
//                 range(Millis{1}, Millis{3'600'000}));
//   }
//
// From the table follow reading (config/read.h), JSON Schema, reference page and dump
// (config/describe.h). A declaration that contradicts itself (a name twice, a range on a text, a
// default outside its range) throws std::logic_error while the table is built.
// Tables are built once at start; building costs one small allocation or two per option.

namespace freshet::config {

// A limit on an option; made by the functions below.
class Limit {
 public:
  explicit Limit(erased::Limits given);
  Limit(const Limit&);
  Limit& operator=(const Limit&) = delete;
  ~Limit();
  void apply_to(erased::Limits& option) const;

 private:
  std::shared_ptr<const erased::Limits> given_;
};

// The value lies in [low, high]. For integers, double, Millis, Bytes: of the option's own kind.
template <std::integral T, std::integral U>
[[nodiscard]] Limit range(T low, U high);
[[nodiscard]] Limit range(double low, double high);
[[nodiscard]] Limit range(Millis low, Millis high);
[[nodiscard]] Limit range(Bytes low, Bytes high);

// A text's number of characters, or a list's or map's number of entries, lies in [low, high].
[[nodiscard]] Limit length(std::size_t low, std::size_t high);
[[nodiscard]] Limit not_empty();

// Some layer must give the option; its default is only a placeholder.
[[nodiscard]] Limit required();

// The value is never shown: "***" in the dump and in problems.
[[nodiscard]] Limit secret();
// The same for those entries of a std::map<std::string, std::string> whose key the function names.
[[nodiscard]] Limit secret_keys(bool (*is_secret)(std::string_view key));

// The option is known, but for now only its default is accepted: anything else is refused with this
// sentence. On an object, list or tagged option it holds for the whole.
[[nodiscard]] Limit not_yet(std::string_view sentence);

// A callable std::string(const M&) for an option of type M: empty when the value is good, otherwise
// a sentence that says why not. `allowed` describes the good values in the reference and the
// schema.
template <class F>
struct CheckLimit {
  F callable;
  std::string allowed;
};
template <class F>
[[nodiscard]] CheckLimit<F> check(F callable, std::string_view allowed) {
  return {std::move(callable), std::string(allowed)};
}

// The names of an enum's values. A name with a third member is known but not yet there: it is
// refused with that sentence.
template <class E>
struct Name {
  std::string_view name;
  E value;
  std::string_view not_yet = {};
};
template <class E>
struct Names {
  std::vector<erased::Choice> choices;
};
template <class E>
  requires std::is_enum_v<E>
[[nodiscard]] Names<E> names(std::initializer_list<Name<E>> list);

// The part of a table that does not depend on the struct. A handle: copies share the declarations.
class AnyTable {
 public:
  [[nodiscard]] const std::shared_ptr<erased::Object>& erased() const { return object_; }

 protected:
  AnyTable(std::string_view sentence, std::shared_ptr<const void> defaults,
           const std::type_info& type, std::shared_ptr<void> (*clone)(const void*));
  void add(std::string_view name, std::string_view sentence, std::size_t offset,
           const erased::Kind& kind, std::initializer_list<Limit> limits);

  std::shared_ptr<erased::Object> object_;
};

template <class S>
class Table;

// The types a Tagged option may have, each with its own struct and table. "type" is no option's
// name.
class TypeTable {
 public:
  explicit TypeTable(std::string_view sentence);
  // A type whose options are an S; its sentence is the table's.
  template <class S>
  TypeTable& type(std::string_view name, const Table<S>& table);
  // A type that is known, and refused with this sentence.
  TypeTable& not_yet(std::string_view name, std::string_view sentence);
  [[nodiscard]] const std::shared_ptr<erased::TypeList>& erased() const { return types_; }

 private:
  void add(std::string_view name, const AnyTable& table);
  std::shared_ptr<erased::TypeList> types_;
};
[[nodiscard]] inline TypeTable types(std::string_view sentence) { return TypeTable(sentence); }

// The table of a struct S, which is default-constructible and copyable.
template <class S>
class Table : public AnyTable {
 public:
  explicit Table(std::string_view sentence)
      : AnyTable(sentence, std::make_shared<const S>(), typeid(S),
                 [](const void* from) -> std::shared_ptr<void> {
                   return std::make_shared<S>(*static_cast<const S*>(from));
                 }) {}

  // bool, int32, int64, uint32, uint64, double, std::string, Millis, Bytes; a std::vector or
  // std::map<std::string, …> of them. A std::map<std::string, std::string> holds free properties:
  // keys may contain dots, numbers and booleans are kept as their text.
  template <class M, class... L>
  Table& option(std::string_view name, M S::*member, std::string_view sentence, const L&... limits);
  // An enum.
  template <class E, class... L>
  Table& option(std::string_view name, E S::*member, std::string_view sentence, Names<E> names,
                const L&... limits);
  // A nested struct; its sentence is its table's.
  template <class T, class... L>
  Table& option(std::string_view name, T S::*member, const Table<T>& table, const L&... limits);
  // A struct by name. Given entries change the members they name; a new name starts from T's
  // defaults.
  template <class T, class... L>
  Table& option(std::string_view name, std::map<std::string, T> S::*member,
                std::string_view sentence, const Table<T>& table, const L&... limits);
  // A list of structs, or of tagged objects. A given list replaces the default one.
  template <class T, class... L>
  Table& option(std::string_view name, std::vector<T> S::*member, std::string_view sentence,
                const Table<T>& table, const L&... limits);
  template <class... L>
  Table& option(std::string_view name, std::vector<Tagged> S::*member, const TypeTable& types,
                const L&... limits);
  // One tagged object. Without "type" the default's type holds; with another the type's defaults.
  template <class... L>
  Table& option(std::string_view name, Tagged S::*member, const TypeTable& types,
                const L&... limits);

  // A callable std::vector<Finding>(const S&) that looks at the whole struct, and is called when
  // all options in it were read without problems.
  template <class F>
  Table& check(F callable);

 private:
  template <class M, class... L>
  [[gnu::cold, gnu::noinline]] Table& put(std::string_view name, M S::*member,
                                          std::string_view sentence, const erased::Kind& kind,
                                          const L&... limits);
};
template <class S>
[[nodiscard]] Table<S> object(std::string_view sentence) {
  return Table<S>(sentence);
}

}  // namespace freshet::config

#include "config/table_impl.h"
