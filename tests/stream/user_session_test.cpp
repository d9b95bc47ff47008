// Where a user's sessions begin, which events are repeats, what is known of him.

#include <catch2/catch.hpp>
#include <cmath>

#include "stream/hash.h"
#include "tests/stream/user_play.h"

using namespace freshet;
using namespace freshet::test;

TEST_CASE("the first event begins session 1") {
  UserPlay p;
  p.act("view", 1);
  CHECK(p.user.session == 1);
  CHECK(p.user.session_events == 1);
  CHECK(p.user.last_ms == start_ms);
}

TEST_CASE("a gap of exactly session_gap keeps the session, a millisecond more ends it") {
  UserPlay p;
  p.act("view", 1);
  p.act("view", 2, 30 * minute_ms);
  CHECK(p.user.session == 1);
  CHECK(p.user.session_events == 2);
  p.act("view", 3, 60 * minute_ms + 1);
  CHECK(p.user.session == 2);
  CHECK(p.user.session_events == 1);
}

TEST_CASE("the gap is measured from the newest event, of whatever weight") {
  UserPlay p;
  p.act("view", 1);
  p.act("impression", 2, 20 * minute_ms);
  p.act("view", 3, 45 * minute_ms);
  CHECK(p.user.session == 1);
  CHECK(p.user.session_events == 2);  // the impression is no event of positive weight
}

TEST_CASE("a late event ends no session and does not move the user's time back") {
  UserPlay p;
  p.act("view", 1, 50 * minute_ms);
  p.act("view", 2, 0);
  CHECK(p.user.session == 1);
  CHECK(p.user.last_ms == start_ms + 50 * minute_ms);
  CHECK(p.history() == std::vector<std::uint32_t>{2, 1});  // newest in engine order
  p.act("view", 3, 70 * minute_ms);                        // 20 min after the newest
  CHECK(p.user.session == 1);
}

TEST_CASE("the shop's own session id begins a session when it changes, and only then") {
  UserPlay p;
  p.act("view", 1, 0, {}, "a");
  p.act("view", 2, 10 * 60 * minute_ms, {}, "a");  // ten hours: the shop knows better
  CHECK(p.user.session == 1);
  p.act("view", 3, 10 * 60 * minute_ms, {}, "b");
  CHECK(p.user.session == 2);
  p.act("view", 4, 10 * 60 * minute_ms, {}, "a");  // back to an old id: a new session all the same
  CHECK(p.user.session == 3);
}

TEST_CASE("an event without the shop's session id falls into the session until the gap") {
  UserPlay p;
  p.act("view", 1, 0, {}, "a");
  p.act("view", 2, 10 * minute_ms);
  CHECK(p.user.session == 1);
  p.act("view", 3, 20 * minute_ms, {}, "a");
  CHECK(p.user.session == 1);
  p.act("view", 4, 60 * minute_ms);
  CHECK(p.user.session == 2);
  p.act("view", 5, 60 * minute_ms, {}, "a");
  CHECK(p.user.session == 3);
}

TEST_CASE("profile and forget begin no session") {
  UserPlay p;
  p.act("profile", 1);
  p.act("forget", 1);
  CHECK(p.user.session == 0);
  CHECK(p.user.last_ms == 0);
}

TEST_CASE("a repeated event id is known, by the same user") {
  UserPlay p;
  Event event = event_of("u", "i");
  event.id = "e-1";
  CHECK_FALSE(p.fold.repeated(p.user, event));
  CHECK(p.fold.repeated(p.user, event));
  User other;
  CHECK_FALSE(p.fold.repeated(other, event));
}

TEST_CASE("events without an id are never repeats, and leave nothing") {
  UserPlay p;
  const Event event = event_of("u", "i");
  CHECK_FALSE(p.fold.repeated(p.user, event));
  CHECK_FALSE(p.fold.repeated(p.user, event));
  CHECK(p.user.event_ids.empty());
}

TEST_CASE("the newest event ids are remembered, the oldest goes first") {
  UserPlay p;  // remembers two
  const auto repeated = [&](const char* id) {
    Event event = event_of("u", "i");
    event.id = id;
    return p.fold.repeated(p.user, event);
  };
  CHECK_FALSE(repeated("a"));
  CHECK_FALSE(repeated("b"));
  CHECK(repeated("a"));  // known, and not moved to the end
  CHECK_FALSE(repeated("c"));
  CHECK(p.user.event_ids == std::vector<std::uint64_t>{hash64("b"), hash64("c")});
  CHECK_FALSE(repeated("a"));
  CHECK(repeated("c"));
}

TEST_CASE("with event_ids 0 nothing is a repeat") {
  UserPlay p;
  p.options.event_ids = 0;
  const UserFold fold(p.options, minute_ms, p.types);
  Event event = event_of("u", "i");
  event.id = "a";
  CHECK_FALSE(fold.repeated(p.user, event));
  CHECK_FALSE(fold.repeated(p.user, event));
  CHECK(p.user.event_ids.empty());
}

TEST_CASE("a profile sets attributes, sorted by name; the newest value wins; nothing to learn") {
  UserPlay p;
  Event event = event_of("u", "", "profile");
  event.attributes = {{"vip", true}, {"age", 41.0}, {"country", std::string("NL")}};
  CHECK(p.fold.apply(p.user, event, ItemId{}, p.learned, {}) == UserFold::Taken::nothing);
  event.attributes = {{"age", 42.0}, {"age", 43.0}};
  p.fold.apply(p.user, event, ItemId{}, p.learned, {});
  const std::vector<std::pair<std::string, AttributeValue>> expected = {
      {"age", 43.0}, {"country", std::string("NL")}, {"vip", true}};
  CHECK(p.user.attributes == expected);
}

TEST_CASE("a user has at most 64 attributes; known ones can still change") {
  UserPlay p;
  Event event = event_of("u", "", "profile");
  for (int i = 0; i < 64; ++i) event.attributes.emplace_back("k" + std::to_string(i), double(i));
  p.fold.apply(p.user, event, ItemId{}, p.learned, {});
  event.attributes = {{"one more", true}, {"k7", 70.0}};
  p.fold.apply(p.user, event, ItemId{}, p.learned, {});
  CHECK(p.user.attributes.size() == 64);
  for (const auto& [key, value] : p.user.attributes) {
    CHECK(key != "one more");
    if (key == "k7") CHECK(value == AttributeValue(70.0));
  }
}

TEST_CASE("a flood is his alone: learned are learn_events in a span, fewer on one item") {
  UserPlay p{.options = {.history_items = 50,
                         .recent_events = 10,
                         .event_ids = 0,
                         .learn_events = 100,
                         .learn_span = config::Millis{60'000}}};
  std::size_t learned = 0;
  // Twelve items in turn, so that none is among his ten newest: each costs 1.
  for (std::uint32_t k = 0; k < 1'000; ++k) learned += p.act("view", k % 12) ? 1 : 0;
  CHECK(learned == 100);
  CHECK(p.taken == UserFold::Taken::flooded);
  CHECK(p.recent().size() == 10);
  CHECK(p.recent()[0] == 999 % 12);
  CHECK_FALSE(p.user.recent[0].known());
  // Half a span later, half of it is back.
  learned = 0;
  for (std::uint32_t k = 1'000; k < 2'000; ++k) learned += p.act("view", k % 12, 30'000) ? 1 : 0;
  CHECK(learned == 50);
  // On one item: 1 + 2 + 5 + 10 + 17 + 26 + 37 = 98 of 100.
  learned = 0;
  for (std::uint32_t k = 0; k < 1'000; ++k) learned += p.act("view", 20, 600'000) ? 1 : 0;
  CHECK(learned == 7);
}

TEST_CASE("a large basket is no flood: items of the shop that are new to him cost a quarter") {
  UserPlay p{.options = {.history_items = 1'000,
                         .recent_events = 10,
                         .event_ids = 0,
                         .learn_events = 100,
                         .learn_span = config::Millis{60'000}}};
  const auto learned_of = [&p](std::uint32_t begin, std::uint32_t shop_items) {
    std::size_t learned = 0;
    for (std::uint32_t k = begin; k < begin + 450; ++k) {
      Interaction out;
      const Event event = event_of("u", "i", "view", start_ms);
      const UserFold::Moment now{0, start_ms, shop_items};
      learned += p.fold.apply(p.user, event, ItemId{k}, out, now) == UserFold::Taken::learned;
    }
    return learned;
  };
  CHECK(learned_of(0, 450) == 400);
  p.user = User{};
  CHECK(learned_of(0, 0) == 100);  // items that came with this epoch
  p.user.learn_due_us = 0;
  CHECK(learned_of(0, 450) == 100);  // he had them before
}

TEST_CASE("of an event that nobody learned, nothing is taken back that others have") {
  UserPlay p{.options = {.history_items = 50,
                         .recent_events = 10,
                         .event_ids = 0,
                         .learn_events = 2,
                         .learn_span = config::Millis{60'000}}};
  CHECK(p.act("view", 1));
  CHECK(p.act("view", 2));
  CHECK_FALSE(p.act("purchase", 1));
  CHECK(p.entry(1)->known_strength() == 1);
  CHECK_FALSE(p.act("purchase", 3));
  CHECK(p.entry(3)->strength == 5);  // his own list follows
  CHECK(p.entry(3)->known_strength() == 0);
  CHECK_FALSE(p.act("return", 1));
  CHECK_FALSE(p.act("return", 3));
  // An hour later he is learned from again, and the item enters as new.
  CHECK(p.act("view", 3, 3'600'000));
  CHECK(p.learned.old_strength == 0);
  CHECK(p.entry(3)->order == 3);
}

TEST_CASE("lowered limits act at the user's next events") {
  UserPlay p{
      .options = {.history_items = 9, .recent_events = 9, .event_ids = 9, .learn_events = 0}};
  for (std::uint32_t k = 0; k < 9; ++k) {
    p.act("view", k);
    Event event = event_of("u", "i");
    event.id = "e" + std::to_string(k);
    CHECK_FALSE(p.fold.repeated(p.user, event));
  }
  UserPlay lower{.user = p.user};
  CHECK(lower.act("view", 0));
  CHECK(lower.history() == std::vector<std::uint32_t>{0, 8, 7});
  CHECK(lower.recent() == std::vector<std::uint32_t>{0, 8});
  Event event = event_of("u", "i");
  event.id = "e9";
  CHECK_FALSE(lower.fold.repeated(lower.user, event));
  CHECK(lower.user.event_ids.size() == 2);
}

TEST_CASE("old times pay as of now, and the fusion learns from the first of a flood only") {
  UserPlay p{.options = {.history_items = 50,
                         .recent_events = 10,
                         .event_ids = 0,
                         .learn_events = 100,
                         .learn_choices = 20,
                         .learn_span = config::Millis{60'000}}};
  std::size_t learned = 0, taught = 0;
  double guard = 0;
  for (std::uint32_t k = 0; k < 1'000; ++k) {
    Interaction out;
    p.user.example = "list";
    const Event event = event_of("u", "i", "view", k * 3'600'000LL);
    if (p.fold.apply(p.user, event, ItemId{k % 12}, out, {0, start_ms}) != UserFold::Taken::learned)
      continue;
    ++learned;
    guard += static_cast<double>(out.fusion_weight);
    taught += out.fusion_weight > 0 ? 1 : 0;
    CHECK(out.example.empty() == !(out.fusion_weight > 0));
  }
  CHECK(learned == 100);
  CHECK(taught == 20);
  CHECK(guard == Approx(1 + std::log(20.0)).margin(0.6));
}
