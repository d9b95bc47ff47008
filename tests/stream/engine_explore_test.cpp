// lists.explore: the last places of a list go to new items of the catalogue.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <set>

#include "models/fusion/exploring_ranker.h"
#include "tests/stream/engine_play.h"
#include "tests/stream/real_parts.h"

using namespace freshet;
using namespace freshet::test;

namespace {

Decoded said(const std::string& item, std::optional<CatalogEntry> entry) {
  Decoded d;
  d.partition = catalog_partition(0);
  d.what = CatalogRecord{item, std::move(entry)};
  return d;
}

CatalogEntry in(std::string category) {
  CatalogEntry e;
  e.category = {std::move(category)};
  return e;
}

ListOptions exploring(std::uint32_t size, std::uint32_t places, std::uint32_t until) {
  ListOptions lists;
  lists.size = size;
  lists.explore = places;
  lists.explore_until = until;
  return lists;
}

/// As real_parts, without models that find new items themselves.
Engine::Parts popular_parts(const ListOptions& lists) {
  Engine::Parts parts;
  parts.engine = epochs_of(1);
  parts.lists = lists;
  parts.models.push_back(make_model(default_models().back()));
  parts.ranker =
      std::make_unique<ExploringRanker>(make_ranker({parts.models.front().get()}, default_fusion()),
                                        ExploringOptions{lists.explore, lists.explore_until});
  return parts;
}

/// A shop of eight items that all know.
struct Street : Shop {
  explicit Street(const ListOptions& lists) : Street(real_parts(epochs_of(1), lists)) {}
  explicit Street(Engine::Parts parts) : Shop(std::move(parts)) {
    for (int k = 0; k < 40; ++k) act("crowd " + std::to_string(k), "old " + std::to_string(k % 8));
  }
  void say(const std::string& item, std::optional<CatalogEntry> entry) {
    const std::vector<Decoded> one = {said(item, std::move(entry))};
    process(one);
  }
  /// Names of those of a list that exploration brought, as its parts say.
  std::vector<std::string> explored(const Outcome& o) const {
    const std::size_t width = engine.part_names().size();
    REQUIRE(engine.part_names().back() == "explore");
    std::vector<std::string> found;
    for (std::size_t k = 0; k < o.list.entries.size(); ++k) {
      const auto row = o.list.parts.begin() + static_cast<std::ptrdiff_t>(k * width);
      const double sum = std::accumulate(row, row + static_cast<std::ptrdiff_t>(width), 0.0);
      CHECK(sum == Approx(o.list.entries[k].score).margin(1e-9));
      if (row[static_cast<std::ptrdiff_t>(width) - 1] == 0) continue;
      CHECK(k + 3 > o.list.entries.size());  // among the last two
      found.emplace_back(o.list.entries[k].item);
    }
    return found;
  }
  Outcome visit(const std::string& user, const std::string& item = "old 1", int at_s = 0) {
    return act(user, item, "view", at_s * 1'000);
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("explore: a new item of the catalogue stands at the list's end, and is learned away") {
  Street shop(exploring(5, 1, 3));
  CHECK(shop.explored(shop.visit("anna")).empty());
  shop.say("boots", in("shoes"));
  const Outcome o = shop.visit("anna");
  CHECK(shop.explored(o) == Names{"boots"});
  REQUIRE(o.list.entries.size() == 5);
  CHECK(o.list.entries[4].item == "boots");
  CHECK(o.list.entries[4].score == Approx(o.list.entries[3].score - 1e-9).margin(1e-12));
  CHECK(o.list.entries[4].because_count == 0);
  // Two users choose it: still new, but not to them. Then a third.
  shop.visit("b1", "boots");
  shop.visit("b2", "boots");
  CHECK(shop.explored(shop.visit("anna")) == Names{"boots"});
  CHECK(shop.explored(shop.visit("b1")).empty());
  shop.visit("b3", "boots");
  CHECK(shop.explored(shop.visit("anna")).empty());
}

TEST_CASE("explore: what is not to be had is not explored, nor what the catalogue never named") {
  Street shop(exploring(5, 1, 100));
  shop.visit("somebody", "unnamed");
  CHECK(shop.explored(shop.visit("anna")).empty());
  CatalogEntry sold_out = in("shoes");
  sold_out.stock = 0;
  shop.say("boots", sold_out);
  CHECK(shop.explored(shop.visit("anna")).empty());
  sold_out.stock = 1;
  shop.say("boots", sold_out);
  CHECK(shop.explored(shop.visit("anna")) == Names{"boots"});
  shop.say("boots", std::nullopt);
  CHECK(shop.explored(shop.visit("anna")).empty());
}

TEST_CASE("explore: places are filled with different items, of all that are new") {
  Street shop(exploring(6, 2, 100));
  for (int k = 0; k < 12; ++k) shop.say("new " + std::to_string(k), in("shoes"));
  std::map<std::string, int> shown;
  for (int k = 0; k < 240; ++k) {
    const Names names = shop.explored(shop.visit("visitor " + std::to_string(k), "old 1", k));
    REQUIRE(names.size() == 2);
    CHECK(names[0] != names[1]);
    for (const std::string& name : names) ++shown[name];
  }
  // 480 places among 12: some 40 each.
  CHECK(shown.size() == 12);
  for (const auto& [name, times] : shown) {
    INFO(name);
    CHECK(times > 15);
    CHECK(times < 80);
  }
}

TEST_CASE("explore: in every second draw the category that the user is in goes first") {
  Street shop(popular_parts(exploring(6, 1, 100)));
  for (int k = 0; k < 6; ++k) shop.say("new " + std::to_string(k), in(k == 3 ? "shoes" : "books"));
  shop.say("old 1", in("shoes"));
  for (int k = 0; k < 100; ++k) shop.visit("fan " + std::to_string(k), "old 1", k);
  int shoes = 0;
  for (int k = 0; k < 200; ++k) {
    shoes += shop.explored(shop.visit("v" + std::to_string(k), "old 1", k)) == Names{"new 3"};
  }
  // A sixth of one half and all of the other: 58 %.
  CHECK(shoes > 90);
  CHECK(shoes < 150);
}

TEST_CASE("explore: bytes depend neither on spans, threads nor interruptions") {
  LogMix mix;
  mix.hostile = 0;
  std::vector<Decoded> log;
  Random random(4);
  for (Decoded& event : decode_all(random_log(7, 400, mix))) {
    log.push_back(std::move(event));
    if (random.below(3) != 0) continue;
    CatalogEntry entry = in("c" + std::to_string(random.below(3)));
    entry.available = random.below(6) != 0;
    log.push_back(said("new " + std::to_string(random.below(25)), entry));
  }
  for (std::size_t i = 0; i < log.size(); ++i) {  // some of them are chosen
    const Event* const event = log[i].event();
    if (event == nullptr || event->item.empty() || random.below(3) != 0) continue;
    Event chosen = *event;
    chosen.item = "new " + std::to_string(random.below(25));
    log[i].what = std::move(chosen);
  }
  const ListOptions lists = exploring(8, 2, 4);
  Shop whole(real_parts(epochs_of(8), lists));
  const auto expected = whole.process(log);
  CHECK(std::count_if(expected.begin(), expected.end(), [](const std::string& text) {
          return text.find("\"explore\"") != std::string::npos;
        }) > 50);
  const auto rows = whole.rows();
  MemoryStore store;
  auto shop = std::make_unique<Shop>(real_parts(epochs_of(8, 1'000'000'000, 4), lists));
  std::vector<std::string> outcomes;
  int restarts = 0;
  for (std::size_t i = 0; i < log.size();) {
    const std::size_t n = std::min<std::size_t>(1 + random.below(30), log.size() - i);
    for (std::string& text : shop->process(std::span(log).subspan(i, n))) {
      outcomes.push_back(std::move(text));
    }
    i += n;
    shop->save(store);
    if (random.below(2) == 0) continue;
    shop = std::make_unique<Shop>(real_parts(epochs_of(8, 1'000'000'000, 4), lists));
    RowBatch stale;
    REQUIRE(shop->engine.restore(store, stale).has_value());
    CHECK(stale.size() == 0);
    ++restarts;
  }
  CHECK(restarts > 5);
  CHECK(outcomes == expected);
  CHECK(all_rows(store) == rows);
}

TEST_CASE("explore: a damaged row is refused, and names itself") {
  MemoryStore store;
  Street shop(exploring(5, 1, 3));
  shop.save(store);
  RowBatch damage;
  damage.put("explore.items", id_key(0), std::string("\1\2", 2));
  REQUIRE(store.write(damage).has_value());
  Shop again(real_parts(epochs_of(1), exploring(5, 1, 3)));
  RowBatch stale;
  const Status status = again.engine.restore(store, stale);
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().message.find("explore.items/00000000") != std::string::npos);
}
