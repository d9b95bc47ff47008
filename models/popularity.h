#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "config/table.h"
#include "models/accumulator.h"
#include "models/category_tops.h"
#include "models/decayed_counts.h"
#include "models/segment_counts.h"
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

/// What everybody chooses now: DecayedCounts of all items at three half-lives h, in events.
///
/// Score: Σ over the half-lives of share · count · ln 2 / h, a mix of three estimates of the item's
/// share of the next events; times 1 + trend_share · (s − l)/(s + l), s and l that share by the
/// shortest and the longest half-life.
///
/// Each segment, which is one attribute of users with its value, counts its own users' events
/// (SegmentCounts). For a user in S segments, of which segment k has seen the decayed number T_k of
/// events and R_kj of them on item j,
///   score(j) = (1 − a·C) · everybody's score + a · Σ_k (C_k / S) · R_kj / T_k
/// with a = segment_share, C_k = T_k / (T_k + 20) how far it is to be trusted, and C their mean: so
/// a new user is shown what his like choose, and where nothing is known of them, what all do.
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
/// newest events tell (RecentEvent::learned). Events older than users.recent_events are not known
/// any more: they stay, and fade.
///
/// Cost: a query copies the list, and scores the items of the user's segments and categories; an
/// epoch what DecayedCounts::sort costs.
class Popularity final : public Model {
 public:
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

  const DecayedCounts& counts() const { return counts_; }
  /// The best `top_items` by score, highest first.
  std::span<const Candidate> top() const { return top_; }

 private:
  struct Work;

  void sort_top();
  void select_top();
  void order_tops();
  void take_scale();
  void take_back_disliked(const Interaction& x);
  void add_segments(const Query& query, Work& work) const;
  void add_categories(const Query& query, Work& work) const;
  void merge_top(const Query& query, const Work& work, std::vector<Candidate>& out) const;
  float score_of(ItemId item) const;
  float blended(const Work& work, ItemId item) const;

  const PopularityOptions options_;
  std::array<float, DecayedCounts::horizons> weight_;  ///< of a count in the score

  // Rank phase reads, learn phase writes.
  DecayedCounts counts_;
  SegmentCounts segments_;
  CategoryTops categories_;                             ///< by the medium half-life
  std::array<float, DecayedCounts::horizons> scale_{};  ///< of a linear count in the score
  std::vector<Candidate> top_;

  // Learn phase only.
  std::vector<std::uint64_t> order_;   ///< keys of the items of all tops, the best first
  std::vector<std::uint8_t> waiting_;  ///< by item: 1 while it has no place in `order_` yet
};

}  // namespace freshet
