#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace freshet {

/// A strong 32-bit id: a user's cannot be passed where an item's is wanted. Ids are dense, handed
/// out from 0 in engine order, so they also serve as vector indexes.
template <class Tag>
struct Id {
  std::uint32_t value = none_value;

  static constexpr std::uint32_t none_value = 0xffffffffU;

  constexpr Id() = default;
  constexpr explicit Id(std::uint32_t v) : value(v) {}
  constexpr bool is_none() const { return value == none_value; }
  constexpr std::size_t index() const { return value; }
  friend constexpr bool operator==(Id, Id) = default;
  friend constexpr auto operator<=>(Id, Id) = default;
};

using UserId = Id<struct UserTag>;
using ItemId = Id<struct ItemTag>;

/// Index into the configured event types (EventTypes), below EventTypes::max_count.
struct EventTypeId {
  std::uint8_t value = 0;
  friend constexpr bool operator==(EventTypeId, EventTypeId) = default;
};

}  // namespace freshet

template <class Tag>
struct std::hash<freshet::Id<Tag>> {
  using is_avalanching = void;
  std::size_t operator()(freshet::Id<Tag> id) const noexcept {
    // Fibonacci hashing, folded so that both ends of the word are mixed.
    const std::uint64_t h = id.value * 0x9e3779b97f4a7c15ULL;
    return h ^ (h >> 32);
  }
};
