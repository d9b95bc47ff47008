#pragma once

#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

#include "stream/ids.h"

namespace freshet {

/// Sums of scores over items, dense and reusable: one float an item and a list of the touched ones.
///
/// Invariants: an item is in `touched()` exactly once if its sum is above 0, and not at all
/// otherwise. Cost: `add` and `operator[]` O(1), `reset` O(touched), plus the growth when items
/// were added. One thread's working memory: nothing is allocated between two growths.
class ScoreAccumulator {
 public:
  /// Forgets all sums and makes room for item ids below `items`.
  void reset(std::size_t items) {
    for (std::size_t k = 0; k < count_; ++k) sums_[touched_[k]] = 0;
    count_ = 0;
    if (items > sums_.size()) {
      sums_.resize(items, 0);
      touched_.resize(items + 1);
    }
  }

  /// Adds to the sum of an item below the last `reset`'s bound. A weight that is not above 0 is
  /// ignored.
  void add(std::uint32_t item, float weight) {
    assert(item < sums_.size());
    if (!(weight > 0)) return;
    float& sum = sums_[item];
    touched_[count_] = item;  // overwritten by the next one unless this item is new
    count_ += sum == 0;
    sum += weight;
  }

  /// `add` of `factor` · weight for a whole row. The members live in registers meanwhile.
  void add_row(std::span<const std::uint32_t> items, std::span<const float> weights, float factor) {
    float* const sums = sums_.data();
    std::uint32_t* const touched = touched_.data();
    const std::size_t bound = sums_.size();
    std::size_t count = count_;
    for (std::size_t k = 0; k < items.size(); ++k) {
      const std::uint32_t item = items[k];
      const float weight = factor * weights[k];
      assert(item < bound);
      if (!(weight > 0)) continue;
      const float sum = sums[item];
      touched[count] = item;
      count += sum == 0;
      sums[item] = sum + weight;
    }
    count_ = count;
  }

  /// The sum of any item; 0 beyond the bound.
  float operator[](ItemId item) const {
    return item.index() < sums_.size() ? sums_[item.index()] : 0;
  }

  /// The items with a sum, in the order in which they were first touched.
  std::span<const std::uint32_t> touched() const { return {touched_.data(), count_}; }

  std::size_t memory_bytes() const { return (sums_.capacity() + touched_.capacity()) * 4; }

 private:
  std::vector<float> sums_;
  std::vector<std::uint32_t> touched_;
  std::size_t count_ = 0;
};

/// Places of a few items in a list, found in O(1): a dense map that is emptied by its own list.
class PlaceMap {
 public:
  /// Numbers the items from 1; of an item that stands twice, the last place holds.
  void assign(std::span<const ItemId> items) {
    clear();
    items_.assign(items.begin(), items.end());
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const std::size_t at = items_[i].index();
      if (items_[i].is_none()) continue;
      if (at >= places_.size()) places_.resize(at + at / 2 + 1, 0);
      places_[at] = static_cast<std::uint32_t>(i + 1);
    }
  }
  /// 0: not in the list.
  std::uint32_t operator[](std::uint32_t item) const {
    return item < places_.size() ? places_[item] : 0;
  }
  void clear() {
    for (const ItemId item : items_) {
      if (!item.is_none()) places_[item.index()] = 0;
    }
    items_.clear();
  }

 private:
  std::vector<ItemId> items_;
  std::vector<std::uint32_t> places_;
};

}  // namespace freshet
