#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/table.h"
#include "models/session_index.h"
#include "stream/model.h"

namespace freshet {

struct SessionKnnOptions {
  std::uint32_t item_sessions = 500;
  std::uint32_t touched = 2'000;
  std::uint32_t neighbours = 500;
  std::uint32_t query_items = 15;
  double session_border = 0.5;
  double position_decay = 1;
  double match_decay = 2;
  double age_days = 10;
  double gap_decay = 2;
  std::uint32_t gap_max = 8;
  double idf = 2;
  std::uint32_t session_items = 100;
  std::uint32_t max_sessions = 1 << 20;
  std::uint32_t live_sessions = 1 << 18;
};

config::Table<SessionKnnOptions> describe_session_knn();

/// Session neighbours with position, age, distance and idf weights (after VSTAN: Ludewig, Mauro,
/// Latifi, Jannach, "Empirical analysis of session-based recommendation algorithms", UMUAI 2021;
/// STAN: Garg et al., SIGIR 2019), over sessions that grow while they are used.
///
/// The query is the user's newest `query_items` distinct items i_0 (newest), i_1, …, weighted
///   w_d = session_border^(borders between i_d and now) · exp(−d / position_decay).
/// A session s that holds some of them has the similarity
///   sim(s) = Σ_{i_d in s} w_d · |s|^−½ / (1 + age of s in days / age_days),
/// and, i_m being the newest of them and at place p of s, gives the item at place q, |q − p| ≤
/// gap_max,
///   sim(s) · exp(−m / match_decay) · exp(−|q − p| / gap_decay).
/// An item's score is the sum over the `neighbours` most similar sessions, times 1 + idf·ln(N / (n
/// + 1)) for n of N sessions so far with that item (at least 1 of that factor's scale is kept: it
/// is never below 0.01). Items i_d are looked up newest first, and each item's sessions newest
/// first; after `touched` distinct sessions only those gain. The user's own growing session is no
/// neighbour: it holds what he saw, not what comes next.
///
/// Cost of a query: O(query_items · item_sessions + neighbours · gap_max).
class SessionKnn final : public Model {
 public:
  explicit SessionKnn(const SessionKnnOptions& options);

  std::string_view name() const override { return "session_knn"; }
  std::unique_ptr<Scratch> make_scratch() const override;
  void candidates(const Query& query, Scratch& scratch, std::vector<Candidate>& out) const override;
  void score(const Query& query, Scratch& scratch, std::span<const ItemId> items,
             std::span<float> out) const override;
  void explain(const Query& query, Scratch& scratch, std::span<const ItemId> items,
               std::vector<Reason>& out) const override;
  void learn(std::span<const Interaction> epoch) override;
  bool save_some(RowBatch& out, std::size_t rows_max) override {
    return index_.save_some(out, rows_max);
  }
  Status restore(const RowReader& rows, std::size_t items) override {
    return index_.restore(rows, items);
  }
  std::size_t memory_bytes() const override { return index_.memory_bytes(); }

 private:
  struct Work;
  struct Gift;

  void read_query(const Query& query, Work& work) const;
  void find_neighbours(const Query& query, Work& work) const;
  void keep_nearest(const Query& query, Work& work) const;
  float idf(const Work& work, std::uint32_t item) const;
  Gift gift_of(const Work& work, std::size_t neighbour) const;

  // Fixed after construction.
  const SessionKnnOptions options_;
  std::vector<float> position_weight_;  ///< by d
  std::vector<float> match_weight_;     ///< by d
  std::vector<float> gap_weight_;       ///< by q − p, from −gap_max
  std::vector<float> length_weight_;    ///< by |s|
  float day_weight_;                    ///< of one millisecond of age

  // Rank phase reads, learn phase writes.
  SessionIndex index_;
};

}  // namespace freshet
