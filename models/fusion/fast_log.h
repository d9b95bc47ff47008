#pragma once

#include <bit>
#include <cstdint>

namespace freshet {

/// The logarithm to base 2 of a number above 0 that is not denormal; within 2e-5, monotone enough
/// for features, the same on every machine with IEEE floats: the exponent's bits plus a polynomial
/// of degree 5 in the mantissa that is exact at both ends. A loop over it becomes SIMD.
inline float fast_log2(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  const auto exponent = static_cast<float>((bits >> 23) - 127);
  const float m = std::bit_cast<float>((bits & 0x007fffff) | 0x3f800000);
  float p = -3.4436006e-2F;
  p = p * m + 3.1821337e-1F;
  p = p * m - 1.2315303F;
  p = p * m + 2.5988452F;
  p = p * m - 3.3241990F;
  p = p * m + 3.1157899F;
  return exponent + p * (m - 1);
}

}  // namespace freshet
