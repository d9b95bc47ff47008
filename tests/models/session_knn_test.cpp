#include "models/session_knn.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "models/session_index.h"
#include "tests/models/play.h"

namespace freshet {
namespace {

using test::candidates;
using test::day;
using test::Play;
using test::score_of;

// Sessions A = 1 2 3 and B = 2 4, so N = 2, n(2) = 2, n(1) = n(3) = n(4) = 1 and
// idf factors 1 + 2·ln(2/(1+1)) = 1 and 1 + 2·ln(2/(2+1)) = 0.189070.
void two_sessions(Play& play, SessionKnn& model) {
  for (const std::uint32_t item : {1U, 2U, 3U}) play.act(0, item);
  for (const std::uint32_t item : {2U, 4U}) play.act(1, item);
  model.learn(play.take());
}

TEST_CASE("session_knn: one own item scores what stood near it, by length, gap and idf") {
  Play play;
  SessionKnn model{SessionKnnOptions{}};
  two_sessions(play, model);
  play.act(9, 2);
  const auto list = candidates(model, play.ask(9));
  // sim(A) = 1/√3, sim(B) = 1/√2; a gap of 1 weighs e^(−1/2) = 0.606531.
  REQUIRE(list.size() == 4);
  CHECK(list[0].item == ItemId(4));
  CHECK(list[0].score == Approx(0.428882));  // 0.707107 · 0.606531
  CHECK(list[1].item == ItemId(1));          // a tie with 3
  CHECK(list[1].score == Approx(0.350181));  // 0.577350 · 0.606531
  CHECK(list[2].item == ItemId(3));
  CHECK(list[3].item == ItemId(2));
  CHECK(list[3].score == Approx(0.242853));  // (0.577350 + 0.707107) · 0.189070
}

TEST_CASE("session_knn: a session counts half at age_days") {
  Play play;
  SessionKnn model{SessionKnnOptions{}};
  two_sessions(play, model);
  play.act(9, 2);
  const auto list = candidates(model, play.ask(9, 50, 10 * day));
  CHECK(score_of(list, 4) == Approx(0.428882 / 2));
}

TEST_CASE("session_knn: older own items count less, across a session border half") {
  Play play;
  SessionKnn model{SessionKnnOptions{}};
  two_sessions(play, model);
  play.act(9, 1);
  play.act(9, 2);
  // w = 1, e^−1. A holds both: sim = (1 + 0.367879)/√3 = 0.789745, matched at 2, which is newest.
  CHECK(score_of(candidates(model, play.ask(9)), 3) == Approx(0.789745 * 0.606531));
  play.act(8, 1, "view", 0);
  play.act(8, 2, "view", day);
  // Across the border w_1 = 0.5·e^−1: sim = (1 + 0.183940)/√3 = 0.683548; A is a day old: 1/1.1.
  CHECK(score_of(candidates(model, play.ask(8)), 3) == Approx(0.683548 / 1.1 * 0.606531));
}

TEST_CASE("session_knn: a neighbour matched further back counts less") {
  Play play;
  SessionKnn model{SessionKnnOptions{}};
  two_sessions(play, model);
  play.act(9, 4);
  play.act(9, 7);
  // Only B matches, at d = 1: w = e^−1, sim = 0.367879/√2, match weight e^(−1/2), gap weight
  // e^(−1/2), idf 0.189070.
  CHECK(score_of(candidates(model, play.ask(9)), 2) ==
        Approx(0.367879 / std::sqrt(2.0) * 0.367879 * 0.189070));
}

TEST_CASE("session_knn: items beyond the gap are not scored") {
  SessionKnnOptions options;
  options.gap_max = 2;
  Play play;
  SessionKnn model(options);
  for (const std::uint32_t item : {1U, 2U, 3U, 4U}) play.act(0, item);
  model.learn(play.take());
  play.act(9, 1);
  const auto list = candidates(model, play.ask(9));
  CHECK(score_of(list, 3) > 0);
  CHECK(score_of(list, 4) == 0);
}

TEST_CASE("session_knn: the user's own growing session is no neighbour, others' growing ones are") {
  Play play;
  SessionKnn model{SessionKnnOptions{}};
  play.act(0, 1);
  play.act(0, 2);
  model.learn(play.take());
  CHECK(candidates(model, play.ask(0)).empty());
  play.act(1, 1);
  CHECK(score_of(candidates(model, play.ask(1)), 2) > 0);
  // His session of yesterday is a neighbour like any other.
  play.act(0, 1, "view", day);
  CHECK(score_of(candidates(model, play.ask(0)), 2) > 0);
}

TEST_CASE("session_knn: at the limit of touched sessions the newest stay") {
  SessionKnnOptions options;
  options.touched = 2;
  Play play;
  SessionKnn model(options);
  for (std::uint32_t user = 0; user < 5; ++user) {
    play.act(user, 1);
    play.act(user, 10 + user);
  }
  model.learn(play.take());
  play.act(9, 1);
  const auto list = candidates(model, play.ask(9));
  CHECK(score_of(list, 14) > 0);
  CHECK(score_of(list, 13) > 0);
  CHECK(score_of(list, 12) == 0);
}

TEST_CASE("session_knn: of the touched sessions only the most similar score") {
  SessionKnnOptions options;
  options.neighbours = 1;
  Play play;
  SessionKnn model(options);
  for (const std::uint32_t item : {1U, 2U}) play.act(0, item);
  for (const std::uint32_t item : {1U, 3U, 4U}) play.act(1, item);
  model.learn(play.take());
  play.act(9, 1);
  const auto list = candidates(model, play.ask(9));
  CHECK(score_of(list, 2) > 0);  // the shorter session
  CHECK(score_of(list, 3) == 0);
}

TEST_CASE(
    "session index: the oldest sessions die, the oldest growing ones stop, long ones are "
    "continued") {
  SessionIndex index(
      "x", {.max_sessions = 4, .live_sessions = 2, .item_sessions = 3, .session_items = 2});
  std::uint32_t sequence = 0;
  for (std::uint32_t user = 0; user < 6; ++user) index.add(UserId(user), 1, ItemId(1), 0);
  CHECK_FALSE(index.alive(1));
  CHECK(index.alive(2));
  CHECK_FALSE(index.growing(UserId(3), 1, sequence));
  REQUIRE(index.growing(UserId(4), 1, sequence));
  CHECK(sequence == 4);
  CHECK_FALSE(index.growing(UserId(4), 2, sequence));
  index.add(UserId(5), 1, ItemId(2), 0);
  index.add(UserId(5), 1, ItemId(3), 0);
  REQUIRE(index.growing(UserId(5), 1, sequence));
  CHECK(sequence == 6);
  CHECK(index.session(5).items.size() == 2);
  CHECK(index.total() == 7);
  const auto parts = index.sessions_of(ItemId(1));
  // Of six sessions with the item its ring keeps the newest three.
  std::vector<std::uint32_t> newest_first;
  for (const auto part : parts) newest_first.insert(newest_first.end(), part.rbegin(), part.rend());
  CHECK(newest_first == std::vector<std::uint32_t>{5, 4, 3});
}

}  // namespace
}  // namespace freshet
