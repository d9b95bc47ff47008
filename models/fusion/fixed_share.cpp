#include "models/fusion/fixed_share.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace freshet {

FixedShare::FixedShare(std::size_t experts, double rate, double share, double floor)
    : rate_(rate),
      share_(share),
      floor_(std::min(floor, 1.0 / static_cast<double>(experts))),
      weights_(experts, 1.0 / static_cast<double>(experts)) {
  assert(experts > 0);
}

void FixedShare::learn(std::span<const float> losses, double count) {
  assert(losses.size() == weights_.size());
  // Losses count from the smallest: the best weight never underflows.
  const float least = *std::min_element(losses.begin(), losses.end());
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    weights_[i] *= std::exp(-rate_ * count * static_cast<double>(losses[i] - least));
  }
  normalise();
  const double share = share_ * count;
  const double each = share / static_cast<double>(weights_.size());
  for (double& weight : weights_) weight = (1 - share) * weight + each;
}

double FixedShare::weight(std::size_t expert) const {
  return floor_ + (1 - floor_ * static_cast<double>(weights_.size())) * weights_[expert];
}

bool FixedShare::read(ByteReader& in, std::size_t expert) {
  weights_[expert] = in.number<double>();
  return weights_[expert] >= 0 && weights_[expert] <= 1;
}

void FixedShare::settle() {
  constexpr double rounding = 1e-9;
  double sum = 0;
  for (const double weight : weights_) sum += weight;
  if (std::abs(sum - 1) > rounding) normalise();
}

void FixedShare::normalise() {
  double sum = 0;
  for (const double weight : weights_) sum += weight;
  for (double& weight : weights_) {
    weight = sum > 0 ? weight / sum : 1 / static_cast<double>(weights_.size());
  }
}

}  // namespace freshet
