#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/table.h"
#include "models/rows.h"
#include "stream/model.h"

namespace freshet {

struct RepeatOptions {
  std::uint32_t query_items = 100;
  double prior_exposures = 5;
};

config::Table<RepeatOptions> describe_repeat();

/// How likely the user comes back to one of his own items, learned from how often users did.
///
/// Every own item (the newest `query_items` distinct ones that are not disliked) is an exposure to
/// each next event of its user, and a hit if that event is on it. Two tables count both:
///   recency · frequency:  recency rank (8 classes) × events on it (4) × its strongest type
///   age · context:        time since his last event on it (8) × its strongest type × type of his
///   newest event
/// With g the rate over everything, a cell's rate is (hits + p·g) / (exposures + p), p =
/// prior_exposures, and the score of an own item is the geometric mean of its two cells' rates.
/// (Recency, frequency and the probability of a repeat as in Anderson et al., "The dynamics of
/// repeat consumption", WWW 2014.)
///
/// Times are measured at the user's newest event, as they stand when the list for it is made.
/// Cost: O(own items) a query and an event; a thread's scratch has 8 bytes an item. State: fixed,
/// some 10,000 cells.
class Repeat final : public Model {
 public:
  explicit Repeat(const RepeatOptions& options);

  std::string_view name() const override { return "repeat"; }
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

  static constexpr std::size_t types = 32;
  static constexpr std::size_t ranks = 8, counts = 4, ages = 8;
  /// Class of a recency rank (0 newest): 0, 1, 2, 3–4, 5–8, 9–16, 17–40, more.
  static std::size_t rank_class(std::size_t rank);
  /// Class of a number of events: 1, 2, 3–4, more.
  static std::size_t count_class(std::uint32_t count);
  /// Class of an age: below 1 min, 10 min, 1 h, 6 h, 1 day, 7 days, 30 days, more.
  static std::size_t age_class(std::int64_t age_ms);

 private:
  struct Cell {
    std::uint64_t hits = 0;
    std::uint64_t exposures = 0;
  };
  static constexpr std::size_t frequency_cells = ranks * counts;
  static constexpr std::size_t context_cells = ages * types;
  static constexpr std::size_t cells = types * (frequency_cells + context_cells);
  struct Work;

  static std::size_t frequency_cell(const HistoryItem& own, std::size_t rank);
  static std::size_t context_cell(const HistoryItem& own, std::int64_t now_ms, EventTypeId now);
  float rate(const Cell& cell, float prior_hits) const;
  void count(std::size_t cell, bool hit);
  void learn(const Interaction& x);

  // Fixed after construction.
  const RepeatOptions options_;

  // Rank phase reads, learn phase writes.
  std::vector<Cell> table_;  ///< both tables, then one cell for everything

  // Learn phase only.
  DirtyRows dirty_;
};

}  // namespace freshet
