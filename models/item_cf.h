#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/table.h"
#include "models/bounded_row.h"
#include "models/rows.h"
#include "stream/model.h"

namespace freshet {

enum class ItemSimilarity : std::uint8_t { cosine, jaccard, llr };

struct ItemCfOptions {
  ItemSimilarity similarity = ItemSimilarity::cosine;
  std::uint32_t pair_items = 100;
  double distance_decay = 0.97;
  std::uint32_t row_items = 256;
  double query_power = 0.5;
  double candidate_power = 0.4;
  std::uint32_t query_items = 20;
  double position_decay = 0.8;
  double pruning_delta = 0;
};

config::Table<ItemCfOptions> describe_item_cf();

/// Item-to-item similarities that follow every event (Huang et al., "TencentRec: Real-time stream
/// recommendation in practice", SIGMOD 2015, §4.1, eq. 3–8).
///
/// r_ui, the strength of user u on item i, is the largest weight among the types of his events on
/// it. Over his items of strength above 0, in the order in which they came into his history
/// (HistoryItem::order), d − 1 of them between p and q,
///   co(p, q) = Σ_u min(r_up, r_uq) · distance_decay^(d−1)   d ≤ pair_items
///   n(p)     = Σ_u r_up
/// and each event changes the sums by what it changed of its user's terms: a purchase after a view
/// adds; a return, a dislike or a lower rating takes back. Similarity of candidate j to own item p:
///   sim(p, j) = co(p, j) / (n(p)^query_power · n(j)^candidate_power)
/// (cosine, with powers of its own), or |p ∩ j| / |p ∪ j| in strengths (jaccard),
///   sim(p, j) = co / (n(p) + n(j) − co)
/// or the log-likelihood ratio of the 2 × 2 table of co, n(p) − co, n(j) − co and what is left of
/// N = Σ n (llr; Dunning, "Accurate methods for the statistics of surprise and coincidence",
/// Computational Linguistics 19(1), 1993), where the two come together more often than by chance:
///   sim(p, j) = 2 · Σ k · ln(k · N / (row · column)) over the table's cells k
/// and score(j) = Σ_d position_decay^d · sim(i_d, j) over the user's newest `query_items` items of
/// strength > 0. Items of his own history have no score: their pairs hold what he himself added,
/// which others' lists learn from, but which would speak for his own items a second time. Rows keep
/// the heaviest `row_items` partners (BoundedRow).
///
/// Pruning (the same, §4.1.3), if `pruning_delta` is above 0: when a row is full and drops its
/// lightest partners, those that with probability 1 − pruning_delta belong below the lightest one
/// kept are pruned: they are counted in this row no more. A row orders its partners by x̄_q =
/// co(p, q) / n(p), the mean over n(p) units of strength of how much of it q shared, in [0, 1]; so
/// by Hoeffding's inequality, with R = 1 and n = n(p), q is pruned if
///   x̄_lightest kept − x̄_q > ε = sqrt(R² · ln(1/pruning_delta) / 2n)
/// (strength counts as trials: a purchase of weight 5 as five). The other row of the pair decides
/// for itself. At most `row_items` are pruned in a row; `pruned_pairs` counts them.
///
/// Taking back is exact: terms are whole numbers of 1/256, and depend on the user's stored history
/// alone, so that after `uncart`, `return`, `dislike` or `forget` all rows are, byte for byte,
/// those of a log without what was taken back. Exceptions: what fell out of a history (its pairs
/// stay; a new item may push one out and be taken back itself), what fell out of a full row or was
/// pruned from it (what is pruned stays so, and is neither added nor taken back), counts
/// above 65,536, which are rounded to 24 bits, and an item that came with an event taken back and
/// stays by another: it keeps its place, so its pairs may differ by distance_decay^k, k the items
/// between.
///
/// Cost: a query O(query_items · row_items); an event O(pair_items · log row_items); an item that
/// leaves a history O(pair_items²) such steps.
class ItemCf final : public Model {
 public:
  explicit ItemCf(const ItemCfOptions& options);

  std::string_view name() const override { return "item_cf"; }
  std::unique_ptr<Scratch> make_scratch() const override;
  void candidates(const Query& query, Scratch& scratch, std::vector<Candidate>& out) const override;
  void score(const Query& query, Scratch& scratch, std::span<const ItemId> items,
             std::span<float> out) const override;
  void explain(const Query& query, Scratch& scratch, std::span<const ItemId> items,
               std::vector<Reason>& out) const override;
  void learn(std::span<const Interaction> epoch) override;
  bool knows_similar() const override { return true; }
  void similar(ItemId item, const Catalog& catalog, std::size_t limit,
               std::vector<SimilarItem>& out) const override;
  void take_changed(std::vector<ItemId>& out) override;
  std::uint64_t pruned_pairs() const override { return pruned_pairs_; }
  /// Dunning's G² of two events that came `both` times together, `one` and `other` times at all,
  /// among `all`; 0 if together no more often than by chance.
  static double log_likelihood_ratio(double both, double one, double other, double all);
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;
  std::size_t memory_bytes() const override;

 private:
  /// Counts are whole numbers of 1/unit: floats add them exactly up to 2^24, pair counts of 65,536.
  static constexpr float unit = 256;

  struct alignas(64) Item {  // one line of the cache
    BoundedRow partners;     ///< co(this, q), in units
    double strength = 0;     ///< n(this), in units
    float query_factor = 0;  ///< n^−query_power / unit, 0 without strength
  };
  static_assert(sizeof(Item) == 64);
  struct Change {
    ItemId item;
    float amount;
  };
  struct Work;

  void change(const Interaction& x);
  void close_gap(const Interaction& x, std::uint32_t order);
  void forget(const Interaction& x);
  static double whole(float strength);
  /// What a pair of two orders adds, in units.
  float pair_count(float both, std::uint32_t a, std::uint32_t b) const;
  void add_pair(ItemId a, ItemId b, float amount);
  void add_partner(ItemId own, ItemId partner, float amount);
  void drop_lightest(ItemId own);
  void prune(ItemId own, std::uint32_t partner);
  std::span<const std::uint32_t> pruned(ItemId own) const {
    return own.index() < pruned_.size() ? std::span<const std::uint32_t>(pruned_[own.index()])
                                        : std::span<const std::uint32_t>();
  }
  void add_strength(ItemId item, double amount);
  void set_factors(ItemId item);
  /// A row's similarities, one an entry, but for the candidates' factors.
  std::span<const float> weights(const Item& own, std::vector<float>& out) const;
  float query_factor(const Item& own) const {
    return options_.similarity == ItemSimilarity::cosine ? own.query_factor : 1;
  }
  float candidate_factor(ItemId item) const {
    return options_.similarity == ItemSimilarity::cosine ? candidate_factors_[item.index()] : 1;
  }
  Item& at(ItemId item);

  // Fixed after construction.
  const ItemCfOptions options_;
  std::vector<float> distance_weight_;
  std::vector<float> position_weight_;

  // Rank phase reads, learn phase writes.
  std::vector<Item> items_;
  std::vector<float> candidate_factors_;  ///< by item: n^−candidate_power, 0 without strength
  double strength_ = 0;                   ///< Σ n, in units

  // Learn phase only.
  std::vector<std::vector<std::uint32_t>> pruned_;  ///< by item, ascending; none of its partners
  std::uint64_t pruned_pairs_ = 0;                  ///< in all of them
  std::vector<Change> changes_;                     ///< working memory of `change`
  DirtyRows dirty_;
  DirtyRows changed_;  ///< since take_changed
};

}  // namespace freshet
