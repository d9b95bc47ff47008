#include "models/factorization.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <memory>

#include "models/factor_table.h"
#include "tests/models/play.h"

namespace freshet {
namespace {

using test::candidates;
using test::Play;
using test::score_of;

FactorTable one_row(FactorOptimizer optimizer, float l2) {
  FactorTable table({optimizer, 0.1F, l2}, 0, 0);
  table.grow(1);
  return table;
}

std::vector<float> all(float value) { return std::vector<float>(FactorTable::factors, value); }

TEST_CASE("factor table: Adagrad divides by the root of all mean squares of a row") {
  FactorTable table = one_row(FactorOptimizer::adagrad, 0.5F);
  // S = 4, x = −0.1·2/2; then g = 1 − 0.05 = 0.95, S = 4.9025, x = −0.1 − 0.1·0.95/2.214159.
  table.step(0, all(2).data());
  CHECK(table[0].value[7] == Approx(-0.1));
  table.step(0, all(1).data());
  CHECK(table[0].value[7] == Approx(-0.142906));
  table.step_bias(0, 2);
  table.step_bias(0, 1);
  CHECK(table[0].bias == Approx(-0.142906));
}

TEST_CASE("factor table: AdamW steps by the corrected means, and decays apart from them") {
  FactorTable table = one_row(FactorOptimizer::adamw, 0.5F);
  // m̂ = 2, v̂ = 4: x = −0.1. Then m = 0.28, m̂ = 0.28/0.19, v = 0.004996, v̂ = 0.004996/0.001999:
  // x = −0.1 − 0.1·(1.473684/1.580897 − 0.05).
  table.step(0, all(2).data());
  CHECK(table[0].value[7] == Approx(-0.1));
  table.step(0, all(1).data());
  CHECK(table[0].value[7] == Approx(-0.188218).epsilon(1e-4));
  table.step_bias(0, 2);
  table.step_bias(0, 1);
  CHECK(table[0].bias == Approx(-0.188218).epsilon(1e-4));
}

TEST_CASE("factor table: values stay within bounds, whatever the gradients") {
  FactorTable table = one_row(FactorOptimizer::adagrad, 0);
  for (int k = 0; k < 100'000; ++k) table.step(0, all(1e3F).data());
  CHECK(table[0].value[0] >= -FactorTable::most);
}

TEST_CASE("factorization: scores are a softmax, with popularity to the power of its weight") {
  double odds[2];
  for (const int popularity : {0, 2}) {
    Play play;
    FactorizationOptions options;
    options.popularity = popularity;
    options.popularity_events = 1'000'000'000;
    Factorization model(options);
    for (std::uint32_t user = 0; user < 4; ++user) {
      play.act(user, 1);
      if (user > 0) play.act(user, 2);
    }
    model.learn(play.take());
    const auto list = candidates(model, play.ask(0));
    REQUIRE(list.size() == 2);
    CHECK(list[0].score + list[1].score == Approx(1));
    odds[popularity / 2] = score_of(list, 1) / score_of(list, 2);
  }
  // Item 1 had 4 events, item 2 had 3; the factors are the same.
  CHECK(odds[1] / odds[0] == Approx(std::pow(4.3 / 3.3, 2)));
}

TEST_CASE("factorization: what followed an item comes before what did not") {
  for (const FactorizationLoss loss : {FactorizationLoss::softmax, FactorizationLoss::bpr}) {
    Play play;
    FactorizationOptions options;
    options.loss = loss;
    Factorization model(options);
    // 1 goes with 2, and 3 with 4.
    for (std::uint32_t user = 0; user < 300; ++user) {
      play.act(user, user % 2 == 0 ? 1 : 3);
      play.act(user, user % 2 == 0 ? 2 : 4);
      if (user % 10 == 9) model.learn(play.take());
    }
    play.act(900, 1);
    play.act(901, 3);
    const auto after1 = candidates(model, play.ask(900)), after3 = candidates(model, play.ask(901));
    CHECK(score_of(after1, 2) > 3 * score_of(after1, 4));
    CHECK(score_of(after3, 4) > 3 * score_of(after3, 2));
  }
}

TEST_CASE("factorization: only the items with the newest events are ranked, any can be scored") {
  Play play;
  FactorizationOptions options;
  options.candidates = 3;
  Factorization model(options);
  for (std::uint32_t item = 1; item <= 6; ++item) play.act(0, item);
  model.learn(play.take());
  const Query query = play.ask(0);
  const auto scratch = model.make_scratch();
  std::vector<Candidate> list;
  model.candidates(query, *scratch, list);
  CHECK(list.size() == 3);
  for (const Candidate& c : list) CHECK(c.item >= ItemId(4));
  const std::vector<ItemId> asked = {ItemId(1), ItemId(5)};
  std::vector<float> scores(2);
  model.score(query, *scratch, asked, scores);
  CHECK(scores[0] > 0);
  CHECK(scores[1] == score_of(list, 5));
}

TEST_CASE("factorization: users are bounded, and a forgotten one's vector and row are gone") {
  Play play;
  FactorizationOptions options;
  options.max_users = 4;
  Factorization model(options);
  MemoryStore store;
  for (std::uint32_t user = 0; user < 20; ++user) {
    for (std::uint32_t k = 0; k < 3; ++k) play.act(user, user % 5 + k);
  }
  model.learn(play.take());
  test::save(model, store);
  CHECK(test::rows_of(store).at("factorization.users").size() == 4);
  play.forget(18);
  model.learn(play.take());
  test::save(model, store);
  CHECK(test::rows_of(store).at("factorization.users").size() == 3);
}

FactorizationOptions rating_mode() {
  FactorizationOptions options;
  options.mode = FactorizationMode::rating;
  return options;
}

TEST_CASE("factorization: each rating is predicted before it is learned") {
  Play play;
  Factorization model(rating_mode());
  CHECK_FALSE(Factorization(FactorizationOptions{}).rating_error().has_value());
  play.act(0, 1, "rating", 0, 5);
  play.act(0, 2, "view");
  model.learn(play.take());
  REQUIRE(model.rating_error().has_value());
  // Nothing was known: 0 was predicted, and 5 given. The view is no rating.
  CHECK(model.rating_error()->count == 1);
  CHECK(model.rating_error()->squared == Approx(25));
  // Another user, another item: the mean so far.
  play.act(1, 3, "rating", 0, 3);
  model.learn(play.take());
  CHECK(model.rating_error()->squared == Approx(25 + 2.5 * 2.5));
}

TEST_CASE("factorization: a changed rating replaces the one before in the mean") {
  Play play;
  Factorization model(rating_mode());
  play.act(0, 1, "rating", 0, 5);
  play.act(0, 1, "rating", 1, 1);
  model.learn(play.take());
  const double before = model.rating_error()->squared;
  play.act(1, 2, "rating", 2, 3);  // 2.5, beside a mean of 0
  model.learn(play.take());
  CHECK(model.rating_error()->squared - before == Approx(2.5 * 2.5));
}

TEST_CASE("factorization: in rating mode the better rated come first, and the error is kept") {
  Play play;
  Factorization model(rating_mode());
  for (std::uint32_t user = 0; user < 50; ++user) {
    play.act(user, 1, "rating", 0, 5);
    play.act(user, 2, "rating", 0, 2);
  }
  model.learn(play.take());
  const auto list = candidates(model, play.ask(7));
  REQUIRE(list.size() == 2);
  CHECK(list[0].item == ItemId(1));
  CHECK(list[0].score > 3.5F);
  CHECK(list[1].score < 2.6F);
  MemoryStore store;
  test::save(model, store);
  Factorization again(rating_mode());
  REQUIRE(again.restore(store, 3).has_value());
  CHECK(again.rating_error()->count == 100);
  CHECK(again.rating_error()->squared == model.rating_error()->squared);
  Factorization other(FactorizationOptions{});
  CHECK_FALSE(other.restore(store, 3).has_value());
}

/// Some events of a crowd: rated, if the mode asks for it.
std::vector<Interaction> some_events(Play& play, test::Crowd& crowd, bool rated, int at) {
  constexpr int events = 5;
  if (!rated) {
    crowd.act(play, events);
  } else {
    for (int k = 0; k < events; ++k) {
      play.act(crowd.random(30), crowd.random(120), "rating", at, 1.0 + crowd.random(5));
    }
  }
  return play.take();
}

TEST_CASE("factorization: restored between small epochs, it says the same of every item") {
  constexpr std::uint32_t users = 30, items = 120;
  const FactorizationMode mode = GENERATE(FactorizationMode::implicit, FactorizationMode::rating);
  // So few are hot, and so few move in an epoch, that what is not renewed in time shows.
  FactorizationOptions options;
  options.mode = mode;
  options.candidates = 37;
  options.negatives = 1;
  options.popularity_events = 50;
  Factorization steady(options);
  auto often = std::make_unique<Factorization>(options);
  MemoryStore store;
  Play play;
  test::Crowd crowd(5, users, items);
  std::vector<ItemId> every;
  for (std::uint32_t item = 0; item < items; ++item) every.emplace_back(item);
  const auto answer = [&](const Factorization& model, const Query& query) {
    const auto scratch = model.make_scratch();
    std::vector<Candidate> list;
    model.candidates(query, *scratch, list);
    std::vector<float> scores(items);
    model.score(query, *scratch, every, scores);
    for (const Candidate& c : list) {
      scores.push_back(static_cast<float>(c.item.value));
      scores.push_back(c.score);
    }
    return scores;
  };
  std::size_t scored = 0;
  for (int epoch = 0; epoch < 400; ++epoch) {
    const auto learned = some_events(play, crowd, mode == FactorizationMode::rating, epoch);
    steady.learn(learned);
    often->learn(learned);
    test::save(*often, store);
    if (epoch % 7 == 3) {
      often = std::make_unique<Factorization>(options);
      REQUIRE(often->restore(store, items).has_value());
    }
    for (std::uint32_t user = 0; user < users; user += 7) {
      const Query query = play.ask(user);
      const std::vector<float> scores = answer(steady, query);
      REQUIRE(answer(*often, query) == scores);
      scored += scores.size() - items;
    }
  }
  CHECK(scored > 10'000);
}

TEST_CASE("factorization: of somebody unknown it says nothing, whoever was asked before him") {
  Play play;
  Factorization model(FactorizationOptions{});
  test::Crowd crowd(5, 30, 120);
  model.learn(some_events(play, crowd, false, 0));
  const auto scratch = model.make_scratch();
  std::vector<Candidate> list;
  std::uint32_t known = 0;
  while (play.ask(known).user.history.empty()) ++known;
  model.candidates(play.ask(known), *scratch, list);
  REQUIRE_FALSE(list.empty());
  const std::vector<ItemId> asked = {list.front().item, list.back().item};
  std::vector<float> scores(2);
  model.score(play.ask(known), *scratch, asked, scores);
  CHECK(scores[0] > 0);
  const Query stranger = play.ask(1'000);
  model.candidates(stranger, *scratch, list);
  CHECK(list.empty());
  model.score(stranger, *scratch, asked, scores);
  CHECK(scores == std::vector<float>{0, 0});
}

}  // namespace
}  // namespace freshet
