// One user's flood, in others' lists.

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "models/registry.h"
#include "tests/stream/engine_play.h"

using namespace freshet;
using namespace freshet::test;

namespace {

constexpr int users = 200;
constexpr std::int64_t evening_ms = 6'000 * 14'000LL;

Engine::Parts shop_parts(const UserOptions& limits) {
  Engine::Parts parts;
  parts.engine = epochs_of(64, 50);
  parts.users = limits;
  std::vector<const Model*> models;
  for (const config::Tagged& options : default_models()) {
    parts.models.push_back(make_model(options));
    models.push_back(parts.models.back().get());
  }
  parts.ranker = make_ranker(std::move(models), default_fusion());
  return parts;
}

/// A day of a shop: 200 users in two countries, 6,000 views of 300 items.
struct Day {
  explicit Day(const UserOptions& limits = {}) : shop(shop_parts(limits)) {
    std::uint64_t seed = 5;
    const auto random = [&](std::uint32_t below) {
      seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
      return static_cast<std::uint32_t>((seed >> 33) % below);
    };
    for (int user = 0; user < users; ++user) {
      describe("u" + std::to_string(user), {{"country", user % 2 == 0 ? "NL" : "FR"}}, 0);
    }
    for (int k = 0; k < 6'000; ++k) {
      const std::uint32_t r = random(300);
      const std::uint32_t user = random(users);
      // Half of what the Dutch choose, the French do not.
      const std::uint32_t item = r * r / 300 / 4 * 4 + (random(2) == 0 ? random(4) : user % 2);
      shop.act("u" + std::to_string(user), "i" + std::to_string(item), "view", k * 14'000LL);
    }
  }
  void describe(std::string_view user, std::vector<std::pair<std::string, std::string>> attributes,
                std::int64_t at_ms) {
    Event event = event_of(user, "", "profile", start_ms + at_ms);
    for (auto& [name, value] : attributes) event.attributes.emplace_back(name, value);
    shop.act(std::move(event));
  }
  /// 10,000 clicks in the day's last minute, on `items` items in turn.
  Day& flood(int items) {
    for (int k = 0; k < 10'000; ++k) click(k % items, evening_ms + k * 6LL);
    return *this;
  }
  /// The same, but as if it were one an hour since 1970.
  Day& flood_backdated(int items) {
    for (int k = 0; k < 10'000; ++k) click(k % items, k * 3'600'000LL - start_ms);
    return *this;
  }
  /// The same, one an hour into the future.
  Day& flood_postdated(int items) {
    for (int k = 0; k < 10'000; ++k) click(k % items, evening_ms + k * 3'600'000LL);
    return *this;
  }
  /// Eight attributes that nobody has with each of 60 clicks; or the clicks alone.
  Day& flood_profiles(bool with_attributes) {
    for (int k = 0; k < 60; ++k) {
      std::vector<std::pair<std::string, std::string>> fresh;
      for (int a = 0; a < 8; ++a) fresh.emplace_back("a" + std::to_string(a), std::to_string(k));
      if (with_attributes) describe("bot", std::move(fresh), evening_ms + k * 100LL);
      click(k % 40, evening_ms + k * 100LL);
    }
    return *this;
  }
  void click(int item, std::int64_t at_ms) {
    const Outcome o = shop.act("bot", clicked + std::to_string(item), "view", at_ms);
    flooded += o.flooded ? 1 : 0;
  }
  std::set<std::string> list_of(std::string_view user) {
    Outcome o;
    REQUIRE(shop.engine.answer(user, start_ms + 6'001 * 14'000LL, o).has_value());
    std::set<std::string> items;
    for (const auto& e : o.list.entries) items.insert(std::string(e.item));
    return items;
  }
  std::vector<std::set<std::string>> lists() {
    shop.engine.close_epoch();
    std::vector<std::set<std::string>> all;
    for (int user = 0; user < users; ++user) all.push_back(list_of("u" + std::to_string(user)));
    all.push_back(list_of("stranger"));
    return all;
  }

  Shop shop;
  std::string clicked = "bad";  ///< items' names, before their numbers; "i": those of the shop
  int flooded = 0;
};

using Lists = std::vector<std::set<std::string>>;

/// Places of others' lists, of 20, that are not as they would be without him.
struct Moved {
  std::size_t most = 0;
  double mean = 0;
};
Moved moved(const Lists& without, const Lists& with) {
  Moved moved;
  for (std::size_t user = 0; user < without.size(); ++user) {
    std::size_t places = 0;
    for (const std::string& item : without[user]) places += with[user].count(item) == 0 ? 1 : 0;
    moved.most = std::max(moved.most, places);
    moved.mean += static_cast<double>(places) / static_cast<double>(without.size());
  }
  return moved;
}
Moved moved_by(Day& bot) {
  static const Lists without = Day().lists();
  return moved(without, bot.lists());
}

/// A case, and what it may move at most: some 1.3 times what it does move.
struct Case {
  int items;
  std::size_t most;
  double mean;
};

}  // namespace

TEST_CASE("flood: clicks on one new item count as 18 at most, and take 3 places at most") {
  Day bot;
  bot.flood(1);
  CHECK(bot.flooded >= 10'000 - 18);
  const Moved moved = moved_by(bot);
  CHECK(moved.most <= 3);
  CHECK(moved.mean <= 0.1);
}

TEST_CASE("flood: clicks on many new items move 10 of 20 places of others' lists at most") {
  const Case c = GENERATE(Case{20, 10, 5.2}, Case{100, 3, 0.6}, Case{600, 3, 0.6});
  CAPTURE(c.items);
  Day bot;
  bot.flood(c.items);
  // An hour gives users.learn_events back, a minute a sixtieth.
  CHECK(bot.flooded >= 10'000 - 300 - 300 / 60 - 1);
  const Moved moved = moved_by(bot);
  CHECK(moved.most <= c.most);
  CHECK(moved.mean <= c.mean);
  // His own list follows it all the same.
  const Users& users = bot.shop.engine.users();
  CHECK(users[users.find("bot")].recent[0].item ==
        bot.shop.engine.items().find("bad" + std::to_string((10'000 - 1) % c.items)));
}

TEST_CASE("flood: without limits the same clicks move more") {
  UserOptions limits;
  limits.learn_events = limits.learn_choices = 0;
  Day bot(limits);
  bot.flood(20);
  CHECK(bot.flooded == 0);
  const Moved off = moved(Day(limits).lists(), bot.lists());
  CHECK(off.most > 10);
  CHECK(off.mean > 5.2);
}

TEST_CASE("flood: clicks on the shop's own items move 13 of 20 places at most, 5.2 on average") {
  const Case c = GENERATE(Case{1, 4, 1.7}, Case{20, 13, 5.2}, Case{100, 8, 3.2});
  CAPTURE(c.items);
  Day bot;
  bot.clicked = "i";
  bot.flood(c.items);
  const Moved moved = moved_by(bot);
  CHECK(moved.most <= c.most);
  CHECK(moved.mean <= c.mean);
}

TEST_CASE("flood: clicks that are said to be of long ago, or of days to come, count no more") {
  const Case c = GENERATE(Case{1, 3, 0.1}, Case{20, 4, 0.8});
  const bool past = GENERATE(true, false);
  CAPTURE(c.items, past);
  Day bot;
  if (past) {
    bot.flood_backdated(c.items);
  } else {
    bot.flood_postdated(c.items);
  }
  CHECK(bot.flooded >= 10'000 - 300 - 1);
  const Moved moved = moved_by(bot);
  CHECK(moved.most <= c.most);
  CHECK(moved.mean <= c.mean);
}

TEST_CASE("flood: invented attributes drive out no other's segment") {
  // 480 attributes, of which 256 are counted; what the clicks do without them is their own.
  Day bot, clicks_alone;
  const Moved moved = moved_by(bot.flood_profiles(true));
  const Moved alone = moved_by(clicks_alone.flood_profiles(false));
  CHECK(moved.most <= alone.most);
  CHECK(moved.mean <= alone.mean);
}
