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

struct TransitionsOptions {
  std::uint32_t window = 10;
  double session_border = 0.5;
  std::uint32_t row_items = 256;
  double half_weight = 200;
  std::uint32_t query_events = 10;
  double position_decay = 0.75;
  double query_border = 0.7;
  double current_share = 0.4;
};

config::Table<TransitionsOptions> describe_transitions();

/// What follows what: sequential rules (SR: Kamehkhosh, Jannach, Ludewig, "A comparison of frequent
/// pattern techniques and a deep learning method for session-based recommendation", RecTemp 2017),
/// decayed.
///
/// An event on j after the user's event on i, `gap` events earlier (gap ≤ window), adds to row i
///   R[i][j] += session_border^borders / gap,
/// and an entry halves for each `half_weight` that its own row gains later. Two scores of an item
/// j:
///   current(j) = R[i_0][j] / Σ_k R[i_0][k]                               i_0 the user's newest
///   event recent(j)  = Σ_d position_decay^d · query_border^borders · R[i_d][j] / √(Σ_k R[i_d][k])
/// The model's score is current_share · current/max current + (1 − current_share) · recent/max
/// recent. Rows keep the heaviest `row_items` followers (BoundedRow); row sums include those no
/// longer kept.
///
/// Taking back (a return, forgetting): the pairs of the event taken back with those among the
/// user's newest events go, and events around it stand one closer, as if it had never been. What is
/// not known any more stays: pairs with events older than users.recent_events. If row i gained Δ
/// since, what is taken is w as of now, not w · 2^(−Δ/half_weight), and what came in between stays
/// up to 2^(w/half_weight) too heavy; with Δ = 0 the row is as before but for a float's rounding.
///
/// Cost: a query O(query_events · row_items); an event O(window · log row_items).
class Transitions final : public Model {
 public:
  explicit Transitions(const TransitionsOptions& options);

  std::string_view name() const override { return "transitions"; }
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

  /// The two scores apart, for the query last given to `candidates`: `current` and `recent` of each
  /// item.
  void score_apart(Scratch& scratch, std::span<const ItemId> items, std::span<float> current,
                   std::span<float> recent) const;

 private:
  struct Row {
    BoundedRow followers;  ///< R[i][j] · 2^(gained / half_weight)
    double total = 0;      ///< Σ R, at the same scale, those no longer kept included
    double gained = 0;     ///< weight added since the scale was last reset
  };
  struct Work;

  double pair_weight(std::uint32_t borders, std::size_t gap) const;
  void add(ItemId from, ItemId to, double weight);
  void forget(std::span<const RecentEvent> recent);
  void undo(std::span<const RecentEvent> recent, std::size_t undone);
  void pair(const RecentEvent& from, const RecentEvent& to, std::size_t gap, std::size_t old_gap);
  /// Brings `gained` below the limit at which the scale is reset.
  void rescale(Row& row) const;
  double scale_of(const Row& row) const;
  Row& at(ItemId item);

  // Fixed after construction.
  const TransitionsOptions options_;

  // Rank phase reads, learn phase writes.
  std::vector<Row> rows_;

  // Learn phase only.
  DirtyRows dirty_;
};

}  // namespace freshet
