#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "models/popularity.h"
#include "models/repeat.h"
#include "tests/models/play.h"

namespace freshet {
namespace {

using test::candidates;
using test::minute;
using test::Play;
using test::score_of;

TEST_CASE("repeat: the classes of ranks, counts and ages") {
  const std::vector<std::size_t> ranks = {0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 40, 41, 99};
  const std::vector<std::size_t> rank_classes = {0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7};
  for (std::size_t k = 0; k < ranks.size(); ++k) {
    CHECK(Repeat::rank_class(ranks[k]) == rank_classes[k]);
  }
  const std::vector<std::uint32_t> counts = {1, 2, 3, 4, 5, 60'000};
  const std::vector<std::size_t> count_classes = {0, 1, 2, 2, 3, 3};
  for (std::size_t k = 0; k < counts.size(); ++k) {
    CHECK(Repeat::count_class(counts[k]) == count_classes[k]);
  }
  const std::vector<std::int64_t> ages = {-5,
                                          0,
                                          minute,
                                          10 * minute,
                                          60 * minute,
                                          360 * minute,
                                          1'440 * minute,
                                          10'080 * minute,
                                          43'200 * minute};
  const std::vector<std::size_t> age_classes = {0, 0, 1, 2, 3, 4, 5, 6, 7};
  for (std::size_t k = 0; k < ages.size(); ++k) CHECK(Repeat::age_class(ages[k]) == age_classes[k]);
}

TEST_CASE("repeat: the score is the geometric mean of two learned rates") {
  Play play;
  Repeat model{RepeatOptions{}};
  // Four users return to their one item once in four times.
  for (std::uint32_t user = 0; user < 4; ++user) {
    play.act(user, 1);
    play.act(user, user == 0 ? 1 : 2);
  }
  // Four have seen theirs twice, of which the second event counts as another hit, and never again.
  for (std::uint32_t user = 4; user < 8; ++user) {
    play.act(user, 1);
    play.act(user, 1);
    play.act(user, 2);
  }
  model.learn(play.take());
  // Once seen: 8 exposures, 5 hits. Twice seen: 4, 0. Together: 12, 5, so g = 5/12 and 5g
  // = 2.083333.
  play.act(20, 1);
  // (5 + 2.083333)/(8 + 5) = 0.544872 by frequency, (5 + 2.083333)/(12 + 5) = 0.416667 by age and
  // context.
  CHECK(score_of(candidates(model, play.ask(20)), 1) == Approx(std::sqrt(0.544872 * 0.416667)));
  play.act(20, 1);
  // Twice: 2.083333/(4 + 5) = 0.231481.
  CHECK(score_of(candidates(model, play.ask(20)), 1) == Approx(std::sqrt(0.231481 * 0.416667)));
}

TEST_CASE("repeat: disliked items are not proposed, nothing is before the first repeat") {
  Play play;
  Repeat model{RepeatOptions{}};
  play.act(0, 1);
  play.act(0, 2);
  model.learn(play.take());
  CHECK(candidates(model, play.ask(0)).empty());
  play.act(0, 1);
  model.learn(play.take());
  CHECK(candidates(model, play.ask(0)).size() == 2);
  play.act(0, 2, "dislike");
  CHECK(candidates(model, play.ask(0)).size() == 1);
}

TEST_CASE("popularity: counts halve after a half-life of events") {
  PopularityOptions options;
  options.short_events = 1;
  options.medium_events = 2;
  options.short_share = 1;
  options.medium_share = options.long_share = 0;
  Play play;
  Popularity model(options);
  for (std::uint32_t user = 0; user < 3; ++user) {
    play.act(user, user < 2 ? 1 : 2);
    model.learn(play.take());
  }
  CHECK(model.count(ItemId(1), Popularity::short_term) == Approx(0.25 + 0.5));
  CHECK(model.count(ItemId(2), Popularity::short_term) == Approx(1));
  CHECK(model.count(ItemId(1), Popularity::medium_term) == Approx(0.5 + std::sqrt(0.5)));
  CHECK(model.count(ItemId(3), Popularity::short_term) == 0);
  const auto list = candidates(model, play.ask(77));
  REQUIRE(list.size() == 2);
  CHECK(list[0].item == ItemId(2));
  CHECK(list[0].score == Approx(std::log(2.0)));  // share 1, half-life 1
}

TEST_CASE("popularity: the kept list is what sorting all items would give") {
  PopularityOptions options;
  options.top_items = 20;
  options.medium_events = 300;
  options.medium_share = 1;
  options.short_share = options.long_share = 0;
  Popularity model(options);
  Play play;
  test::Crowd crowd(3, 40, 400);
  for (int epoch = 0; epoch < 50; ++epoch) {
    crowd.act(play, 64);
    model.learn(play.take());
    std::vector<ItemId> all, top;
    for (std::uint32_t item = 0; item < 400; ++item) {
      if (model.known(ItemId(item))) all.emplace_back(item);
    }
    std::sort(all.begin(), all.end(), [&](ItemId a, ItemId b) {
      const float x = model.count(a, Popularity::medium_term);
      const float y = model.count(b, Popularity::medium_term);
      return x != y ? x > y : a < b;
    });
    all.resize(20);
    for (const Candidate& c : model.top()) top.push_back(c.item);
    REQUIRE(top == all);
  }
}

}  // namespace
}  // namespace freshet
