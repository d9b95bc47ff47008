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

struct ItemCfOptions {
  std::uint32_t pair_items = 100;
  double distance_decay = 0.97;
  std::uint32_t row_items = 256;
  double query_power = 0.5;
  double candidate_power = 0.4;
  std::uint32_t query_items = 20;
  double position_decay = 0.7;
};

config::Table<ItemCfOptions> describe_item_cf();

/// Item-to-item similarities that follow every event (Huang et al., "TencentRec: Real-time stream
/// recommendation in practice", SIGMOD 2015, §4.1, eq. 3–8).
///
/// r_ui, the strength of user u on item i, is the largest weight among the types of his events on
/// it. Pair counts are sums of co-ratings and follow each change of r_up from old to new:
///   co(p, q) += (min(new, r_uq) − min(old, r_uq)) · distance_decay^d   for q the d-th of his other
///   items, n(p)     += new − old,                                             newest first, d <
///   pair_items
/// so a purchase after a view adds, and a return or a dislike takes back. Similarity of candidate j
/// to own item p:
///   sim(p, j) = co(p, j) / (n(p)^query_power · n(j)^candidate_power)
/// and score(j) = Σ_d position_decay^d · sim(i_d, j) over the user's newest `query_items` items of
/// strength > 0. Rows keep the heaviest `row_items` partners (BoundedRow).
///
/// Cost: a query O(query_items · row_items); an event O(pair_items · row_items), a few SIMD scans
/// each.
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
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;
  std::size_t memory_bytes() const override;

 private:
  struct Item {
    BoundedRow partners;         ///< co(this, q)
    double strength = 0;         ///< n(this)
    float query_factor = 0;      ///< n^−query_power, 0 without strength
    float candidate_factor = 0;  ///< n^−candidate_power
  };
  struct Work;

  void change(const Interaction& x);
  void forget(const Interaction& x);
  void add_pair(ItemId a, ItemId b, float amount);
  void add_strength(ItemId item, double amount);
  void set_factors(Item& item) const;
  Item& at(ItemId item);

  // Fixed after construction.
  const ItemCfOptions options_;
  std::vector<float> distance_weight_;
  std::vector<float> position_weight_;

  // Rank phase reads, learn phase writes.
  std::vector<Item> items_;

  // Learn phase only.
  DirtyRows dirty_;
};

}  // namespace freshet
