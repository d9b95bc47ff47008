#include "models/transitions.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <utility>

#include "tests/models/play.h"

namespace freshet {
namespace {

using test::candidates;
using test::day;
using test::Play;
using test::score_of;

std::pair<float, float> apart(const Transitions& model, const Query& query, std::uint32_t item) {
  const auto scratch = model.make_scratch();
  std::vector<Candidate> list;
  model.candidates(query, *scratch, list);
  const ItemId asked(item);
  float current = 0, recent = 0;
  model.score_signal(0, *scratch, {&asked, 1}, {&current, 1});
  model.score_signal(1, *scratch, {&asked, 1}, {&recent, 1});
  return {current, recent};
}

TEST_CASE("transitions: the two scores of a short walk") {
  Play play;
  Transitions model{TransitionsOptions{}};
  for (const std::uint32_t item : {1U, 2U, 3U}) play.act(0, item);
  model.learn(play.take());
  play.act(9, 1);
  // Row 1 gains 1 (for 2), then 0.5 (for 3); what it held has aged by 2^(−0.5/200) = 0.998269.
  const auto [current, recent] = apart(model, play.ask(9), 2);
  CHECK(current == Approx(0.998269 / 1.498269));
  CHECK(recent == Approx(0.998269 / std::sqrt(1.498269)));
  const auto [current3, recent3] = apart(model, play.ask(9), 3);
  CHECK(current3 == Approx(0.5 / 1.498269));
  CHECK(recent3 == Approx(0.5 / std::sqrt(1.498269)));
  // Item 2 leads both scores, so it has the full score; 3 has 0.5/0.998269 of it in both.
  const auto list = candidates(model, play.ask(9));
  REQUIRE(list.size() == 2);
  CHECK(list[0].item == ItemId(2));
  CHECK(list[0].score == Approx(1));
  CHECK(list[1].score == Approx(0.5 / 0.998269));
}

TEST_CASE("transitions: a session border halves a pair and weakens an own event") {
  Play play;
  Transitions model{TransitionsOptions{}};
  play.act(0, 1, "view", 0);
  play.act(0, 2, "view", day);
  model.learn(play.take());
  play.act(9, 1, "view", 0);
  CHECK(apart(model, play.ask(9), 2).second == Approx(0.5 / std::sqrt(0.5)));
  play.act(9, 7, "view", day);
  // One event newer, one border since: 0.75 · 0.7.
  const auto [current, recent] = apart(model, play.ask(9), 2);
  CHECK(current == 0);
  CHECK(recent == Approx(0.75 * 0.7 * 0.5 / std::sqrt(0.5)));
}

TEST_CASE("transitions: what a row held halves with each half_weight gained, across rescaling") {
  TransitionsOptions options;
  options.half_weight = 10;
  options.window = 1;
  Play play;
  Transitions model(options);
  for (std::uint32_t k = 0; k < 500; ++k) {
    play.act(k, 1);
    play.act(k, k % 2 == 0 ? 2 : 3);
  }
  model.learn(play.take());
  play.act(9'999, 1);
  // Item 3 came last; the geometric sums of both differ by one event's ageing, 2^(−1/10).
  const auto two = apart(model, play.ask(9'999), 2);
  const auto three = apart(model, play.ask(9'999), 3);
  CHECK(two.first / three.first == Approx(std::exp2(-0.1)));
  CHECK(two.first + three.first == Approx(1));
}

TEST_CASE("transitions: pairs further apart than the window are not counted") {
  TransitionsOptions options;
  options.window = 2;
  Play play;
  Transitions model(options);
  for (const std::uint32_t item : {1U, 2U, 3U, 4U}) play.act(0, item);
  model.learn(play.take());
  play.act(9, 1);
  const auto list = candidates(model, play.ask(9));
  CHECK(score_of(list, 3) > 0);
  CHECK(score_of(list, 4) == 0);
}

TEST_CASE("transitions: forgetting takes back what the newest events added") {
  Play play;
  Transitions model{TransitionsOptions{}};
  play.act(0, 1);
  play.act(0, 2);
  play.forget(0);
  model.learn(play.take());
  play.act(9, 1);
  CHECK(candidates(model, play.ask(9)).empty());
}

}  // namespace
}  // namespace freshet
