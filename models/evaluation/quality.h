#pragma once

#include <cstddef>
#include <cstdint>

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

}  // namespace freshet
