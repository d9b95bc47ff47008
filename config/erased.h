#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "config/tagged.h"
#include "config/units.h"

// What a declaration becomes: option tables without template parameters, which reading, schema,
// reference and dump all walk. Declare through config/table.h; only this folder looks in here.

namespace freshet::config {

// A problem that a check of a whole object found, at a path relative to the object.
struct Finding {
  std::string path;
  std::string sentence;
};

namespace erased {

enum class Shape : unsigned char {
  kBool,
  kInt32,
  kInt64,
  kUint32,
  kUint64,
  kReal,
  kText,
  kMillis,
  kBytes,
  kChoice,      // an enum, by name
  kObject,      // a struct with its own table
  kProperties,  // std::map<std::string, std::string>; a key may contain dots
  kMap,         // std::map<std::string, T>
  kList,        // std::vector<T>
  kTagged,      // Tagged
};

struct Object;
struct TypeList;

struct Choice {
  std::string name;
  std::int64_t value = 0;
  std::string later;  // not empty: known, refused with this sentence
};

struct ChoiceOps {
  std::int64_t (*load)(const void*);
  void (*store)(void*, std::int64_t);
};

struct ListOps {
  std::size_t (*size)(const void*);
  const void* (*at)(const void*, std::size_t);
  void* (*append)(void*);
  void (*clear)(void*);
};

struct MapOps {
  std::vector<std::string> (*keys)(const void*);
  const void* (*find)(const void*, const std::string&);
  void* (*entry)(void*, const std::string&);  // makes a missing one
};

struct Kind {
  Shape shape = Shape::kBool;
  std::vector<Choice> choices;
  std::shared_ptr<const Object> object;
  std::shared_ptr<const TypeList> types;
  std::shared_ptr<const Kind> element;  // of a map or list
  const ChoiceOps* choice_ops = nullptr;
  const ListOps* list_ops = nullptr;
  const MapOps* map_ops = nullptr;

  // Out of line, as in Limit: inlined into every declaration they doubled its time to compile.
  Kind();
  Kind(const Kind&);
  Kind(Kind&&) noexcept;
  Kind& operator=(const Kind&);
  Kind& operator=(Kind&&) noexcept;
  ~Kind();
};

enum class Unit : unsigned char { kInteger, kReal, kMillis, kBytes };

struct Range {
  Unit unit = Unit::kInteger;
  long double low = 0;  // exact for every 64-bit integer
  long double high = 0;
};
static_assert(std::numeric_limits<long double>::digits >= 64);

// A check of one value: a callable of unknown type and the function that calls it.
struct Check {
  std::shared_ptr<const void> callable;
  std::string (*call)(const void* callable, const void* value) = nullptr;
  std::string allowed;
};

struct Limits {
  bool required = false;
  bool secret = false;
  bool (*secret_key)(std::string_view) = nullptr;
  std::optional<Range> range;
  std::size_t min_length = 0;
  std::size_t max_length = std::numeric_limits<std::size_t>::max();
  std::string not_yet;  // not empty: only the default is accepted, for this reason
  std::vector<Check> checks;
};

struct Option {
  std::string name;
  std::string sentence;
  std::size_t offset = 0;  // of the member in its struct
  Kind kind;
  Limits limits;

  const void* in(const void* object) const { return static_cast<const char*>(object) + offset; }
  void* in(void* object) const { return static_cast<char*>(object) + offset; }
};

struct ObjectCheck {
  std::shared_ptr<const void> callable;
  std::vector<Finding> (*call)(const void* callable, const void* object);
};

struct Object {
  std::string sentence;
  std::vector<Option> options;
  std::vector<ObjectCheck> checks;
  std::shared_ptr<const void> defaults;
  const std::type_info* type = nullptr;
  std::shared_ptr<void> (*clone)(const void*) = nullptr;

  [[nodiscard]] const Option* find(std::string_view name) const;
};

struct Type {
  std::string name;
  std::shared_ptr<const Object> object;  // null: not yet
  std::string later;
};

struct TypeList {
  std::string sentence;
  std::vector<Type> types;

  [[nodiscard]] const Type* find(std::string_view name) const;
};

template <class E>
inline constexpr ChoiceOps choice_ops{
    [](const void* at) { return static_cast<std::int64_t>(*static_cast<const E*>(at)); },
    [](void* at, std::int64_t value) { *static_cast<E*>(at) = static_cast<E>(value); }};

template <class T>
inline constexpr ListOps list_ops{
    [](const void* list) { return static_cast<const std::vector<T>*>(list)->size(); },
    [](const void* list, std::size_t index) -> const void* {
      return &(*static_cast<const std::vector<T>*>(list))[index];
    },
    [](void* list) -> void* { return &static_cast<std::vector<T>*>(list)->emplace_back(); },
    [](void* list) { static_cast<std::vector<T>*>(list)->clear(); }};

template <class T>
inline constexpr MapOps map_ops{
    [](const void* map) {
      std::vector<std::string> keys;
      for (const auto& entry : *static_cast<const std::map<std::string, T>*>(map)) {
        keys.push_back(entry.first);
      }
      return keys;
    },
    [](const void* map, const std::string& key) -> const void* {
      const auto& entries = *static_cast<const std::map<std::string, T>*>(map);
      const auto found = entries.find(key);
      return found == entries.end() ? nullptr : &found->second;
    },
    [](void* map, const std::string& key) -> void* {
      return &(*static_cast<std::map<std::string, T>*>(map))[key];
    }};

Kind kind_of(Shape shape);
Kind object_kind(std::shared_ptr<const Object> object);
Kind tagged_kind(std::shared_ptr<const TypeList> types);
Kind choice_kind(std::vector<Choice> choices, const ChoiceOps* ops);
Kind list_kind(Kind element, const ListOps* ops);
Kind map_kind(Kind element, const MapOps* ops);

// The kind of a member that needs no table of its own.
template <class M>
Kind kind_for() {
  constexpr bool integer = std::is_integral_v<M> && (sizeof(M) == 4 || sizeof(M) == 8);
  if constexpr (std::is_same_v<M, bool>) {
    return kind_of(Shape::kBool);
  } else if constexpr (integer && std::is_signed_v<M>) {
    return kind_of(sizeof(M) == 4 ? Shape::kInt32 : Shape::kInt64);
  } else if constexpr (integer) {
    return kind_of(sizeof(M) == 4 ? Shape::kUint32 : Shape::kUint64);
  } else if constexpr (std::is_same_v<M, double>) {
    return kind_of(Shape::kReal);
  } else if constexpr (std::is_same_v<M, std::string>) {
    return kind_of(Shape::kText);
  } else if constexpr (std::is_same_v<M, Millis>) {
    return kind_of(Shape::kMillis);
  } else {
    static_assert(std::is_same_v<M, Bytes>,
                  "this type of member needs a table or is not supported");
    return kind_of(Shape::kBytes);
  }
}

}  // namespace erased
}  // namespace freshet::config
