#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "models/popularity.h"
#include "models/repeat.h"
#include "models/segment_counts.h"
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
  CHECK(model.counts().count(ItemId(1), DecayedCounts::short_term) == Approx(0.25 + 0.5));
  CHECK(model.counts().count(ItemId(2), DecayedCounts::short_term) == Approx(1));
  CHECK(model.counts().count(ItemId(1), DecayedCounts::medium_term) ==
        Approx(0.5 + std::sqrt(0.5)));
  CHECK(model.counts().count(ItemId(3), DecayedCounts::short_term) == 0);
  const auto list = candidates(model, play.ask(77));
  REQUIRE(list.size() == 2);
  CHECK(list[0].item == ItemId(2));
  CHECK(list[0].score == Approx(std::log(2.0)));  // share 1, half-life 1
}

TEST_CASE("popularity: the kept list is what sorting all items would give") {
  PopularityOptions options;
  options.top_items = GENERATE(20, 200);
  options.medium_events = 300;
  options.medium_share = 1;
  options.short_share = options.long_share = 0;
  Popularity model(options);
  Play play;
  test::Crowd crowd(3, 40, 400);
  for (int epoch = 0; epoch < 200; ++epoch) {
    // The order changes little, much, and altogether.
    crowd.act(play, epoch % 50 == 0 ? 2'000 : epoch % 4 == 0 ? 64 : 1);
    model.learn(play.take());
    std::vector<float> all;
    std::vector<ItemId> known;
    for (std::uint32_t item = 0; item < 400; ++item) {
      if (!model.counts().known(ItemId(item))) continue;
      all.push_back(model.counts().count(ItemId(item), DecayedCounts::medium_term));
      known.emplace_back(item);
    }
    std::sort(all.begin(), all.end(), std::greater<>());
    const std::span<const Candidate> top = model.top();
    REQUIRE(top.size() == std::min<std::size_t>(all.size(), options.top_items));
    // By the scores themselves it is exactly their order, by the counts but for rounding.
    std::vector<float> scores(known.size());
    const auto scratch = model.make_scratch();
    std::vector<Candidate> asked;
    model.candidates(play.ask(77), *scratch, asked);
    model.score(play.ask(77), *scratch, known, scores);
    std::vector<std::pair<float, std::uint32_t>> sorted;
    for (std::size_t i = 0; i < known.size(); ++i) sorted.emplace_back(-scores[i], known[i].value);
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t k = 0; k < top.size(); ++k) {
      REQUIRE(top[k].item.value == sorted[k].second);
      REQUIRE(top[k].score == -sorted[k].first);
    }
    for (std::size_t k = 0; k < top.size(); ++k) {
      const float count = model.counts().count(top[k].item, DecayedCounts::medium_term);
      REQUIRE(count == Approx(all[k]).epsilon(1e-5));
    }
  }
}

TEST_CASE("popularity: a new user is shown what those with his attributes choose") {
  PopularityOptions options;
  Popularity model(options);
  constexpr std::uint64_t dutch = 11, german = 22, unknown = 33;
  Play play;
  for (std::uint32_t k = 0; k < 400; ++k) {
    // The Dutch choose 0–9, Germans, of whom there are three times as many, 10–19; all choose 20.
    const bool is_dutch = k % 4 == 0;
    play.act(k, k % 7 == 0 ? 20 : (is_dutch ? 0 : 10) + k % 10);
    std::vector<Interaction> one = play.take();
    one[0].segments = {is_dutch ? dutch : german};
    model.learn(one);
  }
  const auto best = [&](std::vector<std::uint64_t> segments) {
    Query query;
    query.user.segments = segments;
    query.limit = 5;
    return candidates(model, query);
  };
  const auto in = [](const std::vector<Candidate>& list, std::uint32_t from, std::uint32_t end) {
    return std::count_if(list.begin(), list.end(), [&](const Candidate& c) {
      return c.item.value == 20 || (c.item.value >= from && c.item.value < end);
    });
  };
  CHECK(in(best({dutch}), 0, 10) == 5);
  CHECK(in(best({german}), 10, 20) == 5);
  // Of whom nothing is known, and whom nothing is known of: what everybody chooses.
  const auto everybody = best({});
  CHECK(best({unknown})[0].score == everybody[0].score);
  CHECK(in(everybody, 10, 20) == 5);
  // Everybody is still there, behind his own.
  Query query;
  const std::vector<std::uint64_t> both = {dutch};
  query.user.segments = both;
  CHECK(candidates(model, query).size() == 16);  // 5 of the Dutch, 10 of the Germans, 20
}

TEST_CASE("popularity: segments are bounded, the weakest goes; rows restore") {
  PopularityOptions options;
  options.segments = 3;
  Popularity model(options);
  Play play;
  MemoryStore store;
  for (std::uint32_t k = 0; k < 40; ++k) {
    play.act(k, k % 5);
    std::vector<Interaction> one = play.take();
    one[0].segments = {1, 100 + k};  // one that all have, one that is new each time
    model.learn(one);
    test::save(model, store);
  }
  const auto rows = test::rows_of(store).at("popularity.segments");
  CHECK(rows.size() == 3);
  CHECK(rows.count(std::string(7, '\0') + '\1') == 1);
  Popularity restored(options);
  REQUIRE(restored.restore(store, 5).has_value());
  const std::vector<std::uint64_t> segments = {1};
  Query query;
  query.user.segments = segments;
  const auto a = candidates(model, query), b = candidates(restored, query);
  REQUIRE(a.size() == b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    CHECK(a[k].item == b[k].item);
    CHECK(a[k].score == b[k].score);
  }
}

TEST_CASE("popularity: of segments the weakest goes, none for a new one that is worth less") {
  SegmentCounts counts(2, 10, 1'000, 1'000);
  const std::vector<std::uint64_t> strong = {1}, weak = {2}, fresh = {3}, other = {4};
  std::uint64_t events = 0;
  for (int k = 0; k < 30; ++k) counts.add(strong, ItemId(0), ++events);
  for (int k = 0; k < 5; ++k) counts.add(weak, ItemId(1), ++events);
  counts.add(fresh, ItemId(2), ++events);  // the newest of `strong` is the oldest
  CHECK(counts.find(1) != nullptr);
  CHECK(counts.find(2) == nullptr);
  for (int k = 0; k < 30; ++k) counts.add(fresh, ItemId(2), ++events);
  counts.add(other, ItemId(3), ++events);
  CHECK(counts.find(4) == nullptr);
  // What is unused for long gives way.
  counts.add(other, ItemId(3), events + 5'000);
  CHECK(counts.find(4) != nullptr);
}

TEST_CASE("popularity: a forgotten user leaves no row of a segment that was his alone") {
  Popularity model{PopularityOptions{}};
  Play play;
  const std::vector<std::uint64_t> email = {9};
  MemoryStore store;
  for (std::uint32_t k = 0; k < 40; ++k) play.act(1, k);  // many more than his newest
  for (std::uint32_t k = 0; k < 40; ++k) play.act(2, k);
  std::vector<Interaction> epoch = play.take();
  for (Interaction& x : epoch) {
    if (x.user == UserId(1)) x.segments = email;
  }
  model.learn(epoch);
  test::save(model, store);
  REQUIRE(test::rows_of(store).at("popularity.segments").size() == 1);
  play.forget(1);
  epoch = play.take();
  epoch.front().segments = email;
  model.learn(epoch);
  test::save(model, store);
  CHECK(test::rows_of(store).count("popularity.segments") == 0);
}

TEST_CASE("popularity: the trend moves up what is more popular now than in the long run") {
  PopularityOptions options;
  options.short_share = options.medium_share = 0;
  options.long_share = 1;
  Popularity plain(options);
  options.trend_share = 1;
  Popularity trend(options);
  Play play;
  for (std::uint32_t k = 0; k < 6'000; ++k) {
    play.act(k, k < 3'000 ? 1 : 3);
    if (k >= 5'900) play.act(k, 2);
  }
  for (const Interaction& x : play.take()) {
    plain.learn({&x, 1});
    trend.learn({&x, 1});
  }
  const auto before = candidates(plain, play.ask(99'999)),
             after = candidates(trend, play.ask(99'999));
  CHECK(score_of(after, 2) / score_of(before, 2) > score_of(after, 1) / score_of(before, 1));
  CHECK(score_of(after, 1) < score_of(before, 1));
}

}  // namespace
}  // namespace freshet
