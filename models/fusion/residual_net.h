#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/fusion/features.h"

namespace freshet {

/// The small net on the residual of the linear part: what one feature means in the light of others.
///
/// Of a candidate with features f, in a context with classes k_g and facts x:
///   bias_j = Σ_g B_g[k_g]_j + X_j·x                          the same for all candidates of a
///   query u_j = A_j·f,  r = Σ_j v_j·(φ(bias_j + u_j) − φ(bias_j))  φ leaky ReLU, slope 0.1; j < 16
/// So r is 0 for a candidate of which nothing is known (f = 0); the term that is subtracted is the
/// same for all and changes no order and no softmax. With the secant slope of each unit,
///   s_j = (φ(bias_j + u_j) − φ(bias_j)) / u_j,
/// r is exactly Σ_f f · Σ_j v_j s_j A_jf: that is how it is split over the features (the rescale
/// rule of DeepLIFT with reference 0: Shrikumar, Greenside, Kundaje, ICML 2017).
///
/// A and the biases start as small numbers that depend on the names of their rows only, v as 0: an
/// untaught net says nothing.
class ResidualNet {
 public:
  static constexpr std::size_t units = 16;
  using Units = std::array<float, units>;

  explicit ResidualNet(const FeatureSet& features);

  /// bias of a query.
  void set_bias(const FusionContext& context, Units& bias) const;
  /// u of a candidate with features `f`.
  void inputs(std::span<const float> f, Units& u) const;
  /// r of a candidate.
  float residual(const Units& u, const Units& bias) const;
  /// What each of its features gave to `residual`: its sum but for rounding.
  void split(std::span<const float> f, const Units& u, const Units& bias,
             std::span<float> out) const;

  /// One step of Adagrad uphill, given Δ[c] = ∂L/∂r(c), with sum 0, of candidates with features
  /// `rows` (candidate × feature), their u and their query's bias.
  void step(const FusionContext& context, std::span<const float> rows, std::span<const Units> u,
            const Units& bias, std::span<const float> delta, float rate);
  /// Takes back part of the accumulated squares: later steps are longer.
  void hurry(float keep);

  // Rows of parameters, `units` numbers each: A by feature, B by class, X by fact, then v.
  std::size_t rows() const { return weights_.size() / units; }
  std::size_t class_row(std::size_t k) const { return features_ + k; }
  std::size_t fact_row(std::size_t k) const { return features_ + FusionContext::classes + k; }
  std::size_t out_row() const { return rows() - 1; }
  std::span<float> weights(std::size_t row) { return {weights_.data() + row * units, units}; }
  std::span<float> squares(std::size_t row) { return {squares_.data() + row * units, units}; }

 private:
  std::size_t features_, facts_;
  std::vector<float> weights_, squares_;
  std::vector<float> gradient_;  ///< of A, working memory of `step`
};

}  // namespace freshet
