#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/fusion/features.h"

namespace freshet {

/// The linear part of learned fusion: one weight a feature, and one more a feature and class of
/// each context group, added up:  w = W0 + Σ_g W_g[class of g].
class ContextWeights {
 public:
  static constexpr std::size_t rows = 1 + FusionContext::classes;

  explicit ContextWeights(const FeatureSet& features);

  /// w for a context, one number a feature.
  void combine(const FusionContext& context, std::span<float> out) const;
  std::span<const float> start() const { return start_; }
  /// One step of Adagrad uphill along `gradient` of each row that made up w.
  void step(const FusionContext& context, std::span<const float> gradient, float rate);
  /// Takes back part of the accumulated squares: later steps are longer.
  void hurry(float keep);

  /// Weight and sum of squares of a feature in a row; row 0 is W0.
  float& weight(std::size_t row, std::size_t feature) { return w_[row * features_ + feature]; }
  float& square(std::size_t row, std::size_t feature) { return g_[row * features_ + feature]; }
  float weight(std::size_t row, std::size_t feature) const { return w_[row * features_ + feature]; }

 private:
  std::size_t features_;
  std::vector<float> start_;
  std::vector<float> w_, g_;  ///< row × feature
};

}  // namespace freshet
