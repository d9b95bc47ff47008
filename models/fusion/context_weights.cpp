#include "models/fusion/context_weights.h"

#include <algorithm>

#include "models/fusion/adagrad.h"

namespace freshet {

ContextWeights::ContextWeights(const FeatureSet& features)
    : features_(features.size()), w_(rows * features_, 0), g_(rows * features_, 0) {
  for (std::size_t f = 0; f < features_; ++f) start_.push_back(features[f].start);
  std::copy(start_.begin(), start_.end(), w_.begin());
}

void ContextWeights::combine(const FusionContext& context, std::span<float> out) const {
  std::copy_n(w_.begin(), features_, out.begin());
  for (std::size_t g = 0; g < FusionContext::groups; ++g) {
    const float* const row = w_.data() + (1 + context.class_index(g)) * features_;
    for (std::size_t f = 0; f < features_; ++f) out[f] += row[f];
  }
}

void ContextWeights::step(const FusionContext& context, std::span<const float> gradient,
                          float rate) {
  constexpr float damping = 1;
  const auto move = [&](std::size_t row) {
    adagrad(w_.data() + row * features_, g_.data() + row * features_, gradient.data(), features_,
            rate, damping);
  };
  move(0);
  for (std::size_t g = 0; g < FusionContext::groups; ++g) move(1 + context.class_index(g));
}

void ContextWeights::hurry(float keep) {
  for (float& sum : g_) sum *= keep;
}

}  // namespace freshet
