#include "models/accumulator.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <vector>

#include "models/bounded_row.h"
#include "tests/models/play.h"

namespace freshet {
namespace {

TEST_CASE("sums are kept by item, touched once each, and gone after a reset") {
  ScoreAccumulator scores;
  scores.reset(10);
  scores.add(7, 0.5F);
  scores.add(2, 1);
  scores.add(7, 0.25F);
  scores.add(3, 0);
  scores.add(4, -1);
  CHECK(scores[ItemId(7)] == 0.75F);
  CHECK(std::vector<std::uint32_t>(scores.touched().begin(), scores.touched().end()) ==
        std::vector<std::uint32_t>{7, 2});
  CHECK(scores[ItemId(3)] == 0);
  CHECK(scores[ItemId(1'000)] == 0);
  scores.reset(20);
  CHECK(scores.touched().empty());
  CHECK(scores[ItemId(7)] == 0);
  scores.add(19, 1);
  CHECK(scores[ItemId(19)] == 1);
}

TEST_CASE("places are those of the newest list only") {
  PlaceMap places;
  places.assign(std::vector<ItemId>{ItemId(9), ItemId(), ItemId(4)});
  CHECK(places[9] == 1);
  CHECK(places[4] == 3);
  places.assign(std::vector<ItemId>{ItemId(4)});
  CHECK(places[9] == 0);
  CHECK(places[4] == 1);
  CHECK(places[1'000'000] == 0);
}

TEST_CASE("a row grows by a quarter past its limit, then keeps its heaviest") {
  BoundedRow row;
  for (std::uint32_t id = 0; id < 10; ++id) row.add(id, static_cast<float>(id % 5 + 1), 8);
  CHECK(row.size() == 10);
  row.add(10, 9, 8);
  // Of ids 0 and 5, both of weight 1, the higher went first, then the lower.
  CHECK(row.size() == 9);
  CHECK(row.find(0) == BoundedRow::absent);
  CHECK(row.find(5) == BoundedRow::absent);
  REQUIRE(row.find(10) != BoundedRow::absent);
  CHECK(row.weights()[row.find(10)] == 9);
}

TEST_CASE("ties at a row's limit are cut by id, the lower stays") {
  BoundedRow row;
  for (const std::uint32_t id : {4U, 1U, 3U, 2U}) row.add(id, 1, 100);
  row.prune(2);
  CHECK(std::vector<std::uint32_t>(row.ids().begin(), row.ids().end()) ==
        std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("an entry that is taken back leaves its row") {
  BoundedRow row;
  row.add(3, 2, 8);
  row.add(4, 1, 8);
  row.add(3, -2, 8);
  row.add(5, -1, 8);
  CHECK(row.size() == 1);
  CHECK(row.find(4) == 0);
}

TEST_CASE("a row finds each of its ids at any length") {
  BoundedRow row;
  for (std::uint32_t n = 0; n < 70; ++n) {
    row.add(1'000 + n, 1, 256);
    for (std::uint32_t k = 0; k <= n; ++k) REQUIRE(row.find(1'000 + k) == k);
    REQUIRE(row.find(1'001 + n) == BoundedRow::absent);
  }
}

}  // namespace
}  // namespace freshet
