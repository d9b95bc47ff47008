#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "stream/ids.h"

namespace freshet {

/// Sums over predictions with one right answer each, at cut-off k.
class Quality {
 public:
  /// `place`: where the right item stood in the list, from 0; below 0, or k and more: a miss.
  void add(std::int64_t place, std::size_t k);

  std::uint64_t predictions() const { return predictions_; }
  double hr() const { return mean(hits_); }         ///< hit rate: share of predictions that hit
  double mrr() const { return mean(reciprocal_); }  ///< mean reciprocal rank; a miss counts 0
  double ndcg() const { return mean(gain_); }  ///< mean of 1 / log2(place + 2): ideal gain is 1

 private:
  double mean(double sum) const {
    return predictions_ == 0 ? 0 : sum / static_cast<double>(predictions_);
  }

  std::uint64_t predictions_ = 0;
  double hits_ = 0, reciprocal_ = 0, gain_ = 0;
};

/// The quality of several lists over the same predictions: "fused" first, then each model's own.
using QualityByModel = std::vector<std::pair<std::string, Quality>>;

/// What a set of lists shows of the shop, whoever chose what.
class ListSpread {
 public:
  /// An item was chosen, seen or bought: it is known from now on.
  void count_event(ItemId item);
  /// One judged list.
  void add(const std::vector<ItemId>& list);

  /// Share (0–1) of `items` known items that stood in at least one list (catalogue coverage: Ge,
  /// Delgado-Battenfeld, Jannach, RecSys 2010).
  double coverage(std::size_t items) const;
  /// Bits: mean over all listed places of −log2(share of all events so far that the item has), an
  /// item without one as if it had one (mean self-information: Zhou et al., PNAS 107, 2010).
  double novelty() const;
  /// Gini diversity, 0 (all places are one item's) to 1 (each of `items` known items has as many):
  ///   2 · Σ_i (n + 1 − i) / (n + 1) · places_i / Σ places, items by their number of places, the
  /// fewest first, i from 1 (the complement of the Gini index: Adomavicius and Kwon, IEEE TKDE
  /// 24(5), 2012). Needs neither a catalogue nor item vectors. Cost: O(n log n).
  double gini_diversity(std::size_t items) const;

 private:
  std::vector<std::uint64_t> events_, places_;  ///< by item
  std::uint64_t all_events_ = 0, all_places_ = 0;
  double bits_ = 0;
};

}  // namespace freshet
