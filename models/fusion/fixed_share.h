#pragma once

#include <span>
#include <vector>

#include "stream/bytes.h"

namespace freshet {

/// Multiplicative weights of experts, with fixed share (Herbster and Warmuth, "Tracking the best
/// expert", Machine Learning 32, 1998): after each event with losses ℓ,
///   π_i ∝ π_i · exp(−rate · ℓ_i),  then  π_i = (1 − share) · π_i + share / n.
/// So an expert that was bad for long comes back after some ln(n/share)/rate of loss better than
/// the others', and none ever has less than share/n. `weights` never gives less than `floor` to
/// anybody:  floor + (1 − n·floor) · π_i.
class FixedShare {
 public:
  FixedShare(std::size_t experts, double rate, double share, double floor);

  /// `count` of such an event, 0..1: rate and share are multiplied by it.
  void learn(std::span<const float> losses, double count = 1);
  double weight(std::size_t expert) const;
  std::size_t size() const { return weights_.size(); }

  void write(ByteWriter& out, std::size_t expert) const { out.number(weights_[expert]); }
  /// False: it is no weight.
  bool read(ByteReader& in, std::size_t expert);
  /// After all were read: makes their sum 1, unless it is but for rounding.
  void settle();

 private:
  void normalise();

  double rate_, share_, floor_;
  std::vector<double> weights_;  ///< sum 1
};

}  // namespace freshet
