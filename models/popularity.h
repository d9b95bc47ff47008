#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "config/table.h"
#include "models/rows.h"
#include "stream/model.h"

namespace freshet {

struct PopularityOptions {
  std::uint32_t short_events = 1'000;
  std::uint32_t medium_events = 10'000;
  std::uint32_t long_events = 100'000;
  double short_share = 0.4;
  double medium_share = 0.5;
  double long_share = 0.1;
  std::uint32_t top_items = 200;
};

config::Table<PopularityOptions> describe_popularity();

/// Forward-decayed event counts of items at three half-lives, in events of anybody (Cormode et al.,
/// "Forward decay: a practical time decay model for streaming systems", ICDE 2009).
///
/// The n-th event weighs 2^(n/h). An item keeps the logarithm of its sum, L = log2 Σ 2^(n_k/h):
/// nothing overflows, nothing is rewritten to age, and the order of two items changes only when one
/// of them is touched. Its count after N events is 2^(L − N/h). Score: Σ over the half-lives of
/// share · count · ln 2 / h, a mix of three estimates of the item's share of the next events. The
/// user does not matter.
///
/// Invariant: after `learn` and `restore`, the top lists are what sorting all items would give.
/// Cost: a query copies the list; an epoch O((top_items + touched) · log).
class Popularity final : public Model {
 public:
  enum Horizon : std::uint8_t { short_term, medium_term, long_term };
  static constexpr std::size_t horizons = 3;

  explicit Popularity(const PopularityOptions& options);

  std::string_view name() const override { return "popularity"; }
  std::unique_ptr<Scratch> make_scratch() const override;
  void candidates(const Query& query, Scratch& scratch, std::vector<Candidate>& out) const override;
  void score(const Query& query, Scratch& scratch, std::span<const ItemId> items,
             std::span<float> out) const override;
  void explain(const Query& query, Scratch& scratch, std::span<const ItemId> items,
               std::vector<Reason>& out) const override;
  void learn(std::span<const Interaction> epoch) override;
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;
  std::size_t memory_bytes() const override;

  /// The decayed count of any item, 0 for an unknown one. Cost: one exp2.
  float count(ItemId item, Horizon horizon) const;
  /// The logarithm of `count` to base 2, minus infinity for an unknown item. Cost: O(1).
  float log2_count(ItemId item, Horizon horizon) const {
    if (item.index() >= items_.size()) return -std::numeric_limits<float>::infinity();
    return static_cast<float>(items_[item.index()].log2_sum[horizon] -
                              static_cast<double>(events_) / half_life_[horizon]);
  }
  /// The best `top_items` by score, highest first.
  std::span<const Candidate> top() const { return top_; }
  /// Items with an event so far have ids below this.
  std::size_t items() const { return items_.size(); }
  bool known(ItemId item) const {
    return item.index() < items_.size() && items_[item.index()].log2_sum[long_term] != nothing;
  }

 private:
  static constexpr double nothing = -std::numeric_limits<double>::infinity();
  struct Item {
    std::array<double, horizons> log2_sum = {nothing, nothing, nothing};
  };

  void count_event(ItemId item);
  void sort_tops(std::vector<std::uint32_t>& touched);
  float score_of(ItemId item) const;

  // Fixed after construction.
  const PopularityOptions options_;
  const std::array<double, horizons> half_life_;
  std::array<float, horizons> weight_;  ///< of a count in the score

  // Rank phase reads, learn phase writes.
  std::vector<Item> items_;
  std::uint64_t events_ = 0;
  std::vector<Candidate> top_;

  // Learn phase only.
  std::array<std::vector<std::uint32_t>, horizons>
      tops_;  ///< best of each half-life, highest first
  std::vector<std::uint32_t> touched_;
  DirtyRows dirty_;
  bool dirty_events_ = false;
};

}  // namespace freshet
