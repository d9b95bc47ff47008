// What a user's events make of his history, and what is to be learned from each.

#include <catch2/catch.hpp>
#include <limits>

#include "tests/stream/user_play.h"

using namespace freshet;
using namespace freshet::test;
using Items = std::vector<std::uint32_t>;

TEST_CASE("a view is learned as it stands between before and after") {
  UserPlay p;
  p.act("view", 1, 5);
  REQUIRE(p.act("cart", 2, 7));
  CHECK(p.learned.item == ItemId{2});
  CHECK(p.learned.type == p.type("cart"));
  CHECK(p.learned.weight == 3.0F);
  CHECK(p.learned.old_strength == 0.0F);
  CHECK(p.learned.new_strength == 3.0F);
  CHECK(p.learned.time_ms == start_ms + 7);
  CHECK(p.learned.session == 1);
  CHECK_FALSE(p.learned.forget);
  REQUIRE(p.learned.history.size() == 1);  // before this event
  CHECK(p.learned.history[0].item == ItemId{1});
  REQUIRE(p.learned.recent.size() == 1);
  CHECK(p.learned.recent[0].item == ItemId{1});
}

TEST_CASE("history holds distinct items, the newest first, bounded") {
  UserPlay p;  // three items
  for (const std::uint32_t item : {1, 2, 3}) p.act("view", item);
  CHECK(p.history() == Items{3, 2, 1});
  p.act("view", 1);
  CHECK(p.history() == Items{1, 3, 2});
  p.act("view", 4);
  CHECK(p.history() == Items{4, 1, 3});
  CHECK(p.entry(1)->count == 2);
  p.act("view", 2);  // comes back as new
  CHECK(p.entry(2)->count == 1);
}

TEST_CASE("recent events are those of positive weight, the newest first, bounded") {
  UserPlay p;  // two events
  p.act("view", 1, 10);
  p.act("dislike", 2, 20);
  p.act("impression", 3, 30);
  CHECK(p.recent() == Items{1});
  p.act("view", 1, 40);
  CHECK(p.recent() == Items{1, 1});
  p.act("cart", 2, 50);
  CHECK(p.recent() == Items{2, 1});
  CHECK(p.user.recent[0].type == p.type("cart"));
  CHECK(p.user.recent[0].time_ms == start_ms + 50);
  CHECK(p.user.recent[0].session == 1);
}

TEST_CASE("an item's strength is the largest weight among the types on it") {
  UserPlay p;
  p.act("view", 1);
  CHECK(p.entry(1)->strength == 1.0F);
  p.act("purchase", 1);
  CHECK(p.learned.old_strength == 1.0F);
  CHECK(p.learned.new_strength == 5.0F);
  p.act("view", 1);
  CHECK(p.learned.old_strength == 5.0F);
  CHECK(p.learned.new_strength == 5.0F);
  CHECK(p.entry(1)->strongest == p.type("purchase"));
  CHECK(p.entry(1)->types == (p.bit("view") | p.bit("purchase")));
  CHECK(p.entry(1)->count == 3);
}

TEST_CASE("impressions leave no trace in the history and nothing to learn") {
  UserPlay p;
  CHECK_FALSE(p.act("impression", 1));
  CHECK(p.user.history.empty());
  CHECK(p.user.session == 1);
}

TEST_CASE("an unknown item leaves nothing to learn") {
  UserPlay p;
  CHECK_FALSE(p.act("view", ItemId::none_value));
  CHECK(p.user.history.empty());
}

TEST_CASE("uncart takes one cart back") {
  UserPlay p;
  p.act("view", 1);
  p.act("cart", 1);
  p.act("cart", 1);
  CHECK(p.recent() == Items{1, 1});
  REQUIRE(p.act("uncart", 1));
  CHECK(p.learned.weight == -3.0F);
  CHECK(p.learned.old_strength == 3.0F);
  CHECK(p.learned.new_strength == 3.0F);  // one cart is left
  CHECK(p.entry(1)->count == 2);
  CHECK(p.recent().size() == 1);
  REQUIRE(p.act("uncart", 1));
  CHECK(p.learned.old_strength == 3.0F);
  CHECK(p.learned.new_strength == 1.0F);  // the view
  CHECK(p.entry(1)->types == p.bit("view"));
  CHECK(p.entry(1)->strongest == p.type("view"));
  CHECK(p.user.recent.empty());  // the two newest were the carts
}

TEST_CASE("taking back what was never there changes nothing and teaches nothing") {
  UserPlay p;
  CHECK_FALSE(p.act("return", 1));
  CHECK(p.user.history.empty());
  p.act("cart", 1);
  CHECK_FALSE(p.act("return", 1));  // a cart is no purchase
  CHECK(p.entry(1)->strength == 3.0F);
  CHECK(p.entry(1)->count == 1);
  REQUIRE(p.act("uncart", 1));
  CHECK_FALSE(p.act("uncart", 1));
}

TEST_CASE("an item of which everything was taken back leaves the history") {
  UserPlay p;
  p.act("view", 2);
  p.act("purchase", 1);
  REQUIRE(p.act("return", 1));
  CHECK(p.learned.old_strength == 5.0F);
  CHECK(p.learned.new_strength == 0.0F);
  REQUIRE(p.learned.history.size() == 2);
  CHECK(p.history() == Items{2});
  CHECK(p.recent() == Items{2});
}

TEST_CASE("taking back removes the newest such event of that item, and no other") {
  UserPlay p;
  p.options.recent_events = 10;
  const UserFold fold(p.options, 30 * minute_ms, p.types);
  const auto act = [&](const char* type, std::uint32_t item, std::int64_t at_ms) {
    fold.apply(p.user, event_of("u", "i", type, start_ms + at_ms), ItemId{item}, p.learned, {});
  };
  act("cart", 1, 1);
  act("cart", 2, 2);
  act("cart", 1, 3);
  act("view", 1, 4);
  act("uncart", 1, 5);
  REQUIRE(p.recent() == Items{1, 2, 1});
  CHECK(p.user.recent[0].type == p.type("view"));
  CHECK(p.user.recent[2].time_ms == start_ms + 1);
}

TEST_CASE("a dislike clears the interest shown before") {
  UserPlay p;
  p.act("cart", 1);
  REQUIRE(p.act("dislike", 1));
  CHECK(p.learned.weight == -1.0F);
  CHECK(p.learned.old_strength == 3.0F);
  CHECK(p.learned.new_strength == 0.0F);  // never below 0 for the models
  CHECK(p.entry(1)->strength == -1.0F);
  CHECK(p.entry(1)->types == p.bit("dislike"));
  CHECK_FALSE(p.act("uncart", 1));  // the cart went with it
  CHECK(p.entry(1)->strength == -1.0F);
}

TEST_CASE("interest clears a dislike") {
  UserPlay p;
  p.act("dislike", 1);
  REQUIRE(p.act("like", 1));
  CHECK(p.learned.old_strength == 0.0F);
  CHECK(p.learned.new_strength == 2.0F);
  CHECK(p.entry(1)->types == p.bit("like"));
  CHECK(p.entry(1)->strongest == p.type("like"));
}

TEST_CASE("a rating has the strength of its newest value, mapped from 1-5 to 0-5") {
  UserPlay p;
  REQUIRE(p.act("rating", 1, 0, 3.0));
  CHECK(p.learned.weight == 2.5F);
  CHECK(p.entry(1)->strength == 2.5F);
  CHECK(p.entry(1)->rating == 2.5F);
  p.act("rating", 1, 1, 5.0);
  CHECK(p.entry(1)->strength == 5.0F);
  p.act("rating", 1, 2, 2.0);
  CHECK(p.entry(1)->strength == 1.25F);
  CHECK(p.learned.old_strength == 5.0F);
  CHECK(p.learned.new_strength == 1.25F);
  p.act("cart", 1, 3);
  CHECK(p.entry(1)->strength == 3.0F);  // the cart is stronger
}

TEST_CASE("the lowest rating is known and shows no interest") {
  UserPlay p;
  REQUIRE(p.act("rating", 1, 0, 1.0));
  CHECK(p.learned.weight == 0.0F);
  CHECK_FALSE(p.learned.positive());
  CHECK(p.entry(1)->strength == 0.0F);
  CHECK(p.user.recent.empty());
  CHECK(p.user.session_events == 0);
}

TEST_CASE("counters stop at their limits") {
  UserPlay p;
  for (int i = 0; i < 66'000; ++i) p.act("cart", 1);
  CHECK(p.entry(1)->count == std::numeric_limits<std::uint16_t>::max());
  const std::uint8_t slot = *p.types[p.type("cart")].undo_slot;
  CHECK(p.entry(1)->undoable[slot] == std::numeric_limits<std::uint8_t>::max());
  CHECK(p.user.session_events == 66'000);
  CHECK(p.recent().size() == 2);
}
