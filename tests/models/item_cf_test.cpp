#include "models/item_cf.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/models/play.h"

namespace freshet {
namespace {

using test::candidates;
using test::Play;
using test::score_of;

TEST_CASE("item_cf: pair counts follow the smaller strength, up and down") {
  Play play;
  ItemCf model{ItemCfOptions{}};
  play.act(0, 1, "view");
  play.act(0, 2, "purchase");
  model.learn(play.take());
  play.act(9, 1);
  // co = min(5, 1) = 1, n(1) = 1, n(2) = 5: 1 / (1^.5 · 5^.4).
  CHECK(score_of(candidates(model, play.ask(9)), 2) == Approx(std::pow(5.0, -0.4)));
  play.take();
  play.act(0, 1, "purchase");
  model.learn(play.take());
  // co = 1 + (5 − 1) = 5, n(1) = n(2) = 5: 5 / (5^.5 · 5^.4) = 5^.1.
  CHECK(score_of(candidates(model, play.ask(9)), 2) == Approx(std::pow(5.0, 0.1)));
  play.act(0, 2, "return");
  model.learn(play.take());
  CHECK(candidates(model, play.ask(9)).empty());
}

TEST_CASE("item_cf: a pair counts less the further apart, an own item the older it is") {
  ItemCfOptions options;
  options.position_decay = 0.5;
  Play play;
  ItemCf model(options);
  for (const std::uint32_t item : {1U, 2U, 3U}) play.act(0, item);
  model.learn(play.take());
  // All n are 1: co(1,2) = 1, co(2,3) = 1, co(1,3) = 0.97, in units of 1/256.
  const double apart = 248.0 / 256;
  play.act(9, 1);
  auto list = candidates(model, play.ask(9));
  CHECK(score_of(list, 2) == Approx(1));
  CHECK(score_of(list, 3) == Approx(apart));
  play.act(9, 2);
  list = candidates(model, play.ask(9));
  CHECK(score_of(list, 3) == Approx(1 + 0.5 * apart));
  // His own item, though another's pair speaks for it.
  CHECK(score_of(list, 2) == 0);
}

TEST_CASE("item_cf: a second view adds nothing") {
  Play play;
  ItemCf model{ItemCfOptions{}};
  play.act(0, 1);
  play.act(0, 2);
  play.act(0, 1);
  play.act(0, 2);
  model.learn(play.take());
  play.act(9, 1);
  CHECK(score_of(candidates(model, play.ask(9)), 2) == Approx(1));
}

TEST_CASE("item_cf: a disliked item is no evidence") {
  Play play;
  ItemCf model{ItemCfOptions{}};
  play.act(0, 1, "dislike");
  play.act(0, 2);
  model.learn(play.take());
  play.act(9, 2);
  CHECK(candidates(model, play.ask(9)).empty());
  play.act(1, 2);
  play.act(1, 3);
  model.learn(play.take());
  play.act(8, 3, "dislike");
  CHECK(candidates(model, play.ask(8)).empty());
}

TEST_CASE("item_cf: forgetting the only user leaves no pair and no strength") {
  Play play;
  ItemCf model{ItemCfOptions{}};
  for (std::uint32_t item = 1; item < 30; ++item) play.act(0, item);
  play.forget(0);
  model.learn(play.take());
  for (std::uint32_t item = 1; item < 30; ++item) {
    play.act(item, item);
    REQUIRE(candidates(model, play.ask(item)).empty());
  }
}

TEST_CASE("item_cf: rows keep their heaviest partners") {
  ItemCfOptions options;
  options.row_items = 4;
  Play play;
  ItemCf model(options);
  for (std::uint32_t user = 0; user < 50; ++user) {
    play.act(user, 1, "view");
    play.act(user, user % 2 == 0 ? 2 : 100 + user, "view");
  }
  model.learn(play.take());
  play.act(999, 1);
  const auto list = candidates(model, play.ask(999));
  CHECK(list.size() <= 5);
  CHECK(list[0].item == ItemId(2));
}

TEST_CASE("item_cf: jaccard and log-likelihood ratio of the same counts") {
  Play play;
  ItemCfOptions options;
  options.similarity = ItemSimilarity::jaccard;
  ItemCf jaccard(options);
  options.similarity = ItemSimilarity::llr;
  ItemCf llr(options);
  // Item 1 of users 0–3, item 2 of users 0, 1 and 4, so co = 2; 3 of users 4–9.
  for (const std::uint32_t user : {0U, 1U, 2U, 3U}) play.act(user, 1);
  for (const std::uint32_t user : {0U, 1U, 4U}) play.act(user, 2);
  for (std::uint32_t user = 4; user < 10; ++user) play.act(user, 3);
  const auto learned = play.take();
  jaccard.learn(learned);
  llr.learn(learned);
  play.act(20, 1);
  // 2 / (4 + 3 − 2).
  CHECK(score_of(candidates(jaccard, play.ask(20)), 2) == Approx(0.4));
  // N = 4 + 3 + 6 = 13; cells 2, 2, 1, 8: 2·[2 ln(26/12) + 2 ln(26/40) + ln(13/27) + 8 ln(104/90)].
  const double g2 = 2 * (2 * std::log(26.0 / 12) + 2 * std::log(26.0 / 40) + std::log(13.0 / 27) +
                         8 * std::log(104.0 / 90));
  CHECK(score_of(candidates(llr, play.ask(20)), 2) == Approx(g2));
  CHECK(ItemCf::log_likelihood_ratio(2, 4, 3, 13) == Approx(g2));
  // 2 and 3 came together once, and by chance would have 3 · 6 / 13 times.
  play.act(21, 3);
  CHECK(score_of(candidates(llr, play.ask(21)), 2) == 0);
  CHECK(score_of(candidates(jaccard, play.ask(21)), 2) == Approx(1.0 / 8));
}

}  // namespace
}  // namespace freshet
