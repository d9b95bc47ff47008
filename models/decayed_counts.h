#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "models/rows.h"
#include "stream/store.h"

namespace freshet {

/// Forward-decayed event counts of items at three half-lives, in events of anybody (Cormode et al.,
/// "Forward decay: a practical time decay model for streaming systems", ICDE 2009), and the items
/// that are first by each.
///
/// An event learned in an epoch before which n events were learned weighs 2^((n+1)/h). An item
/// keeps the logarithm of its sum, L = log2 Σ 2^((n_k+1)/h): nothing overflows, nothing is
/// rewritten to age, and the order of two items changes only when one of them is touched. Its count
/// after N events is 2^(L − N/h).
///
/// Beside L stands its power in linear form, 2^(L − B) with a base B of the half-life that is a
/// function of N alone: so the counts of many items cost a multiplication each.
///
/// Taking back an event subtracts the weight that it had: L is then that of a log without it, but
/// that k events taken back leave the clock k further, a factor of 2^(−k/h) on the counts of what
/// came before them relative to what came after, and a rounding of 2^-52 · 2^L / 2^L' each.
///
/// Invariant: after `sort` and `restore`, the first `top_items` of each half-life are those of all
/// items sorted.
/// Cost: `sort` O((top_items + touched) · log), and O(items) once in at least top_items events
/// taken back.
class DecayedCounts {
 public:
  enum Horizon : std::uint8_t { short_term, medium_term, long_term };
  static constexpr std::size_t horizons = 3;
  /// log2 of no count at all.
  static constexpr double nothing = -std::numeric_limits<double>::infinity();

  /// `half_lives` in events, greater than 0; `top_items` at least 1.
  DecayedCounts(const std::array<double, horizons>& half_lives, std::size_t top_items)
      : half_life_(half_lives), top_items_(top_items) {}

  /// Counts an event of an epoch before which `learned` events were learned.
  void add(ItemId item, std::uint64_t learned);
  /// Takes back such an event.
  void take_back(ItemId item, std::uint64_t learned);
  /// Finds the places of the items touched since the last call, and returns them: ascending, each
  /// once. Valid until the next `add` or `take_back`.
  std::span<const std::uint32_t> sort();
  /// The best by one half-life, the highest first, ties by id: at most `top_items` of them.
  std::span<const std::uint32_t> top(Horizon horizon) const;

  /// The decayed count of any item, 0 for an unknown one. Cost: one exp2.
  float count(ItemId item, Horizon horizon) const { return std::exp2(log2_count(item, horizon)); }
  /// The logarithm of `count` to base 2, minus infinity for an unknown item. Cost: O(1).
  float log2_count(ItemId item, Horizon horizon) const {
    return static_cast<float>(log2_sum(item, horizon) - log2_now(horizon));
  }
  /// The decayed counts of an item that was counted, by half-life, each divided by `scale()` of it.
  std::span<const float> linear(ItemId item) const { return linear_[item.index()]; }
  /// What `linear` is to be multiplied by, by half-life. Changes whenever something is learned.
  std::array<float, horizons> scale() const;
  /// L of any item.
  double log2_sum(ItemId item, Horizon horizon) const {
    return item.index() < items_.size() ? items_[item.index()][horizon] : nothing;
  }
  /// N/h.
  double log2_now(Horizon horizon) const {
    return static_cast<double>(events_) / half_life_[horizon];
  }
  double half_life(Horizon horizon) const { return half_life_[horizon]; }
  /// N, the events learned.
  std::uint64_t events() const { return events_; }
  /// Counted items have ids below this.
  std::size_t items() const { return items_.size(); }
  bool known(ItemId item) const { return log2_sum(item, long_term) != nothing; }

  /// As Model::save_some.
  bool save_some(RowBatch& out, std::size_t rows_max);
  /// As Model::restore, into an empty one.
  Status restore(const RowReader& rows, std::size_t items);
  std::size_t memory_bytes() const;

 private:
  using Sums = std::array<double, horizons>;
  struct Touched {
    std::uint32_t item;
    bool lowered;
    bool operator<(const Touched& o) const {
      return item != o.item ? item < o.item : lowered > o.lowered;
    }
  };
  /// Items by their count of one half-life, the highest first: the best of all, at least top_items
  /// of them and at most twice as many, or all there are.
  struct Top {
    std::vector<std::uint32_t> items;
    bool all = true;
  };

  std::uint64_t window(std::size_t horizon) const;
  void make_linear();
  void make_linear(std::uint32_t item);
  void move_touched(std::size_t horizon);
  void rebuild(std::size_t horizon);
  bool better(std::size_t horizon, std::uint32_t a, std::uint32_t b) const;
  Status restore_items(const RowReader& rows, std::size_t items);

  const std::array<double, horizons> half_life_;
  const std::size_t top_items_;
  std::vector<Sums> items_;                          ///< L of each
  std::vector<std::array<float, horizons>> linear_;  ///< of each, as of `windows_`
  std::array<std::uint64_t, horizons> windows_{};    ///< B of each half-life, in `window_halvings`
  std::uint64_t events_ = 0;
  std::array<Top, horizons> tops_;
  std::vector<Touched> touched_;  ///< since the tops were sorted
  std::vector<std::uint32_t> sorted_;
  enum Mark : std::uint8_t { untouched, raised, lowered };
  std::vector<Mark> marks_;                            ///< by item, while it is sorted
  std::vector<std::uint32_t> moved_, risen_, merged_;  ///< of move_touched
  DirtyRows dirty_;
  bool dirty_events_ = false;
};

}  // namespace freshet
