#include "models/evaluation/halving.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace freshet {

std::vector<Rung> successive_halving(const HalvingOptions& options, const ScoreTrials& score) {
  assert(options.trials >= 1 && options.keep_one_of >= 2);
  const std::size_t eta = options.keep_one_of;
  std::vector<std::size_t> sizes = {options.records};
  for (std::size_t n = options.trials; n > eta && sizes.back() / eta >= options.records_least;) {
    n = (n + eta - 1) / eta;
    sizes.push_back(sizes.back() / eta);
  }
  std::reverse(sizes.begin(), sizes.end());

  std::vector<std::uint32_t> left(options.trials);
  std::iota(left.begin(), left.end(), 0U);
  std::vector<Rung> rungs;
  for (const std::size_t records : sizes) {
    const auto scores = score(left, records);
    assert(scores.size() == left.size());
    Rung rung{records, left.size(), {}};
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (scores[i]) rung.scores.push_back({left[i], *scores[i]});
    }
    if (rung.scores.empty()) break;
    std::sort(rung.scores.begin(), rung.scores.end(), [](const auto& a, const auto& b) {
      return a.score != b.score ? a.score > b.score : a.trial < b.trial;
    });
    rungs.push_back(std::move(rung));
    if (rungs.back().scores.size() < left.size()) break;
    const std::size_t keep = (left.size() + eta - 1) / eta;
    left.clear();
    for (const Rung::Score& s : rungs.back().scores) {
      if (left.size() < keep || s.trial == 0) left.push_back(s.trial);
    }
  }
  return rungs;
}

}  // namespace freshet
