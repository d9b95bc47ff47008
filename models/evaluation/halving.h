#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace freshet {

struct HalvingOptions {
  std::uint32_t trials = 27;          ///< configurations, at least 1; number 0 is kept to the end
  std::uint32_t keep_one_of = 3;      ///< η, at least 2: so many times more records at each rung
  std::size_t records = 0;            ///< of the last rung
  std::size_t records_least = 2'000;  ///< a shorter rung says nothing, and is left out
};

/// One round: the configurations that were left, on so many records.
struct Rung {
  struct Score {
    std::uint32_t trial = 0;
    double score = 0;  ///< higher is better
  };
  std::size_t records = 0;
  std::size_t trials = 0;     ///< that entered it
  std::vector<Score> scores;  ///< of those that were measured, the best first, ties by trial
};

/// The scores of some configurations on the first `records` records; none for one that could not be
/// measured any more, as the time was over.
using ScoreTrials = std::function<std::vector<std::optional<double>>(
    std::span<const std::uint32_t> trials, std::size_t records)>;

/// Successive halving (Jamieson and Talwalkar, "Non-stochastic best arm identification and
/// hyperparameter optimization", AISTATS 2016; the inner loop of Hyperband, Li et al., JMLR 18,
/// 2018): all configurations on a short part of the log, the best 1/η of them on one η times as
/// long, and so on until the last η, or fewer, are measured on all `records`. Configuration 0
/// enters every rung beside them. Ends early after a rung in which something could not be measured.
/// Returns the rungs, the first first; a rung in which nothing was measured is not there.
std::vector<Rung> successive_halving(const HalvingOptions& options, const ScoreTrials& score);

}  // namespace freshet
