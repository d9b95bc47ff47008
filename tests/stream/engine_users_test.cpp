// What the engine promises each user: repeats, consent, forgetting, how often he gets a list, hits.

#include <catch2/catch.hpp>

#include "tests/stream/engine_play.h"

using namespace freshet;
using namespace freshet::test;
using Kind = Outcome::Kind;

namespace {

Event with_id(std::string_view user, std::string_view item, std::string id) {
  Event e = event_of(user, item);
  e.id = std::move(id);
  return e;
}

Event without_consent(std::string_view user, std::string_view item, std::string_view type = "view",
                      std::int64_t at_ms = 0) {
  Event e = event_of(user, item, type, start_ms + at_ms);
  e.consent = false;
  return e;
}

bool anything_names(const std::map<std::string, std::string>& rows, std::string_view name) {
  for (const auto& [key, value] : rows) {
    if (key.find(name) != std::string::npos || value.find(name) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a repeated event id is dropped: no list, nothing learned, counted as a repeat") {
  Shop shop(count_parts(epochs_of(1)));
  shop.act(with_id("anna", "x", "e1"));
  const Outcome again = shop.act(with_id("anna", "x", "e1"));
  CHECK(again.repeated);
  CHECK(again.kind == Kind::none);
  CHECK_FALSE(again.predicted);
  CHECK_FALSE(shop.act(with_id("ben", "x", "e1")).repeated);  // another user's id is another id
  const User& anna = shop.engine.users()[shop.engine.users().find("anna")];
  CHECK(anna.history[0].count == 1);
  CHECK(anna.recent.size() == 1);
}

TEST_CASE("without consent a stranger gets what is known, by his event too, and leaves nothing") {
  Shop shop(count_parts(epochs_of(1)));
  shop.act("anna", "x", "cart");
  shop.act("anna", "y");
  shop.rows();
  const Outcome o = shop.act(without_consent("visitor", "y", "cart"));
  CHECK(o.without_consent);
  CHECK(o.kind == Kind::list);
  CHECK(items_of(o) == "y 4, x 3");  // his cart of y counts in his own list
  CHECK(items_of(shop.act(without_consent("visitor", "never heard of"))) == "x 3, y 1");
  CHECK(shop.engine.users().find("visitor") == Users::none);
  CHECK(shop.engine.items().find("never heard of").is_none());
  CHECK(shop.act(without_consent("visitor", "y", "impression")).kind == Kind::none);
  // Format, types, open epoch, clock, ranker: no user, no item, no count.
  CHECK(shop.rows().size() == 5);
}

TEST_CASE("without consent a known user's event counts in this list only") {
  Shop shop(count_parts(epochs_of(1)));
  shop.act("anna", "x");
  shop.act("ben", "y");
  CHECK(items_of(shop.act(without_consent("anna", "y", "purchase"))) == "y 6, x 2");
  CHECK(items_of(shop.act("anna", "x")) == "x 2, y 1");
}

TEST_CASE("a log with events without consent gives the state of the log without them") {
  LogMix mix;
  mix.no_consent = 30;
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    const std::vector<Decoded> all = decode_all(random_log(seed, 500, mix));
    std::vector<Decoded> consented;
    for (const Decoded& d : all) {
      if (d.event() != nullptr && !d.event()->consent) continue;
      consented.push_back(d);
    }
    REQUIRE(consented.size() < all.size() - 50);
    Shop with(count_parts(epochs_of(16, 200))), without(count_parts(epochs_of(16, 200)));
    with.process(all);
    without.process(consented);
    CHECK(with.rows() == without.rows());
  }
}

TEST_CASE("forget erases the user, also without his consent to anything") {
  Shop shop(count_parts(epochs_of(8)));
  MemoryStore store;
  shop.act("anna", "x", "cart");
  shop.act("ben", "y");
  shop.save(store);
  REQUIRE(anything_names(all_rows(store), "anna"));
  Event forget = event_of("anna", "", "forget");
  forget.consent = false;
  CHECK(shop.act(forget).kind == Kind::erased);
  CHECK(shop.engine.users().find("anna") == Users::none);
  shop.save(store);
  CHECK_FALSE(anything_names(all_rows(store), "anna"));
  CHECK(anything_names(all_rows(store), "ben"));
}

TEST_CASE("at the next checkpoint after a forget, what the user added is taken back") {
  Shop shop(count_parts(epochs_of(64)));  // the epoch is far from full
  MemoryStore store;
  shop.act("anna", "x", "cart");
  shop.act("ben", "y");
  shop.engine.close_epoch();
  shop.act("anna", "z");
  shop.save(store);
  shop.act("anna", "", "forget");
  shop.save(store);
  // Nothing waits in the open epoch, so no row keeps his events, and his cart of x no longer
  // counts.
  std::map<std::string, std::string> counts;
  store
      .scan("count",
            [&](std::string_view key, std::string_view value) {
              counts.emplace(key, value);
              return Status();
            })
      .value();
  CHECK(counts.size() == 1);
  CHECK(counts.count(id_key(shop.engine.items().find("y").value)) == 1);
  Shop back(count_parts(epochs_of(64)));
  RowBatch stale;
  back.engine.restore(store, stale).value();
  back.engine.close_epoch();
  CHECK(items_of(back.act("carl", "y")) == "y 2");
}

TEST_CASE("a forgotten user is a stranger again, and nobody gets his id") {
  Shop shop(count_parts(epochs_of(1)));
  shop.act("anna", "x");
  shop.act("ben", "y");
  const Users& users = shop.engine.users();
  const UserId id = users[users.find("anna")].id;
  shop.act("anna", "", "forget");
  CHECK(items_of(shop.act("carl", "z")) == "y 1, z 1");
  CHECK(users[users.find("carl")].id != id);
  const Outcome again = shop.act("anna", "w");
  CHECK(users[users.find("anna")].id != id);
  CHECK_FALSE(again.predicted);
  CHECK(items_of(again) == "w 1, y 1, z 1");
}

TEST_CASE("forgetting someone unknown is answered too: his output key may hold a list") {
  Shop shop(count_parts(epochs_of(1)));
  CHECK(shop.act("nobody", "", "forget").kind == Kind::erased);
  CHECK(shop.engine.users().size() == 0);
}

TEST_CASE("events before and after a forget in one span are of two lives") {
  Shop shop(count_parts(epochs_of(64)));
  const auto texts =
      shop.process(decoded_log({event_of("anna", "x"), event_of("anna", "", "forget"),
                                event_of("anna", "y"), event_of("ben", "z")}));
  CHECK_THAT(texts[2], Catch::Contains(R"("item":"y")") && !Catch::Contains(R"("item":"x")"));
  const User& anna = shop.engine.users()[shop.engine.users().find("anna")];
  CHECK(anna.history.size() == 1);
  CHECK(anna.session == 1);
}

TEST_CASE("min_interval spaces a user's lists by event time; each user by himself") {
  ListOptions lists;
  lists.min_interval = config::Millis{1'000};
  Shop shop(count_parts(epochs_of(1), lists));
  CHECK(shop.act("anna", "x", "view", 0).kind == Kind::list);
  CHECK(shop.act("anna", "y", "view", 999).kind == Kind::none);
  CHECK(shop.act("ben", "y", "view", 999).kind == Kind::list);
  const Outcome later = shop.act("anna", "x", "view", 1'000);
  CHECK(later.kind == Kind::list);
  CHECK(items_of(later) == "y 3, x 2");  // y: anna's 1 and ben's 1 learned, anna's own 1
  CHECK(shop.act("anna", "x", "view", 1'999).kind == Kind::none);
  CHECK(shop.act("anna", "x", "view", -5).kind == Kind::list);  // late: nothing to space it from
}

TEST_CASE("a hit is counted against the list held, not against one that was held back") {
  ListOptions lists;
  lists.min_interval = config::Millis{1'000};
  Shop shop(count_parts(epochs_of(1), lists));
  shop.act("anna", "x", "view", 0);   // holds [x]
  shop.act("anna", "y", "view", 10);  // no list: still [x]
  const Outcome o = shop.act("anna", "y", "view", 20);
  CHECK(o.predicted);
  CHECK(o.hit == -1);
}

TEST_CASE("suppress_unchanged publishes a list only when its items or their order change") {
  ListOptions lists;
  lists.suppress_unchanged = true;
  lists.size = 2;
  Shop shop(count_parts(epochs_of(1), lists));
  CHECK(shop.act("anna", "x").kind == Kind::list);
  CHECK(shop.act("anna", "x").kind == Kind::none);               // [x] again, its score higher
  CHECK(items_of(shop.act("anna", "y")) == "x 2, y 1");          // longer
  CHECK(items_of(shop.act("anna", "y", "cart")) == "y 4, x 2");  // another order
  CHECK(shop.act("anna", "y", "cart").kind == Kind::none);
}

TEST_CASE("hits are places in the list held before the event, beside plain popularity's") {
  Shop shop(count_parts(epochs_of(1)));
  CHECK_FALSE(shop.act("ben", "x").predicted);  // held nothing before; now [x], popular []
  Outcome o = shop.act("ben", "y");             // x learned; now [x 2, y 1], popular [x]
  CHECK(o.predicted);
  CHECK(o.hit == -1);
  CHECK(o.popular_hit == -1);
  o = shop.act("ben", "y");  // y learned; now [x 2, y 2], popular [x, y]
  CHECK(o.hit == 1);
  CHECK(o.popular_hit == -1);
  o = shop.act("ben", "x");
  CHECK(o.hit == 0);
  CHECK(o.popular_hit == 0);
}

TEST_CASE("only events of positive weight are predictions") {
  Shop shop(count_parts(epochs_of(1)));
  shop.act("ben", "y");
  shop.act("anna", "x", "cart");
  for (const char* const type : {"dislike", "uncart", "return", "impression"}) {
    INFO(type);
    CHECK_FALSE(shop.act("anna", "x", type).predicted);
  }
  Event rating = event_of("anna", "x", "rating");
  rating.value = 1;
  CHECK(shop.act(rating).predicted);  // whatever its value
  CHECK_FALSE(shop.act(without_consent("anna", "x")).predicted);
}
