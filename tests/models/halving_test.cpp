// Successive halving, with scores that are known beforehand.

#include "models/evaluation/halving.h"

#include <catch2/catch.hpp>
#include <map>

namespace freshet {
namespace {

using Asked = std::vector<std::pair<std::size_t, std::vector<std::uint32_t>>>;

/// Trial t scores `value(t, records)`; what was asked is kept.
ScoreTrials scores(Asked& asked, double (*value)(std::uint32_t, std::size_t)) {
  return [&asked, value](std::span<const std::uint32_t> trials, std::size_t records) {
    asked.emplace_back(records, std::vector<std::uint32_t>(trials.begin(), trials.end()));
    std::vector<std::optional<double>> out;
    for (const std::uint32_t t : trials) out.emplace_back(value(t, records));
    return out;
  };
}

}  // namespace

TEST_CASE("27 configurations become 9 and 3 on parts three times as long, the given one beside") {
  Asked asked;
  const auto rungs =
      successive_halving({.trials = 27, .records = 90'000},
                         scores(asked, [](std::uint32_t t, std::size_t) { return t * 1.0; }));
  REQUIRE(asked.size() == 3);
  CHECK(asked[0].first == 10'000);
  CHECK(asked[0].second.size() == 27);
  CHECK(asked[1].first == 30'000);
  CHECK(asked[1].second == std::vector<std::uint32_t>{26, 25, 24, 23, 22, 21, 20, 19, 18, 0});
  CHECK(asked[2].first == 90'000);
  CHECK(asked[2].second == std::vector<std::uint32_t>{26, 25, 24, 23, 0});
  CHECK(rungs.back().scores.front().trial == 26);
  CHECK(rungs.back().scores.front().score == 26);
}

TEST_CASE("the best of the longest part wins, not the best of the first") {
  Asked asked;
  const auto rungs = successive_halving(
      {.trials = 9, .records = 30'000}, scores(asked, [](std::uint32_t t, std::size_t records) {
        return records == 10'000 ? t * 1.0 : t == 6 ? 100.0 : t * 1.0;
      }));
  REQUIRE(rungs.size() == 2);
  CHECK(rungs[0].scores.front().trial == 8);
  CHECK(rungs[1].scores.front().trial == 6);
}

TEST_CASE("parts too short to say anything are left out, and ties go to the earlier one") {
  Asked asked;
  const auto rungs =
      successive_halving({.trials = 27, .records = 2'500},
                         scores(asked, [](std::uint32_t, std::size_t) { return 1.0; }));
  REQUIRE(rungs.size() == 1);
  CHECK(rungs[0].records == 2'500);
  CHECK(rungs[0].scores.front().trial == 0);
}

TEST_CASE("one configuration is measured once, on everything") {
  Asked asked;
  const auto rungs =
      successive_halving({.trials = 1, .records = 90'000},
                         scores(asked, [](std::uint32_t, std::size_t) { return 1.0; }));
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].first == 90'000);
  CHECK(rungs.size() == 1);
}

TEST_CASE("when the time is over, the rung that was not finished is the last") {
  std::size_t calls = 0;
  const auto score = [&](std::span<const std::uint32_t> trials, std::size_t) {
    ++calls;
    std::vector<std::optional<double>> out(trials.size());
    if (calls > 2) return out;
    const std::size_t measured = calls == 1 ? trials.size() : 2;
    for (std::size_t i = 0; i < measured; ++i) out[i] = trials[i] * 1.0;
    return out;
  };
  const auto rungs = successive_halving({.trials = 27, .records = 90'000}, score);
  CHECK(calls == 2);
  REQUIRE(rungs.size() == 2);
  CHECK(rungs[1].trials == 10);
  CHECK(rungs[1].scores.size() == 2);
  CHECK(rungs[1].scores.front().trial == 26);
}

TEST_CASE("a rung in which nothing was measured is not there") {
  std::size_t calls = 0;
  const auto rungs = successive_halving(
      {.trials = 9, .records = 90'000}, [&](std::span<const std::uint32_t> trials, std::size_t) {
        ++calls;
        return std::vector<std::optional<double>>(trials.size(),
                                                  calls == 1 ? std::optional(1.0) : std::nullopt);
      });
  CHECK(calls == 2);
  CHECK(rungs.size() == 1);
}

}  // namespace freshet
