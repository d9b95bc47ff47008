#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "config/table.h"
#include "models/bounded_row.h"
#include "models/category_tops.h"
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
  double trend_share = 0;
  std::uint32_t top_items = 200;
  double segment_share = 0.5;
  std::uint32_t segments = 256;
  std::uint32_t segment_items = 200;
  double segment_events = 2'000;
  double category_share = 0.25;
  std::uint32_t category_items = 20;
  std::uint32_t category_events = 5;
};

config::Table<PopularityOptions> describe_popularity();

/// Forward-decayed event counts of items at three half-lives, in events of anybody (Cormode et al.,
/// "Forward decay: a practical time decay model for streaming systems", ICDE 2009).
///
/// An event learned in an epoch before which n events were learned weighs 2^((n+1)/h). An item
/// keeps the logarithm of its sum, L = log2 Σ 2^((n_k+1)/h): nothing overflows, nothing is
/// rewritten to age, and the order of two items changes only when one of them is touched. Its count
/// after N events is 2^(L − N/h). Score: Σ over the half-lives of share · count · ln 2 / h, a mix
/// of three estimates of the item's share of the next events; times 1 + trend_share · (s − l)/(s +
/// l), s and l that share by the shortest and the longest half-life.
///
/// Each segment, which is one attribute of users with its value, counts its own users' events, with
/// a half-life of `segment_events` of them. For a user in S segments, of which segment k has seen
/// the decayed number T_k of events and R_kj of them on item j,
///   score(j) = (1 − a·C) · everybody's score + a · Σ_k (C_k / S) · R_kj / T_k
/// with a = segment_share, C_k = T_k / (T_k + 20) how far it is to be trusted, and C their mean: so
/// a new user is shown what his like choose, and where nothing is known of them, what all do. At
/// most `segments` are counted; when one more comes, the one with the oldest newest event goes.
///
/// Categories of the catalogue have no counts of their own: R_kj is the item's count of the medium
/// half-life, if it is among the best `category_items` of category k, and T_k their sum. A user is
/// in the two categories that most of his newest `category_events` events are in, of as many the
/// smaller one: v_k = Σ_d 0.8^d / (number of the item's categories), over the events on items of
/// it. They are added as segments are, with b = category_share and S_k = v_k / Σ v:
///   score(j) = (1 − a·C − b·D) · everybody's score + … + b · Σ_k S_k · D_k · R_kj / T_k
/// with D_k = T_k / (T_k + 20) and D their mean by S. What is taken back from an item is taken back
/// from its categories; an item that changes its category takes its count along.
///
/// Taking back (a return, forgetting) subtracts the weight that an event had, which the user's
/// newest events tell (RecentEvent::learned): L is then that of a log without it, but that k events
/// taken back leave the clock k further, a factor of 2^(−k/h) on the counts of what came before
/// them relative to what came after, and a rounding of 2^-52 · 2^L / 2^L' each. Events older than
/// users.recent_events are not known any more: they stay, and fade.
///
/// Invariant: after `learn` and `restore`, the first `top_items` of each half-life are those of all
/// items sorted.
/// Cost: a query copies the list, and scores the items of the user's segments and categories; an
/// epoch O((top_items + touched) · log), and O(items) once in at least top_items events taken back.
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
  void describe(ItemId item, const CatalogEntry* entry) override;
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

  struct Segment {
    BoundedRow items;          ///< R · 2^(gained / segment_events)
    double total = 0;          ///< T, at the same scale
    double gained = 0;         ///< events since the scale was last reset
    std::uint64_t newest = 0;  ///< events of all at its newest
  };
  struct Work;
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

  void count_event(ItemId item, std::uint64_t learned);
  void count_in_segments(std::span<const std::uint64_t> segments, ItemId item);
  void take_from_segments(std::span<const std::uint64_t> segments, ItemId item);
  void save_segment(RowBatch& out, std::uint64_t key);
  Status restore_segments(const RowReader& rows, std::size_t items);
  void take_back(ItemId item, std::uint64_t learned);
  void sort_tops();
  void move_touched(std::size_t horizon);
  void rebuild(std::size_t horizon);
  bool better(std::size_t horizon, std::uint32_t a, std::uint32_t b) const;
  void add_segments(const Query& query, Work& work) const;
  void add_categories(const Query& query, Work& work) const;
  void merge_top(std::size_t limit, const Work& work, std::vector<Candidate>& out) const;
  float score_of(ItemId item) const;
  float blended(const Work& work, ItemId item) const;

  // Fixed after construction.
  const PopularityOptions options_;
  const std::array<double, horizons> half_life_;
  std::array<float, horizons> weight_;  ///< of a count in the score

  // Rank phase reads, learn phase writes.
  std::vector<Item> items_;
  std::uint64_t events_ = 0;
  std::vector<Candidate> top_;
  std::map<std::uint64_t, Segment> segments_;  ///< by hash
  CategoryTops categories_;                    ///< by the medium half-life

  // Learn phase only.
  std::array<Top, horizons> tops_;
  std::vector<Touched> touched_;  ///< since the tops were sorted
  DirtyRows dirty_;
  std::set<std::uint64_t> dirty_segments_;
  bool dirty_events_ = false;
};

}  // namespace freshet
