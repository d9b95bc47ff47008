#include "connectors/simulate/shop.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "connectors/simulate/event_json.h"

namespace freshet {
namespace {

std::uint64_t fnv1a(std::uint64_t hash, std::string_view bytes) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

std::uint64_t history_hash(const SimulateOptions& options, int events) {
  Shop shop(options);
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (int i = 0; i < events; ++i) hash = fnv1a(hash, event_json(shop.next()));
  return hash;
}

TEST_CASE("a seed gives the same history on every machine") {
  Shop shop({});
  CHECK(event_json(shop.next()) ==
        R"({"user":"u309","item":"i3265","type":"view","time":1704067200000,"session":"s0"})");
  CHECK(history_hash({}, 200'000) == 10276869089162661431ULL);
  CHECK(history_hash({.seed = 2}, 200'000) != history_hash({}, 200'000));
}

TEST_CASE("every kind of event is written with its fields") {
  using Kind = ShopEvent::Kind;
  ShopEvent event{.user = 4294967295,
                  .item = 7,
                  .kind = Kind::view,
                  .quantity = 2,
                  .stars = 4,
                  .price_cents = 1205,
                  .session = 18446744073709551615ULL,
                  .time_ms = 1704067200123};
  const auto text = [&event](Kind kind) {
    event.kind = kind;
    return event_json(event);
  };
  const std::string head = R"({"user":"u4294967295","item":"i7","type":")";
  const std::string tail = R"(","time":1704067200123,"session":"s18446744073709551615")";
  CHECK(text(Kind::view) == head + "view" + tail + "}");
  CHECK(text(Kind::like) == head + "like" + tail + "}");
  CHECK(text(Kind::cart) == head + "cart" + tail + "}");
  CHECK(text(Kind::purchase) == head + "purchase" + tail + R"(,"quantity":2,"price":12.05})");
  CHECK(text(Kind::rating) == head + "rating" + tail + R"(,"value":4})");
  CHECK(text(Kind::dislike) == head + "dislike" + tail + "}");
  CHECK(text(Kind::uncart) == head + "uncart" + tail + "}");
  CHECK(text(Kind::giveback) == head + "return" + tail + R"(,"quantity":2})");
  CHECK(event_key(event) == "u4294967295");
}

TEST_CASE("the catalogue describes every item") {
  const Shop shop({.items = 3000});
  std::set<std::string> titles, narrow;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const auto record = nlohmann::json::parse(shop.catalog(i));
    REQUIRE(record["item"] == std::string("i").append(std::to_string(i)));
    REQUIRE(record["category"].size() == 3);
    REQUIRE(record["price"].get<double>() > 0);
    REQUIRE_FALSE(record["brand"].get<std::string>().empty());
    titles.insert(record["title"]);
    narrow.insert(record["category"][2]);
  }
  CHECK(titles.size() == 3000);
  CHECK(narrow.size() == shop.assortment().shelf_count());
}

TEST_CASE("shelves and departments are ranges that leave nothing out") {
  for (const std::uint32_t items : {1U, 2U, 24U, 26U, 700U, 5001U}) {
    const Assortment assortment(1, items);
    CHECK(assortment.shelf_begin(0) == 0);
    CHECK(assortment.shelf_begin(assortment.shelf_count()) == items);
    CHECK(assortment.department_begin(assortment.department_count()) == assortment.shelf_count());
    std::set<std::uint32_t> ranks;
    for (std::uint32_t i = 0; i < items; ++i) {
      const Assortment::Item& item = assortment.item(i);
      REQUIRE(assortment.item_at(item.position) == i);
      REQUIRE(item.position >= assortment.shelf_begin(item.shelf));
      REQUIRE(item.position < assortment.shelf_begin(item.shelf + 1));
      const std::uint32_t department = assortment.department_of(item.shelf);
      REQUIRE(item.shelf >= assortment.department_begin(department));
      REQUIRE(item.shelf < assortment.department_begin(department + 1));
      for (const std::uint32_t next : item.next) REQUIRE(next < items);
      ranks.insert(item.rank);
    }
    CHECK(ranks.size() == items);
  }
}

TEST_CASE("the smallest shops work") {
  for (const std::uint32_t users : {1U, 2U}) {
    for (const std::uint32_t items : {1U, 2U, 30U}) {
      Shop shop({.users = users, .items = items});
      std::int64_t time_ms = 0;
      for (int i = 0; i < 5000; ++i) {
        const ShopEvent event = shop.next();
        REQUIRE(event.user < users);
        REQUIRE(event.item < items);
        REQUIRE(event.time_ms >= time_ms);
        time_ms = event.time_ms;
      }
    }
  }
}

TEST_CASE("memory does not grow with the events") {
  Shop shop({.users = 1000, .items = 500});
  for (int i = 0; i < 20'000; ++i) shop.next();
  const std::size_t early = shop.memory_bytes();
  for (int i = 0; i < 500'000; ++i) shop.next();
  CHECK(shop.memory_bytes() <= early + early / 10);
  CHECK(early < 1000 * 60 + 500 * 100 + 20'000);
}

}  // namespace
}  // namespace freshet
