#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "models/accumulator.h"
#include "models/order_key.h"
#include "stream/ids.h"
#include "stream/model.h"

namespace freshet {

/// Brings the `count` greatest of distinct keys to the front, in no order. Quickselect (Hoare, CACM
/// 4(7), 1961) with a partition that moves every key without asking (after Edelkamp and Weiß,
/// "BlockQuicksort", ESA 2016): which side a key belongs to cannot be foretold, and a wrong guess
/// costs more than a move. Cost: O(keys).
inline void keep_greatest(std::span<std::uint64_t> keys, std::size_t count) {
  constexpr int rounds_max = 64;  // then the pivots are unlucky on purpose
  for (int round = 0; count > 0 && count < keys.size(); ++round) {
    if (round == rounds_max) {
      std::nth_element(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(count), keys.end(),
                       std::greater<>());
      return;
    }
    const std::size_t last = keys.size() - 1;
    std::uint64_t& middle = keys[last / 2];  // the pivot goes to the end
    if (keys[0] > middle) std::swap(keys[0], middle);
    if (keys[last] > middle) std::swap(keys[last], middle);
    if (keys[0] > keys[last]) std::swap(keys[0], keys[last]);
    const std::uint64_t pivot = keys[last];
    std::size_t greater = 0;
    for (std::size_t k = 0; k < last; ++k) {
      const std::uint64_t key = keys[k];
      keys[k] = keys[greater];
      keys[greater] = key;
      greater += key > pivot ? 1 : 0;
    }
    std::swap(keys[greater], keys[last]);
    if (greater == count || greater + 1 == count) return;
    if (greater > count) {
      keys = keys.first(greater);
    } else {
      keys = keys.subspan(greater + 1);
      count -= greater + 1;
    }
  }
}

/// Keeps the best `limit` of the offered scores: highest first, ties by item id ascending.
///
/// Keys (`order_key`) above the bar are collected in a small buffer; when it is full, the excluded
/// ones are taken out and `keep_greatest` raises the bar, so that an offer costs one comparison.
/// Cost: O(1) an offer, amortised; O(limit · log limit) to finish.
class TopSelector {
 public:
  void begin(std::size_t limit) {
    limit_ = limit;
    bar_ = order_key(0, ItemId(0));
    used_ = 0;
    room_ = 2 * limit + 64;
    if (keys_.size() < room_) keys_.resize(room_);
  }

  /// Offers items, each once, with the scores `score_of(k)` of `items[k]`. Scores that are not
  /// finite or not above 0 are ignored, and so are items of which `excluded(item)` says so; it is
  /// asked of the few that are good enough.
  template <class ScoreOf, class Excluded>
  void offer(std::span<const std::uint32_t> items, const ScoreOf& score_of,
             const Excluded& excluded) {
    std::size_t checked = used_, used = used_;
    const std::size_t room = room_;
    std::uint64_t* const keys = keys_.data();
    std::uint64_t least = bar_ + 1;
    for (std::size_t k = 0; k < items.size(); ++k) {
      const float score = score_of(k);
      const std::uint64_t key = positive_key(score, ItemId(items[k]));
      keys[used] = key;  // overwritten by the next one unless it is in the range
      used += key - least < infinite - least ? 1 : 0;
      if (used < room) continue;
      used = checked = raise(drop(checked, used, excluded));
      least = bar_ + 1;
    }
    used_ = drop(checked, used, excluded);
  }

  template <class ScoreOf>
  void offer(std::span<const std::uint32_t> items, const ScoreOf& score_of, const ItemSet& hidden) {
    offer(items, score_of, [&hidden](std::uint32_t item) { return hidden.contains(item); });
  }
  /// Offers all items with a sum.
  void offer(const ScoreAccumulator& sums, const ItemSet& hidden) {
    const std::span<const std::uint32_t> items = sums.touched();
    offer(
        items, [&](std::size_t k) { return sums[ItemId(items[k])]; }, hidden);
  }

  /// Replaces `out` by the best of what was offered since `begin`.
  void finish(std::vector<Candidate>& out) {
    used_ = raise(used_);
    std::sort(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(used_), std::greater<>());
    out.resize(used_);
    for (std::size_t k = 0; k < used_; ++k) {
      out[k].item = item_of(keys_[k]);
      out[k].score = score_of(keys_[k]);
    }
  }

 private:
  /// Takes the excluded items out of the keys from `from` on. How many keys are left.
  template <class Excluded>
  std::size_t drop(std::size_t from, std::size_t end, const Excluded& excluded) {
    std::size_t kept = from;
    for (std::size_t k = from; k < end; ++k) {
      keys_[kept] = keys_[k];
      kept += excluded(item_of(keys_[k]).value) ? 0 : 1;
    }
    return kept;
  }

  /// Keeps the best of `used` keys and raises the bar to the least of them. How many are left.
  std::size_t raise(std::size_t used) {
    if (used <= limit_) return used;
    keep_greatest({keys_.data(), used}, limit_);
    for (std::size_t k = 0; k < limit_; ++k) bar_ = k == 0 ? keys_[0] : std::min(bar_, keys_[k]);
    return limit_;
  }

  /// The order_key of a score above 0. Other scores get keys below those, infinity and what is no
  /// number get keys from `infinite` on.
  static std::uint64_t positive_key(float score, ItemId item) {
    const std::uint32_t ordered = std::bit_cast<std::uint32_t>(score) ^ 0x80000000U;
    return std::uint64_t{ordered} << 32 | ~item.value;
  }
  static constexpr std::uint64_t infinite = std::uint64_t{0xff800000U} << 32;

  std::vector<std::uint64_t> keys_;
  std::uint64_t bar_ = 0;  ///< what is not above it does not matter
  std::size_t limit_ = 0;
  std::size_t used_ = 0;
  std::size_t room_ = 0;
};

}  // namespace freshet
