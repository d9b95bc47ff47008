// DecayedCounts: what is kept sorted is what sorting everything gives.

#include "models/decayed_counts.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/models/play.h"

namespace freshet {
namespace {

std::vector<std::uint32_t> sorted(const DecayedCounts& counts, DecayedCounts::Horizon horizon,
                                  std::size_t limit) {
  std::vector<std::uint32_t> items;
  for (std::uint32_t item = 0; item < counts.items(); ++item) {
    if (counts.log2_sum(ItemId(item), horizon) != DecayedCounts::nothing) items.push_back(item);
  }
  std::sort(items.begin(), items.end(), [&](std::uint32_t a, std::uint32_t b) {
    const double left = counts.log2_sum(ItemId(a), horizon);
    const double right = counts.log2_sum(ItemId(b), horizon);
    return left != right ? left > right : a < b;
  });
  items.resize(std::min(items.size(), limit));
  return items;
}

}  // namespace

TEST_CASE("the tops are those of all items sorted, whatever is added or taken back") {
  constexpr std::size_t top_items = 10;
  test::Crowd random(3, 1, 1);
  for (const std::size_t epoch : {1U, 7U, 64U}) {
    DecayedCounts counts({5, 50, 500}, top_items);
    std::vector<std::pair<ItemId, std::uint64_t>> added;
    for (std::size_t round = 0; round < 400; ++round) {
      const std::uint64_t learned = counts.events();
      // By turns more is added and more taken back, the newest too: so tops shrink.
      const std::uint32_t added_of_5 = round / 20 % 2 == 0 ? 4 : 1;
      for (std::size_t k = 0; k < epoch; ++k) {
        if (!added.empty() && random.random(5) >= added_of_5) {
          const std::size_t newest = std::min<std::size_t>(added.size(), 60);
          const std::size_t at =
              added.size() - 1 - random.random(static_cast<std::uint32_t>(newest));
          counts.take_back(added[at].first, added[at].second);
          added.erase(added.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
          // Few that come often, many that come seldom.
          const std::uint32_t item = random.random(1 + random.random(200));
          counts.add(ItemId(item), learned);
          added.emplace_back(item, learned);
        }
      }
      counts.sort();
      for (std::size_t h = 0; h < DecayedCounts::horizons; ++h) {
        const auto horizon = static_cast<DecayedCounts::Horizon>(h);
        const auto top = counts.top(horizon);
        REQUIRE(std::vector<std::uint32_t>(top.begin(), top.end()) ==
                sorted(counts, horizon, top_items));
      }
    }
  }
}

}  // namespace freshet
