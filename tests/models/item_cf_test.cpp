#include "models/item_cf.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

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

TEST_CASE("item_cf: items whose pairs changed are told once after each time") {
  Play play;
  ItemCf model{ItemCfOptions{}};
  const auto changed = [&] {
    std::vector<ItemId> items;
    model.take_changed(items);
    std::sort(items.begin(), items.end());
    return items;
  };
  for (const std::uint32_t user : {0U, 1U}) {  // and not the first time alone
    for (const std::uint32_t item : {3U, 2U, 1U}) play.act(user, item);
    model.learn(play.take());
    CHECK(changed() == std::vector{ItemId(1), ItemId(2), ItemId(3)});
    CHECK(changed().empty());
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

/// Rows of four partners, which drop their lightest when they hold five and a sixth comes.
ItemCfOptions small_rows(double pruning_delta) {
  ItemCfOptions options;
  options.row_items = 4;
  options.pruning_delta = pruning_delta;
  return options;
}

/// Item 0 together with 1 to 4 `often` times each, with 5 `seldom` times, and with 6 once.
void fill_row(Play& play, std::uint32_t often, std::uint32_t seldom) {
  std::uint32_t user = 0;
  const auto together = [&](std::uint32_t item) {
    play.act(user, 0);
    play.act(user++, item);
  };
  for (std::uint32_t item = 1; item <= 4; ++item) {
    for (std::uint32_t k = 0; k < often; ++k) together(item);
  }
  for (std::uint32_t k = 0; k < seldom; ++k) together(5);
  together(6);
}

double pair_score(const ItemCf& model, Play& play, std::uint32_t item) {
  play.act(9'999, 0);
  const double score = score_of(candidates(model, play.ask(9'999)), item);
  play.take();
  return score;
}

TEST_CASE("item_cf: a pair that can hardly come back into a full row is counted there no more") {
  // When 6 comes, n(0) = 4 · 30 + 1 + 1 = 122 and the lightest kept has 30 of it, 5 has 1. With
  // delta 0.05, n · ε = sqrt(122 · ln 20 / 2) = 13.5 < 29.
  Play play;
  ItemCf model{small_rows(0.05)};
  fill_row(play, 30, 1);
  model.learn(play.take());
  CHECK(model.pruned_pairs() == 1);
  CHECK(pair_score(model, play, 5) == 0);
  CHECK(pair_score(model, play, 6) > 0);
  // It stays so however often they come together, and nothing is taken back either.
  for (std::uint32_t user = 500; user < 600; ++user) {
    play.act(user, 0);
    play.act(user, 5);
  }
  play.forget(599);
  model.learn(play.take());
  CHECK(model.pruned_pairs() == 1);
  CHECK(pair_score(model, play, 5) == 0);
  // The row of 5 has room, and goes on.
  play.act(700, 5);
  CHECK(score_of(candidates(model, play.ask(700)), 0) > 0);
}

TEST_CASE("item_cf: a pair that may come back is not pruned") {
  // n(0) = 122, 30 against 20: 10 < 13.5. And with a delta of 0 none is.
  for (const auto& [delta, seldom] : {std::pair{0.05, 20U}, {0.0, 1U}}) {
    Play play;
    ItemCf model{small_rows(delta)};
    fill_row(play, 30, seldom);
    model.learn(play.take());
    CHECK(model.pruned_pairs() == 0);
    CHECK(pair_score(model, play, 5) == 0);  // it fell out
    for (std::uint32_t user = 500; user < 540; ++user) {
      play.act(user, 0);
      play.act(user, 5);
    }
    model.learn(play.take());
    CHECK(pair_score(model, play, 5) > 0);
  }
}

TEST_CASE("item_cf: to take back what fell out of a full row drops nothing more") {
  for (const double delta : {0.0, 0.05}) {
    Play play;
    ItemCf model{small_rows(delta)};
    // 9 has 20 of 0 when it falls out: not few enough to be pruned. The row stays full with 6.
    for (std::uint32_t user = 900; user < 920; ++user) {
      play.act(user, 0);
      play.act(user, 9, "purchase");
    }
    fill_row(play, 30, 1);
    model.learn(play.take());
    const double before = pair_score(model, play, 6);
    CHECK(before > 0);
    play.act(900, 9, "return");
    model.learn(play.take());
    CHECK(pair_score(model, play, 6) == before);
  }
}

TEST_CASE("item_cf: what is pruned is restored, and is nothing to a model that does not prune") {
  Play play;
  ItemCf model{small_rows(0.05)};
  fill_row(play, 30, 1);
  model.learn(play.take());
  MemoryStore store;
  test::save(model, store);
  ItemCf restored{small_rows(0.05)}, without{small_rows(0)};
  REQUIRE(restored.restore(store, 10).has_value());
  REQUIRE(without.restore(store, 10).has_value());
  CHECK(restored.pruned_pairs() == 1);
  CHECK(without.pruned_pairs() == 0);
  for (std::uint32_t user = 500; user < 540; ++user) {
    play.act(user, 0);
    play.act(user, 5);
  }
  const std::vector<Interaction> more = play.take();
  for (ItemCf* m : {&model, &restored, &without}) m->learn(more);
  CHECK(pair_score(restored, play, 5) == 0);
  CHECK(pair_score(without, play, 5) > 0);
  // The same rows as in a model that was never interrupted.
  test::save(model, store);
  ItemCf whole{small_rows(0.05)};
  REQUIRE(whole.restore(store, 10).has_value());
  CHECK(whole.pruned_pairs() == 1);
  CHECK(pair_score(whole, play, 1) == pair_score(restored, play, 1));
}

}  // namespace
}  // namespace freshet
