#include "models/evaluation/quality.h"

#include <cmath>

namespace freshet {

void Quality::add(std::int64_t place, std::size_t k) {
  ++predictions_;
  if (place < 0 || place >= static_cast<std::int64_t>(k)) return;
  hits_ += 1;
  reciprocal_ += 1 / static_cast<double>(place + 1);
  gain_ += 1 / std::log2(static_cast<double>(place + 2));
}

}  // namespace freshet
