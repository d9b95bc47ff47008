#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "config/table.h"
#include "models/factor_table.h"
#include "models/factor_users.h"
#include "models/hot_items.h"
#include "models/rows.h"
#include "stream/model.h"

namespace freshet {

enum class FactorizationMode : std::uint8_t { implicit, rating };
enum class FactorizationLoss : std::uint8_t { softmax, bpr };

struct FactorizationOptions {
  FactorizationMode mode = FactorizationMode::implicit;
  FactorizationLoss loss = FactorizationLoss::softmax;
  FactorOptimizer optimizer = FactorOptimizer::adagrad;
  double rate = 0.1;
  double user_rate = 0.01;
  double l2 = 1e-3;
  double dropout = 0;
  std::uint32_t negatives = 32;
  std::uint32_t recent_events = 8'192;
  std::uint32_t query_items = 10;
  double query_decay = 0.6;
  double popularity = 0.5;
  std::uint32_t popularity_events = 10'000;
  std::uint32_t candidates = 500;
  std::uint32_t max_users = 1 << 17;
  std::uint64_t seed = 1;
};

config::Table<FactorizationOptions> describe_factorization();

/// Factors of items and users, learned one event at a time.
///
/// Implicit mode: which item comes next. With the user's newest `query_items` distinct items i_0
/// (newest), i_1, … and λ = query_decay, the query is
///   z = p_u + Σ_d λ^d · in[i_d] / √(Σ_d λ^d)
/// and an item's logit l_j = z · out_j + b_j + popularity · ln(0.3 + n_j), n_j being its events,
/// halved every `popularity_events` events. The score is exp(l_j) / Σ exp(l), the sum running over
/// the `candidates` items with the newest events, which are those that `candidates` ranks.
/// An event on y moves p_u, in, out and b against the gradient of the softmax cross-entropy of
/// z · out_j + b_j over y and `negatives` items of the newest `recent_events` events, drawn evenly:
/// by popularity at the moment, and never unseen ones (sampled softmax after GRU4Rec: Hidasi and
/// Karatzoglou, CIKM 2018; recency negatives: Petrov and Macdonald, RecSys 2022); or of BPR,
/// −Σ ln σ(l_y − l_n) (Rendle et al., UAI 2009). `dropout` of them are left out at random.
///
/// Rating mode: what he would say of it. r(u, j) = μ + b_u + b_j + p_u · out_j, moved against the
/// gradient of the squared error of each rating (biased matrix factorization: Koren, Bell,
/// Volinsky, IEEE Computer 2009), which is predicted before it is learned; that error is kept.
/// The score is r, at least 0.001. Only ratings are learned; a user without one gets no candidates.
///
/// What is learned of items has no owner. A forgotten user's vector is erased; what his events
/// moved in the items' factors and biases cannot be subtracted.
///
/// Randomness is a hash of the seed and the number of events so far. Cost of a query:
/// O(candidates · factors); of an event: O((negatives + query_items) · factors), and once in 64
/// events, or in rating mode at every epoch, O(candidates · factors). State: a row for each item,
/// `max_users` users.
class Factorization final : public Model {
 public:
  explicit Factorization(const FactorizationOptions& options);

  std::string_view name() const override { return "factorization"; }
  std::unique_ptr<Scratch> make_scratch() const override;
  void candidates(const Query& query, Scratch& scratch, std::vector<Candidate>& out) const override;
  void score(const Query& query, Scratch& scratch, std::span<const ItemId> items,
             std::span<float> out) const override;
  void explain(const Query& query, Scratch& scratch, std::span<const ItemId> items,
               std::vector<Reason>& out) const override;
  void learn(std::span<const Interaction> epoch) override;
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;
  std::optional<RatingError> rating_error() const override;
  std::size_t memory_bytes() const override;

  static constexpr std::size_t factors = FactorTable::factors;

 private:
  static constexpr std::size_t ring_chunk = 512;  ///< events in a row
  static constexpr std::uint64_t base_step = 64;  ///< events
  struct Work;
  /// What is counted of an item.
  struct Count {
    std::uint64_t last = 0;  ///< number of its newest event, from 1; 0: none
    float events = 0;        ///< decayed, at `last`
  };
  /// The own items of a query and their weights λ^d / √Σλ^d.
  struct Past {
    std::vector<std::uint32_t> items;
    std::vector<float> weights;
  };

  bool rates() const { return options_.mode == FactorizationMode::rating; }
  void read_past(std::span<const HistoryItem> history, Past& past) const;
  void make_query(const FactorTable::Row* user, const Past& past, float* z) const;
  /// What is added to z · out_j: the bias, and popularity as of the newest event whose number is a
  /// multiple of `base_step`, so that it need not be reckoned anew for all items at each event.
  float base(std::uint32_t item) const;
  static void make_shares(Work& work);
  float mean_rating() const;
  void grow(std::size_t items);
  void learn_next(const Interaction& x);
  void learn_rating(const Interaction& x);
  void sample(std::uint32_t y);
  void slopes(const float* z);
  void count(std::uint32_t item);
  void read_hot();
  void read_hot(std::uint32_t item);
  void save_counts(RowBatch& out);
  Status restore_counts(const RowReader& rows, std::uint64_t& admitted);
  Status restore_items(const RowReader& rows, std::size_t items);
  Status restore_ring(const RowReader& rows, std::size_t items);

  // Fixed after construction.
  const FactorizationOptions options_;
  std::vector<float> decay_;  ///< λ^d

  // Rank phase reads, learn phase writes.
  FactorTable in_, out_;  ///< by item
  FactorUsers users_;
  std::vector<Count> counts_;  ///< by item
  std::uint64_t events_ = 0;   ///< learned so far
  HotItems hot_;               ///< with their vectors and bases
  std::uint64_t ratings_ = 0;  ///< in `rating_sum_`
  double rating_sum_ = 0;
  RatingError error_;

  // Learn phase only.
  std::vector<std::uint32_t> ring_;     ///< items of the newest events, by event number
  std::vector<std::uint32_t> touched_;  ///< items of this epoch's events
  std::vector<std::uint32_t> stepped_;  ///< items whose out vector moved in this epoch
  std::uint64_t base_events_ = 0;       ///< of the bases in `hot_`
  std::vector<std::uint32_t> sampled_;  ///< y, then the negatives
  std::vector<float> slope_;            ///< beside `sampled_`: d loss / d logit
  Past past_;
  DirtyRows dirty_items_, dirty_ring_;
  bool dirty_counts_ = false;
};

}  // namespace freshet
