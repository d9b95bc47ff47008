#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "stream/bytes.h"

namespace freshet {

enum class FactorOptimizer : std::uint8_t { adagrad, adamw };

/// Rows of factors and a bias, moved by gradients one step at a time.
///
/// With Adagrad (Duchi, Hazan, Singer, JMLR 2011), one accumulator for the factors of a row and one
/// for its bias: S += mean g², x −= rate · g / √(S + 1e-8), where g = gradient + l2 · x. With AdamW
/// (Loshchilov and Hutter, ICLR 2019), one second moment likewise: m ← .9 m + .1 g, v ← .999 v +
/// .001 mean g², x −= rate · (m̂ / (√v̂ + 1e-8) + l2 · x). Values stay within ±`most`, so that sums
/// of them stay finite.
class FactorTable {
 public:
  static constexpr std::size_t factors = 32;
  static constexpr float most = 10;

  struct Steps {
    FactorOptimizer optimizer;
    float rate, l2;
  };
  struct alignas(16) Row {
    float value[factors];
    float bias;
    float sum;       ///< of mean squared gradients; AdamW: their decayed mean
    float bias_sum;  ///< the same of the bias
    float spare;
  };

  /// Rows begin with factors that are uniform in ±`scale`, drawn from `seed` and the row's number.
  FactorTable(const Steps& steps, float scale, std::uint64_t seed);

  std::size_t size() const { return rows_.size(); }
  void grow(std::size_t rows);
  void reset(std::size_t row);
  const Row& operator[](std::size_t row) const { return rows_[row]; }
  void prefetch(std::size_t row) const;

  /// `gradient` has `factors` numbers.
  void step(std::size_t row, const float* gradient);
  void step_bias(std::size_t row, float gradient);

  void write(std::size_t row, std::string& out) const;
  /// False: the bytes are no row.
  bool read(std::size_t row, ByteReader& in);
  std::size_t memory_bytes() const {
    return rows_.capacity() * sizeof(Row) + moments_.capacity() * sizeof(Moments);
  }

 private:
  struct Moments {
    float value[factors];
    float bias;
    std::uint32_t steps, bias_steps;
  };

  const Steps steps_;
  const float scale_;
  const std::uint64_t seed_;
  std::vector<Row> rows_;
  std::vector<Moments> moments_;  ///< AdamW only: beside `rows_`
};

/// A number that looks random and depends on its arguments alone (splitmix64: Steele, Lea, Flood,
/// OOPSLA 2014).
inline std::uint64_t counted_random(std::uint64_t seed, std::uint64_t count) {
  std::uint64_t z = seed + (count + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}
/// The same, uniform in [0, 1).
inline float counted_uniform(std::uint64_t seed, std::uint64_t count) {
  return static_cast<float>(counted_random(seed, count) >> 40) * 0x1p-24F;
}

}  // namespace freshet
