#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/session_index.h"
#include "stream/model.h"

namespace freshet {

/// What a search for neighbours may cost, and how what it finds is weighted.
struct WindowKnnOptions {
  std::uint32_t touched = 1;      ///< windows looked at, at most; up to touched_max
  std::uint32_t neighbours = 1;   ///< most similar windows that score items
  std::uint32_t query_items = 1;  ///< the user's newest items that are looked up; up to 32
  double session_border = 1;
  double position_decay = 1;
  double match_decay = 1;
  double age_days = 1;
  double gap_decay = 1;
  std::uint32_t gap_max = 1;
  double idf = 0;

  static constexpr std::uint32_t query_items_max =
      32;  ///< a neighbour's matches are a word of bits
  static constexpr std::uint32_t touched_max = 32'768;  ///< places of touched ones are 16-bit
};

/// Nearest neighbours of a user's near past among the windows of an index, which are sessions or
/// users (after VSTAN: Ludewig, Mauro, Latifi, Jannach, "Empirical analysis of session-based
/// recommendation algorithms", UMUAI 2021; STAN: Garg et al., SIGIR 2019). The windows grow while
/// they are used.
///
/// The query is the user's newest `query_items` distinct items i_0 (newest), i_1, …, weighted
///   w_d = session_border^(borders between i_d and now) · exp(−d / position_decay).
/// A window s that holds some of them has the similarity
///   sim(s) = Σ_{i_d in s} w_d · |s|^−½ / (1 + age of s in days / age_days),
/// and, i_m being the newest of them and at place p of s, gives the item at place q, |q − p| ≤
/// gap_max,
///   sim(s) · exp(−m / match_decay) · exp(−|q − p| / gap_decay).
/// An item's score is the sum over the `neighbours` most similar windows, times 1 + idf·ln(N / (n
/// + 1)) for n of N windows with that item (at least 1 of that factor's scale is kept: it is never
/// below 0.01). Items i_d are looked up newest first, and each item's windows newest first; after
/// `touched` distinct windows only those gain. The user's own growing window is no neighbour: it
/// holds what he saw, not what comes next.
///
/// Cost of a query: O(query_items · item_windows + neighbours · gap_max).
class WindowKnn : public Model {
 public:
  std::unique_ptr<Scratch> make_scratch() const final;
  void candidates(const Query& query, Scratch& scratch, std::vector<Candidate>& out) const final;
  void score(const Query& query, Scratch& scratch, std::span<const ItemId> items,
             std::span<float> out) const final;
  void explain(const Query& query, Scratch& scratch, std::span<const ItemId> items,
               std::vector<Reason>& out) const final;
  /// Positive events enter the user's window; an item that he takes back or comes to dislike
  /// leaves it.
  void learn(std::span<const Interaction> epoch) final;
  bool save_some(RowBatch& out, std::size_t rows_max) final {
    return index_.save_some(out, rows_max);
  }
  Status restore(const RowReader& rows, std::size_t items) final {
    return index_.restore(rows, items);
  }
  std::size_t memory_bytes() const final { return index_.memory_bytes(); }

 protected:
  WindowKnn(const WindowKnnOptions& options, const std::string& name,
            const SessionIndex::Limits& limits);

 private:
  struct Work;
  struct Gift;

  void read_query(const Query& query, Work& work) const;
  void find_neighbours(const Query& query, Work& work) const;
  void keep_nearest(const Query& query, Work& work) const;
  float idf(const Work& work, std::uint32_t item) const;
  Gift gift_of(const Work& work, std::size_t neighbour) const;

  // Fixed after construction.
  const WindowKnnOptions options_;
  std::vector<float> position_weight_;  ///< by d
  std::vector<float> match_weight_;     ///< by d
  std::vector<float> gap_weight_;       ///< by q − p, from −gap_max
  std::vector<float> length_weight_;    ///< by |s|
  float day_weight_;                    ///< of one millisecond of age

  // Rank phase reads, learn phase writes.
  SessionIndex index_;
};

}  // namespace freshet
