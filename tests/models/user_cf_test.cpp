#include "models/user_cf.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/models/play.h"

namespace freshet {
namespace {

using test::candidates;
using test::day;
using test::Play;
using test::score_of;

// Users A = 1 2 3 and B = 2 4, so N = 2, n(2) = 2, n(1) = n(3) = n(4) = 1 and idf factors
// 1 + 0.2·ln(2/(1+1)) = 1 and 1 + 0.2·ln(2/(2+1)) = 0.918907.
void two_users(Play& play, UserCf& model) {
  for (const std::uint32_t item : {1U, 2U, 3U}) play.act(0, item);
  for (const std::uint32_t item : {2U, 4U}) play.act(1, item);
  model.learn(play.take());
}

TEST_CASE("user_cf: one own item scores what like users chose near it, by length, gap and idf") {
  Play play;
  UserCf model{UserCfOptions{}};
  two_users(play, model);
  play.act(9, 2);
  const auto list = candidates(model, play.ask(9));
  // sim(A) = 1/√3, sim(B) = 1/√2; a gap of 1 weighs e^(−1/5) = 0.818731.
  REQUIRE(list.size() == 4);
  CHECK(list[0].item == ItemId(2));
  CHECK(list[0].score == Approx(1.180297));  // (0.577350 + 0.707107) · 0.918907
  CHECK(list[1].item == ItemId(4));
  CHECK(list[1].score == Approx(0.578930));  // 0.707107 · 0.818731
  CHECK(list[2].item == ItemId(1));          // a tie with 3
  CHECK(list[2].score == Approx(0.472694));  // 0.577350 · 0.818731
  CHECK(list[3].item == ItemId(3));
}

TEST_CASE("user_cf: older own items count less, at any number of sessions ago") {
  Play play;
  UserCf model{UserCfOptions{}};
  two_users(play, model);
  play.act(9, 1, "view", 0);
  play.act(9, 2, "view", 0);
  // w = 1, e^(−1/4) = 0.778801. A holds both: sim = 1.778801/√3 = 1.026991.
  CHECK(score_of(candidates(model, play.ask(9)), 3) == Approx(1.026991 * 0.818731));
  play.act(8, 1, "view", 0);
  play.act(8, 2, "view", 6 * day);
  // The same, but A and B are 6 days old: 1/(1 + 6/30) = 0.833333.
  CHECK(score_of(candidates(model, play.ask(8)), 3) == Approx(1.026991 * 0.818731 * 0.833333));
}

TEST_CASE("user_cf: a user's sessions are one window, which holds his newest items") {
  UserCfOptions options;
  options.window_items = 2;
  Play play;
  UserCf model(options);
  for (const std::uint32_t item : {1U, 2U, 3U}) play.act(0, item, "view", item * day);
  model.learn(play.take());
  play.act(9, 2, "view", 3 * day);
  CHECK(score_of(candidates(model, play.ask(9)), 3) > 0);
  CHECK(score_of(candidates(model, play.ask(9)), 1) == 0);
  play.act(8, 1, "view", 3 * day);
  CHECK(candidates(model, play.ask(8)).empty());
  // What left the window may come again.
  play.act(0, 1, "view", 4 * day);
  model.learn(play.take());
  CHECK(score_of(candidates(model, play.ask(8)), 3) > 0);
}

TEST_CASE("user_cf: a neighbour is matched where the item stands now, not where it came") {
  UserCfOptions options;
  options.window_items = 4;
  options.idf = 0;
  Play play;
  UserCf model(options);
  for (const std::uint32_t item : {1U, 2U, 3U, 4U, 5U, 6U}) play.act(0, item);
  model.learn(play.take());
  play.act(9, 4);
  const auto list = candidates(model, play.ask(9));
  REQUIRE(list.size() == 4);  // 3 4 5 6
  CHECK(list[0].item == ItemId(4));
  CHECK(list[0].score == Approx(0.5));
  CHECK(score_of(list, 3) == Approx(0.5 * 0.818731));
  CHECK(score_of(list, 5) == Approx(0.5 * 0.818731));
  CHECK(score_of(list, 6) == Approx(0.5 * 0.818731 * 0.818731));
}

TEST_CASE("user_cf: at the limit of users who came first is forgotten, and begins anew") {
  UserCfOptions options;
  options.max_users = 2;
  Play play;
  UserCf model(options);
  for (std::uint32_t user = 0; user < 3; ++user) {
    play.act(user, 1);
    play.act(user, 10 + user);
  }
  model.learn(play.take());
  play.act(9, 1);
  CHECK(score_of(candidates(model, play.ask(9)), 10) == 0);
  CHECK(score_of(candidates(model, play.ask(9)), 11) > 0);
  CHECK(score_of(candidates(model, play.ask(9)), 12) > 0);
  play.act(0, 1);
  play.act(0, 20);
  model.learn(play.take());
  CHECK(score_of(candidates(model, play.ask(9)), 11) == 0);
  CHECK(score_of(candidates(model, play.ask(9)), 20) > 0);
}

bool same(const std::vector<Candidate>& a, const std::vector<Candidate>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](auto& x, auto& y) {
           return x.item == y.item && x.score == y.score;
         });
}

TEST_CASE("user_cf: after a forget, lists are as if the user had never been") {
  UserCfOptions options;
  options.window_items = 3;
  Play with, without;
  UserCf forgot(options), never(options);
  for (std::uint32_t user = 0; user < 40; ++user) {
    for (std::uint32_t k = 0; k < 5; ++k) {
      const std::uint32_t item = (user * 7 + k * k) % 13;
      with.act(user, item);
      if (user % 4 != 1) without.act(user, item);
    }
  }
  for (std::uint32_t user = 1; user < 40; user += 4) with.forget(user);
  forgot.learn(with.take());
  never.learn(without.take());
  for (std::uint32_t user = 0; user < 40; user += 2) {
    CHECK(same(candidates(forgot, with.ask(user)), candidates(never, without.ask(user))));
  }
  MemoryStore store;
  test::save(forgot, store);
  CHECK(test::rows_of(store).at("user_cf.sessions").size() == 30);
  CHECK(test::rows_of(store).at("user_cf.live").size() == 30);
}

TEST_CASE("user_cf: what is taken back or disliked leaves the user's window") {
  Play with, without;
  UserCf undone{UserCfOptions{}}, never{UserCfOptions{}};
  for (Play* play : {&with, &without}) {
    for (const std::uint32_t item : {1U, 2U, 3U}) play->act(0, item);
    play->act(1, 1);
  }
  with.act(1, 5, "purchase");
  with.act(1, 5, "return");
  with.act(2, 1);  // his only one: as if he had never been
  with.act(2, 1, "dislike");
  undone.learn(with.take());
  never.learn(without.take());
  for (Play* play : {&with, &without}) play->act(9, 1);
  CHECK(same(candidates(undone, with.ask(9)), candidates(never, without.ask(9))));
  with.act(1, 6, "purchase");
  with.act(1, 6);
  with.act(1, 6, "return");  // but he viewed it
  undone.learn(with.take());
  CHECK(score_of(candidates(undone, with.ask(9)), 6) > 0);
}

}  // namespace
}  // namespace freshet
