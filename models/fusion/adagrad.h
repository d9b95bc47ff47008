#pragma once

#include <cmath>
#include <cstddef>

namespace freshet {

/// Adagrad (Duchi, Hazan, Singer, JMLR 2011), uphill: G += g², w += rate·g/√(G + damping), for `n`
/// weights. The sum of squares of a coordinate starts at 0.
inline void adagrad(float* w, float* sum, const float* g, std::size_t n, float rate,
                    float damping) {
  for (std::size_t i = 0; i < n; ++i) {
    sum[i] += g[i] * g[i];
    w[i] += rate * g[i] / std::sqrt(sum[i] + damping);
  }
}

}  // namespace freshet
