#include "models/top_selector.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/models/play.h"

namespace freshet {
namespace {

bool same(const Candidate& a, const Candidate& b) { return a.item == b.item && a.score == b.score; }

TEST_CASE("the greatest keys come first, however they lie") {
  test::Crowd random(3, 1, 1);
  for (const std::size_t n : {1U, 2U, 3U, 17U, 164U, 5'000U}) {
    std::vector<std::uint64_t> rising(n);
    std::iota(rising.begin(), rising.end(), 1U);
    std::vector<std::uint64_t> falling(rising.rbegin(), rising.rend()), pipes = rising, mixed;
    std::reverse(pipes.begin(), pipes.begin() + static_cast<std::ptrdiff_t>(n / 2));
    for (std::size_t k = 0; k < n; ++k) mixed.push_back(random.random(1U << 30) << 16 | k);
    for (const std::vector<std::uint64_t>& keys : {rising, falling, pipes, mixed}) {
      std::vector<std::uint64_t> sorted = keys;
      std::sort(sorted.begin(), sorted.end(), std::greater<>());
      for (const std::size_t count : {std::size_t{0}, std::size_t{1}, n / 3, n - 1, n, n + 1}) {
        std::vector<std::uint64_t> kept = keys;
        keep_greatest(kept, count);
        const auto end = static_cast<std::ptrdiff_t>(std::min(count, n));
        std::sort(kept.begin(), kept.begin() + end, std::greater<>());
        REQUIRE(std::equal(kept.begin(), kept.begin() + end, sorted.begin()));
        std::sort(kept.begin(), kept.end(), std::greater<>());
        REQUIRE(kept == sorted);
      }
    }
  }
}

TEST_CASE("the best are the highest, ties by item id, none of the excluded, in any order") {
  test::Crowd random(7, 1, 1);
  const auto excluded = [](std::uint32_t item) { return item % 5 == 2; };
  for (const std::size_t limit : {0U, 1U, 3U, 50U, 5'000U}) {
    std::vector<std::uint32_t> items(2'000);
    std::iota(items.begin(), items.end(), 0U);
    std::vector<float> scores;
    for (std::size_t k = 0; k < items.size(); ++k) {
      scores.push_back(static_cast<float>(1 + random.random(40)));
    }
    std::vector<Candidate> expected;
    for (const std::uint32_t item : items) {
      if (!excluded(item)) expected.push_back({ItemId(item), scores[item]});
    }
    std::sort(expected.begin(), expected.end(), [](const Candidate& a, const Candidate& b) {
      return a.score != b.score ? a.score > b.score : a.item < b.item;
    });
    expected.resize(std::min(limit, expected.size()));

    TopSelector top;
    std::vector<Candidate> best;
    for (const bool backwards : {false, true}) {
      if (backwards) std::reverse(items.begin(), items.end());
      const auto score_of = [&](std::span<const std::uint32_t> part) {
        return [&scores, part](std::size_t k) { return scores[part[k]]; };
      };
      // At once, and in parts.
      for (const std::size_t part : {items.size(), std::size_t{163}, std::size_t{1}}) {
        top.begin(limit);
        for (std::size_t first = 0; first < items.size(); first += part) {
          const auto some = std::span(items).subspan(first, std::min(part, items.size() - first));
          top.offer(some, score_of(some), excluded);
        }
        top.finish(best);
        REQUIRE(std::equal(best.begin(), best.end(), expected.begin(), expected.end(), same));
      }
    }
  }
}

TEST_CASE("what is not above 0 or not finite is never selected") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> scores = {
      0, -0.0F, -1, infinity, -infinity, nan, -nan, 1e-40F, std::numeric_limits<float>::max()};
  std::vector<std::uint32_t> items(scores.size());
  std::iota(items.begin(), items.end(), 0U);
  TopSelector top;
  top.begin(10);
  top.offer(
      items, [&](std::size_t k) { return scores[k]; }, ItemSet());
  std::vector<Candidate> best;
  top.finish(best);
  REQUIRE(best.size() == 2);
  CHECK(best[0].item == ItemId(8));
  CHECK(best[0].score == scores[8]);
  CHECK(best[1].item == ItemId(7));
  CHECK(best[1].score == scores[7]);
}

TEST_CASE("all items with a sum are offered, but for the hidden") {
  ScoreAccumulator sums;
  sums.reset(4);
  sums.add(3, 2);
  sums.add(0, 1);
  sums.add(2, 5);
  const std::vector<std::uint32_t> marks = {0, 0, ItemSet::inside};
  TopSelector top;
  top.begin(10);
  top.offer(sums, ItemSet(marks));
  std::vector<Candidate> best;
  top.finish(best);
  REQUIRE(best.size() == 2);
  CHECK(best[0].item == ItemId(3));
  CHECK(best[1].item == ItemId(0));
}

}  // namespace
}  // namespace freshet
