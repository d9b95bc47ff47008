#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/factor_table.h"

namespace freshet {

/// The items with the newest events, and copies of their vectors, laid out so that all are scored
/// together.
///
/// Each item has a slot, from 0 on without a gap; whoever comes when all `limit` are taken gets the
/// slot of the item whose newest event is the oldest. Which items are in depends on the order of
/// the events alone, which slots they have on the past too: so what is made of all of them must not
/// depend on the order of the slots.
///
/// Slots lie in blocks of `block`: a block's first factors, its second factors, and so on; then
/// each step of a block's dot products is one on neighbouring numbers.
class HotItems {
 public:
  static constexpr std::size_t factors = FactorTable::factors;
  static constexpr std::size_t block = 16;
  /// The logit of a slot of the last block that is not taken.
  static constexpr float no_logit = -1e30F;

  explicit HotItems(std::size_t limit) : limit_(limit) {}

  std::size_t size() const { return items_.size(); }
  /// By slot.
  std::span<const std::uint32_t> items() const { return items_; }
  // Items have to be below the last `grow`'s bound.
  /// The item's slot + 1; 0: it is not among them.
  std::uint32_t place(std::uint32_t item) const { return places_[item]; }

  /// Makes room for items below `items`.
  void grow(std::size_t items) { places_.resize(items, 0); }
  /// The item's event is the newest now. If it was not among them, its slot holds what another
  /// item's `set` left there until its own. Cost: O(1).
  void touch(std::uint32_t item);
  /// `vector` has `factors` numbers.
  void set(std::size_t slot, const float* vector, float base);
  /// Sets `out` to z · vector + base by slot, filled up to whole blocks with less than `no_logit` /
  /// 2. Cost: O(size · factors).
  void logits(const float* z, std::vector<float>& out) const;

  std::size_t memory_bytes() const;

 private:
  static constexpr std::uint32_t none = 0xffffffffU;
  /// Neighbours of a slot by the time of its newest event.
  struct Links {
    std::uint32_t newer, older;
  };

  std::uint32_t take_slot();
  void unlink(std::uint32_t slot);

  const std::size_t limit_;
  std::vector<std::uint32_t> items_;   ///< by slot
  std::vector<std::uint32_t> places_;  ///< by item
  std::vector<Links> links_;           ///< by slot
  std::uint32_t newest_ = none, oldest_ = none;
  std::vector<float> vectors_;  ///< block × factor × slot of the block
  std::vector<float> bases_;    ///< by slot, of whole blocks
};

}  // namespace freshet
