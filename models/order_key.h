#pragma once

#include <bit>
#include <cstdint>

#include "stream/ids.h"

namespace freshet {

/// Orders scores of any sign, ties by item id: the greater the score, and then the smaller the id,
/// the greater the key.
inline std::uint64_t order_key(float score, ItemId item) {
  const auto bits = std::bit_cast<std::uint32_t>(score == 0 ? 0.0F : score);
  const std::uint32_t ordered = bits ^ (bits >> 31 != 0 ? 0xffffffffU : 0x80000000U);
  return std::uint64_t{ordered} << 32 | ~item.value;
}
inline ItemId item_of(std::uint64_t key) { return ItemId(~static_cast<std::uint32_t>(key)); }
inline float score_of(std::uint64_t key) {
  const auto ordered = static_cast<std::uint32_t>(key >> 32);
  return std::bit_cast<float>(ordered ^ (ordered >> 31 != 0 ? 0x80000000U : 0xffffffffU));
}

}  // namespace freshet
