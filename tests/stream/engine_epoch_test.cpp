// When what happened counts: one's own events at once, others' from the next epoch.
// The numbers are those of CountRanker: score = strengths of all users learned + the user's own
// strength.

#include <catch2/catch.hpp>

#include "tests/stream/engine_play.h"

using namespace freshet;
using namespace freshet::test;

TEST_CASE("a user's own event is in his next list, what others did is not before the epoch ends") {
  Shop shop(count_parts(epochs_of(3)));
  CHECK(items_of(shop.act("anna", "x")) == "x 1");
  CHECK(items_of(shop.act("ben", "y", "cart")) == "y 3");
  CHECK(items_of(shop.act("anna", "z")) ==
        "x 1, z 1");  // the third record: the epoch ends after it
  CHECK(shop.engine.epochs() == 1);
  CHECK(items_of(shop.act("ben", "y")) == "y 6, x 1, z 1");  // learned 3 + own 3
}

TEST_CASE("an epoch of one event teaches before the next record") {
  Shop shop(count_parts(epochs_of(1)));
  shop.act("anna", "x");
  CHECK(items_of(shop.act("ben", "y")) == "x 1, y 1");
}

TEST_CASE("an epoch ends when a record is epoch_span or more past its first") {
  Shop shop(count_parts(epochs_of(1'000, 50)));
  shop.act("anna", "x", "view", 0);
  CHECK(items_of(shop.act("ben", "y", "view", 30)) == "y 1");
  CHECK(items_of(shop.act("carl", "z", "view", 49)) == "z 1");
  CHECK(shop.engine.epochs() == 0);
  // 50 past the first, though only 1 past the newest: the epoch ends before this record is ranked.
  CHECK(items_of(shop.act("dora", "w", "view", 50)) == "w 1, x 1, y 1, z 1");
  CHECK(shop.engine.epochs() == 1);
  CHECK(items_of(shop.act("anna", "x", "view", 99)) == "x 2, y 1, z 1");  // w: not yet
  CHECK(shop.engine.epochs() == 1);
}

TEST_CASE("late records end no epoch") {
  Shop shop(count_parts(epochs_of(1'000, 50)));
  shop.act("anna", "x", "view", 1'000);
  CHECK(items_of(shop.act("ben", "y", "view", 0)) == "y 1");
  CHECK(items_of(shop.act("carl", "z", "view", 1'049)) == "z 1");
  CHECK(shop.engine.epochs() == 0);
}

TEST_CASE("a span of 0 ends the epoch at the next record") {
  Shop shop(count_parts(epochs_of(1'000, 0)));
  shop.act("anna", "x", "view", 5);
  CHECK(items_of(shop.act("ben", "y", "view", 5)) == "x 1, y 1");
}

TEST_CASE("records that cannot be used change nothing") {
  Shop shop(count_parts(epochs_of(2))), other(count_parts(epochs_of(2)));
  std::vector<Decoded> records, clean;
  for (const char* const item : {"a", "b", "c", "d", "e"}) {
    clean.push_back(decoded(event_of(item, item), 7));
    records.push_back(clean.back());
    records.emplace_back().what = Rejection{"not_json", "no JSON"};
  }
  std::vector<std::string> texts = shop.process(records);
  for (std::size_t i = 1; i < texts.size(); i += 2) {
    CHECK(texts[i] == "kind 3 list ");
    texts[i].clear();
  }
  std::erase(texts, "");
  CHECK(texts == other.process(clean));
  CHECK(shop.rows() == other.rows());
}

TEST_CASE("an empty span is no work") {
  Shop shop(count_parts(epochs_of(2)));
  CHECK(shop.process({}).empty());
  CHECK(shop.engine.epochs() == 0);
}

TEST_CASE("items of equal score are in the order of their names, not of their ids") {
  Shop shop(count_parts(epochs_of(1)));
  for (const char* const item : {"c", "a", "b"}) shop.act("anna", item);
  CHECK(items_of(shop.act("ben", "c")) == "c 2, a 1, b 1");
  CHECK(items_of(shop.act("carl", "b")) == "b 2, c 2, a 1");
}

TEST_CASE("a list names its parts and reasons") {
  Shop shop(count_parts(epochs_of(1)));
  shop.act("anna", "x", "cart");
  const Outcome o = shop.act("ben", "y");
  REQUIRE(items_of(o) == "x 3, y 1");
  CHECK(o.list.parts == std::vector<double>{3, 0, 0, 1});  // count, own of each
  REQUIRE(o.list.entries[0].because_count == 1);
  CHECK(o.list.entries[0].because[0] == "y");
}

TEST_CASE("types that do not refresh get no list, and are taken in all the same") {
  Shop shop(count_parts(epochs_of(1)));
  shop.act("anna", "x");
  CHECK(shop.act("anna", "y", "impression").kind == Outcome::Kind::none);
  Event profile = event_of("anna", "", "profile");
  profile.attributes = {{"age", 41.0}};
  CHECK(shop.act(profile).kind == Outcome::Kind::none);
  const User& anna = shop.engine.users()[shop.engine.users().find("anna")];
  CHECK(anna.attributes.size() == 1);
  CHECK(anna.history.size() == 1);
}

TEST_CASE("answering without an event changes nothing") {
  Shop shop(count_parts(epochs_of(2)));
  shop.act("anna", "x", "cart");
  shop.act("ben", "y");
  shop.rows();
  Outcome known, stranger;
  shop.engine.answer("anna", start_ms, known);
  CHECK(items_of(known) == "x 6, y 1");
  shop.engine.answer("nobody", start_ms, stranger);
  CHECK(items_of(stranger) == "x 3, y 1");
  CHECK(shop.engine.users().find("nobody") == Users::none);
  // A second save holds no user: none changed.
  MemoryStore store;
  shop.save(store);
  CHECK(all_rows(store).count(std::string("user\0anna", 9)) == 0);
  CHECK(items_of(shop.act("anna", "x")) == "x 6, y 1");
}

TEST_CASE("with learning off users change and models do not") {
  Shop shop(count_parts(epochs_of(1)));
  shop.engine.set_learning(false);
  shop.act("anna", "x");
  CHECK(items_of(shop.act("anna", "y")) == "x 1, y 1");
  CHECK(items_of(shop.act("ben", "z")) == "z 1");
  shop.engine.set_learning(true);
  shop.act("anna", "x");  // she knew x: her strength on it did not change, so nothing is learned
  shop.act("anna", "w");
  CHECK(items_of(shop.act("ben", "z")) == "w 1, z 1");
}

TEST_CASE("the open epoch can be closed by hand") {
  Shop shop(count_parts(epochs_of(64)));
  shop.act("anna", "x");
  shop.engine.close_epoch();
  CHECK(shop.engine.epochs() == 1);
  shop.engine.close_epoch();  // nothing is open
  CHECK(shop.engine.epochs() == 1);
  CHECK(items_of(shop.act("ben", "y")) == "x 1, y 1");
}

TEST_CASE("each model's own list is there if asked for") {
  Shop shop(count_parts(epochs_of(1)));
  shop.act("anna", "x");
  CHECK(shop.act("ben", "y").by_model.empty());
  shop.engine.set_by_model(true);
  const Outcome o = shop.act("ben", "y");
  REQUIRE(o.by_model.size() == 1);
  CHECK(o.by_model[0].size() == 2);
}
