// One user's flood, in others' lists.

#include <catch2/catch.hpp>
#include <set>

#include "models/popularity.h"
#include "models/registry.h"
#include "tests/stream/engine_play.h"

using namespace freshet;
using namespace freshet::test;

namespace {

Engine::Parts shop_parts() {
  Engine::Parts parts;
  parts.engine = epochs_of(64);
  std::vector<const Model*> models;
  for (const config::Tagged& options : default_models()) {
    parts.models.push_back(make_model(options));
    models.push_back(parts.models.back().get());
  }
  parts.ranker = make_ranker(std::move(models), default_fusion());
  return parts;
}

/// A day of a shop: 200 users on 300 items; and, if there is a bot, its clicks in the last minute.
struct Day {
  explicit Day(int bot_items) : shop(shop_parts()) {
    std::uint64_t seed = 5;
    const auto random = [&](std::uint32_t below) {
      seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
      return static_cast<std::uint32_t>((seed >> 33) % below);
    };
    for (int k = 0; k < 6'000; ++k) {
      const std::uint32_t r = random(300);
      shop.act("u" + std::to_string(random(200)), "i" + std::to_string(r * r / 300), "view",
               k * 14'000LL);
    }
    for (int k = 0; bot_items > 0 && k < 10'000; ++k) {
      const Outcome o = shop.act("bot", "bad" + std::to_string(k % bot_items), "view",
                                 6'000 * 14'000LL + k * 6LL);
      flooded += o.flooded ? 1 : 0;
    }
    shop.engine.close_epoch();
  }
  std::set<std::string> list_of(int user) {
    Outcome o;
    REQUIRE(
        shop.engine.answer("u" + std::to_string(user), start_ms + 6'001 * 14'000LL, o).has_value());
    std::set<std::string> items;
    for (const auto& e : o.list.entries) items.insert(std::string(e.item));
    return items;
  }
  const Popularity& popularity() const {
    for (const auto& model : shop.engine.models()) {
      if (const auto* found = dynamic_cast<const Popularity*>(model.get())) return *found;
    }
    FAIL("no popularity");
    throw 0;
  }

  Shop shop;
  int flooded = 0;
};

}  // namespace

TEST_CASE(
    "flood: 10,000 clicks on one item count as 25 at most, and move two places of others' lists") {
  Day quiet(0), bot(1);
  CHECK(bot.flooded >= 10'000 - 25);
  const ItemId bad = bot.shop.engine.items().find("bad0");
  CHECK(bot.popularity().counts().count(bad, DecayedCounts::long_term) <= 25);
  for (int user = 0; user < 200; ++user) {
    const auto with = bot.list_of(user), without = quiet.list_of(user);
    std::size_t moved = 0;
    for (const std::string& item : without) moved += with.count(item) == 0 ? 1 : 0;
    REQUIRE(moved <= 2);  // of 20: the bad item in one place, and the last ones close by
  }
}

TEST_CASE("flood: 10,000 clicks on many items count as learn_events at most") {
  Day bot(100);
  // An hour gives users.learn_events back, a minute a sixtieth.
  CHECK(bot.flooded >= 10'000 - 1'000 - 1'000 / 60 - 1);
  double learned = 0;
  for (int k = 0; k < 100; ++k) {
    const ItemId bad = bot.shop.engine.items().find("bad" + std::to_string(k));
    const float count = bot.popularity().counts().count(bad, DecayedCounts::long_term);
    // A tenth of learn_events; what comes back within the minute, 16, may all be on one.
    CHECK(count <= 27);
    learned += count;
  }
  CHECK(learned <= 1'017);
  // Its own list follows it all the same.
  CHECK(bot.shop.engine.users()[bot.shop.engine.users().find("bot")].recent[0].item ==
        bot.shop.engine.items().find("bad99"));
}
