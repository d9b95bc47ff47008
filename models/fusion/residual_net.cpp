#include "models/fusion/residual_net.h"

#include <Eigen/Core>
#include <algorithm>
#include <cassert>
#include <cmath>

#include "models/fusion/adagrad.h"

namespace freshet {

namespace {

constexpr float slope = 0.1F;

float leaky(float a) { return std::max(a, slope * a); }

float dot(const float* w, const ResidualNet::Units& x) {
  using Values = Eigen::Map<const Eigen::Array<float, ResidualNet::units, 1>>;
  return (Values(w) * Values(x.data())).sum();
}

/// Which features are not 0: few are known of a candidate, and which cannot be foretold, so they
/// are listed without a branch for each.
class Known {
 public:
  explicit Known(std::span<const float> f) {
    assert(f.size() <= FeatureSet::most);
    for (std::size_t k = 0; k < f.size(); ++k) {
      places_[count_] = static_cast<std::uint16_t>(k);
      count_ += f[k] != 0 ? 1 : 0;
    }
  }
  auto begin() const { return places_.begin(); }
  auto end() const { return places_.begin() + count_; }

 private:
  std::array<std::uint16_t, FeatureSet::most + 1> places_;  // one more may be overwritten
  std::size_t count_ = 0;
};

/// A number from −1 to 1 that depends on a name and a place in its row.
float start_number(std::string_view name, std::size_t k) {
  std::uint64_t h = 14695981039346656037ULL;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  h = (h ^ k) * 1099511628211ULL;
  h = (h ^ (h >> 32)) * 0x9e3779b97f4a7c15ULL;
  return static_cast<float>(static_cast<double>(h >> 11) * 0x1p-52 - 1);
}

}  // namespace

ResidualNet::ResidualNet(const FeatureSet& features)
    : features_(features.size()),
      facts_(features.fact_names().size()),
      weights_((features_ + FusionContext::classes + facts_ + 1) * units, 0),
      squares_(weights_.size(), 0),
      gradient_(features_ * units, 0) {
  const float scale = 1 / std::sqrt(static_cast<float>(features_));
  for (std::size_t f = 0; f < features_; ++f) {
    for (std::size_t j = 0; j < units; ++j) {
      weights_[f * units + j] = scale * start_number(features[f].name, j);
    }
  }
  for (std::size_t k = 0; k < facts_; ++k) {
    for (std::size_t j = 0; j < units; ++j) {
      weights_[fact_row(k) * units + j] = 0.1F * start_number(features.fact_names()[k], j);
    }
  }
}

void ResidualNet::set_bias(const FusionContext& context, Units& bias) const {
  bias.fill(0);
  const auto add = [&](std::size_t row, float factor) {
    const float* const w = weights_.data() + row * units;
    for (std::size_t j = 0; j < units; ++j) bias[j] += factor * w[j];
  };
  for (std::size_t g = 0; g < FusionContext::groups; ++g) add(class_row(context.class_index(g)), 1);
  for (std::size_t k = 0; k < facts_; ++k) add(fact_row(k), context.facts[k]);
}

void ResidualNet::inputs(std::span<const float> f, Units& u) const {
  Units sum{};
  for (const std::size_t k : Known(f)) {
    const float x = f[k];
    const float* const w = weights_.data() + k * units;
    for (std::size_t j = 0; j < units; ++j) sum[j] += x * w[j];
  }
  u = sum;
}

float ResidualNet::residual(const Units& u, const Units& bias) const {
  Units change;
  for (std::size_t j = 0; j < units; ++j) change[j] = leaky(bias[j] + u[j]) - leaky(bias[j]);
  return dot(weights_.data() + out_row() * units, change);
}

void ResidualNet::split(std::span<const float> f, const Units& u, const Units& bias,
                        std::span<float> out) const {
  Units secant;
  const float* const v = weights_.data() + out_row() * units;
  for (std::size_t j = 0; j < units; ++j) {
    constexpr float tiny = 1e-6F;
    const float change = leaky(bias[j] + u[j]) - leaky(bias[j]);
    secant[j] = v[j] * (std::abs(u[j]) > tiny ? change / u[j] : bias[j] > 0 ? 1 : slope);
  }
  std::fill(out.begin(), out.end(), 0.0F);
  for (const std::size_t k : Known(f)) out[k] = f[k] * dot(weights_.data() + k * units, secant);
}

void ResidualNet::step(const FusionContext& context, std::span<const float> rows,
                       std::span<const Units> u, const Units& bias, std::span<const float> delta,
                       float rate) {
  constexpr float damping = 0.1F;
  Units v_gradient{}, bias_gradient{};
  std::array<bool, FeatureSet::most> known{};
  float* const v = weights_.data() + out_row() * units;
  std::fill(gradient_.begin(), gradient_.end(), 0.0F);
  for (std::size_t c = 0; c < delta.size(); ++c) {
    const std::span<const float> f = rows.subspan(c * features_, features_);
    Units back;
    for (std::size_t j = 0; j < units; ++j) {
      const float a = bias[j] + u[c][j];
      v_gradient[j] += delta[c] * (leaky(a) - leaky(bias[j]));
      back[j] = delta[c] * v[j] * (a > 0 ? 1 : slope);
      // Σ_c Δ = 0, so the term that is subtracted adds nothing here.
      bias_gradient[j] += back[j];
    }
    for (const std::size_t k : Known(f)) {
      const float x = f[k];
      known[k] = true;
      float* const g = gradient_.data() + k * units;
      for (std::size_t j = 0; j < units; ++j) g[j] += x * back[j];
    }
  }
  const auto move = [&](std::size_t row, const float* g) {
    adagrad(weights_.data() + row * units, squares_.data() + row * units, g, units, rate, damping);
  };
  for (std::size_t k = 0; k < features_; ++k) {
    if (known[k]) move(k, gradient_.data() + k * units);  // of the others it is 0
  }
  for (std::size_t g = 0; g < FusionContext::groups; ++g) {
    move(class_row(context.class_index(g)), bias_gradient.data());
  }
  for (std::size_t k = 0; k < facts_; ++k) {
    Units g;
    for (std::size_t j = 0; j < units; ++j) g[j] = context.facts[k] * bias_gradient[j];
    move(fact_row(k), g.data());
  }
  move(out_row(), v_gradient.data());
}

void ResidualNet::hurry(float keep) {
  for (float& sum : squares_) sum *= keep;
}

}  // namespace freshet
