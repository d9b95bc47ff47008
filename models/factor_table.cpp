#include "models/factor_table.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace freshet {

namespace {

using Vector = Eigen::Array<float, FactorTable::factors, 1>;
using Values = Eigen::Map<Vector>;
using Gradient = Eigen::Map<const Vector>;

constexpr float tiny = 1e-8F;
constexpr float decay1 = 0.9F, decay2 = 0.999F;
constexpr float sum_max = 1e30F;

/// What AdamW's means of a row have to be divided by after n steps.
float correction(float decay, std::uint32_t n) {
  return 1 - std::pow(decay, static_cast<float>(std::min(n, 100'000U)));
}

bool within(float value, float low, float high) { return value >= low && value <= high; }

}  // namespace

FactorTable::FactorTable(const Steps& steps, float scale, std::uint64_t seed)
    : steps_(steps), scale_(scale), seed_(seed) {}

void FactorTable::grow(std::size_t rows) {
  if (rows <= rows_.size()) return;
  const std::size_t first = rows_.size();
  rows_.resize(rows);
  if (steps_.optimizer == FactorOptimizer::adamw) moments_.resize(rows);
  for (std::size_t row = first; row < rows; ++row) reset(row);
}

void FactorTable::reset(std::size_t row) {
  rows_[row] = Row{};
  if (!moments_.empty()) moments_[row] = Moments{};
  if (scale_ == 0) return;
  for (std::size_t k = 0; k < factors; ++k) {
    rows_[row].value[k] = scale_ * (2 * counted_uniform(seed_, row * factors + k) - 1);
  }
}

void FactorTable::prefetch(std::size_t row) const {
  const char* const at = reinterpret_cast<const char*>(&rows_[row]);
  for (std::size_t line = 0; line < sizeof(Row); line += 64) __builtin_prefetch(at + line);
}

void FactorTable::step(std::size_t row, const float* gradient) {
  Row& r = rows_[row];
  Values x(r.value);
  if (steps_.optimizer == FactorOptimizer::adagrad) {
    const Vector g = Gradient(gradient) + steps_.l2 * x;
    r.sum = std::min(r.sum + g.square().mean(), sum_max);
    x -= (steps_.rate / std::sqrt(r.sum + tiny)) * g;
  } else {
    const Gradient g(gradient);
    Moments& moments = moments_[row];
    moments.steps += moments.steps < 0xffffffffU;
    Values m(moments.value);
    m = decay1 * m + (1 - decay1) * g;
    r.sum = std::min(decay2 * r.sum + (1 - decay2) * g.square().mean(), sum_max);
    const float scale = std::sqrt(r.sum / correction(decay2, moments.steps)) + tiny;
    x -= steps_.rate * (m / (correction(decay1, moments.steps) * scale) + steps_.l2 * x);
  }
  x = x.max(-most).min(most);
}

void FactorTable::step_bias(std::size_t row, float gradient) {
  Row& r = rows_[row];
  if (steps_.optimizer == FactorOptimizer::adagrad) {
    const float g = gradient + steps_.l2 * r.bias;
    r.bias_sum = std::min(r.bias_sum + g * g, sum_max);
    r.bias -= steps_.rate * g / std::sqrt(r.bias_sum + tiny);
  } else {
    Moments& m = moments_[row];
    m.bias_steps += m.bias_steps < 0xffffffffU;
    m.bias = decay1 * m.bias + (1 - decay1) * gradient;
    r.bias_sum = std::min(decay2 * r.bias_sum + (1 - decay2) * gradient * gradient, sum_max);
    const float scale = std::sqrt(r.bias_sum / correction(decay2, m.bias_steps)) + tiny;
    r.bias -=
        steps_.rate * (m.bias / (correction(decay1, m.bias_steps) * scale) + steps_.l2 * r.bias);
  }
  r.bias = std::clamp(r.bias, -most, most);
}

void FactorTable::write(std::size_t row, std::string& out) const {
  const Row& r = rows_[row];
  ByteWriter writer(out);
  writer.number(static_cast<std::uint8_t>(steps_.optimizer));
  for (const float value : r.value) writer.number(value);
  writer.number(r.bias);
  writer.number(r.sum);
  writer.number(r.bias_sum);
  if (moments_.empty()) return;
  const Moments& m = moments_[row];
  for (const float value : m.value) writer.number(value);
  writer.number(m.bias);
  writer.number(m.steps);
  writer.number(m.bias_steps);
}

bool FactorTable::read(std::size_t row, ByteReader& in) {
  const auto optimizer = in.number<std::uint8_t>();
  Row r{};
  for (float& value : r.value) value = in.number<float>();
  r.bias = in.number<float>();
  r.sum = in.number<float>();
  r.bias_sum = in.number<float>();
  Moments m{};
  const bool adamw = optimizer == static_cast<std::uint8_t>(FactorOptimizer::adamw);
  if (adamw) {
    for (float& value : m.value) value = in.number<float>();
    m.bias = in.number<float>();
    m.steps = in.number<std::uint32_t>();
    m.bias_steps = in.number<std::uint32_t>();
  }
  const auto bounded = [](float bound) {
    return [bound](float v) { return within(v, -bound, bound); };
  };
  const bool good = in.ok() && optimizer <= static_cast<std::uint8_t>(FactorOptimizer::adamw) &&
                    std::all_of(std::begin(r.value), std::end(r.value), bounded(most)) &&
                    within(r.bias, -most, most) && within(r.sum, 0, sum_max) &&
                    within(r.bias_sum, 0, sum_max) &&
                    std::all_of(std::begin(m.value), std::end(m.value), bounded(sum_max)) &&
                    within(m.bias, -sum_max, sum_max);
  if (!good) return false;
  if (optimizer != static_cast<std::uint8_t>(steps_.optimizer)) {
    // The two optimizers' sums do not mean the same: those of the other are begun anew.
    r.sum = r.bias_sum = 0;
    m = Moments{};
  }
  rows_[row] = r;
  if (!moments_.empty()) moments_[row] = m;
  return true;
}

}  // namespace freshet
