// What the catalogue does to lists: an item that is not to be had is in none made after that record
// (contract §2), and what lists.include names goes with each item.

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/stream/engine_play.h"
#include "tests/stream/real_parts.h"

using namespace freshet;
using namespace freshet::test;

namespace {

CatalogEntry titled(std::string title) {
  CatalogEntry e;
  e.title = std::move(title);
  e.price = 9.5;
  e.attributes = {{"size", 42.0}};
  return e;
}

Decoded said(const std::string& item, std::optional<CatalogEntry> entry, Offset offset = 0) {
  Decoded d;
  d.partition = catalog_partition(0);
  d.offset = offset;
  d.what = CatalogRecord{item, std::move(entry)};
  return d;
}

/// Events of random_log between words of the catalogue on items of the same names.
std::vector<Decoded> mixed_log(std::uint32_t seed, std::size_t records) {
  LogMix mix;
  mix.hostile = 0;
  std::vector<Decoded> log;
  Random random(seed);
  std::vector<std::string> items;
  Offset entries = 0;
  for (Decoded& event : decode_all(random_log(seed, records, mix))) {
    if (const Event* e = event.event(); e != nullptr && !e->item.empty()) items.push_back(e->item);
    log.push_back(std::move(event));
    if (items.empty() || random.below(3) != 0) continue;
    const std::string item = random.below(5) == 0
                                 ? "new " + std::to_string(random.below(6))
                                 : items[random.below(static_cast<std::uint32_t>(items.size()))];
    CatalogEntry entry = titled("thing " + std::to_string(random.below(4)));
    std::optional<CatalogEntry> word;
    const std::uint32_t kind = random.below(6);
    if (kind == 0) entry.available = false;
    if (kind == 1) entry.stock = 0;
    if (kind > 2) entry.stock = 3;
    if (kind != 2) word = entry;
    log.push_back(said(item, word, entries++));
  }
  return log;
}

/// Items that must be in no list, as the records so far say.
void note(const Decoded& record, std::set<std::string>& withheld) {
  const CatalogRecord* r = record.catalog();
  if (r == nullptr) return;
  if (r->entry && r->entry->recommendable()) {
    withheld.erase(r->item);
  } else {
    withheld.insert(r->item);
  }
}

std::size_t check_list(const List& list, const std::set<std::string>& withheld) {
  for (const List::Entry& entry : list.entries) {
    INFO(entry.item);
    REQUIRE(withheld.count(std::string(entry.item)) == 0);
  }
  return list.entries.size();
}

}  // namespace

TEST_CASE("an item that is not to be had is in no list made after that record, restarts included") {
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    const auto log = mixed_log(seed, 500);
    Random random(seed);
    MemoryStore store;
    auto engine = std::make_unique<Engine>(real_parts(epochs_of(16)));
    std::set<std::string> withheld;
    std::size_t shown = 0, withheld_most = 0, restarts = 0;
    for (std::size_t i = 0; i < log.size();) {
      const std::size_t n = std::min<std::size_t>(1 + random.below(20), log.size() - i);
      std::vector<Outcome> out;
      REQUIRE(engine->process(std::span(log).subspan(i, n), out).has_value());
      for (std::size_t k = 0; k < n; ++k) {
        note(log[i + k], withheld);
        shown += check_list(out[k].list, withheld);
      }
      withheld_most = std::max(withheld_most, withheld.size());
      i += n;
      if (random.below(4) == 0) {
        RowBatch rows;
        engine->save(rows);
        REQUIRE(store.write(rows).has_value());
        engine = std::make_unique<Engine>(real_parts(epochs_of(16)));
        RowBatch stale;
        REQUIRE(engine->restore(store, stale).has_value());
        ++restarts;
      }
      for (const std::string user : {"u1", "u5", "nobody"}) {
        Outcome answer;
        REQUIRE(engine->answer(user, start_ms + 1'000'000, answer).has_value());
        shown += check_list(answer.list, withheld);
      }
    }
    CHECK(shown > 3'000);
    CHECK(withheld_most > 5);
    CHECK(restarts > 5);
  }
}

TEST_CASE("an item that is to be had again is in lists again") {
  Shop shop(real_parts(epochs_of(1)));
  const auto shows = [&](const std::string& item) {
    Outcome answer;
    REQUIRE(shop.engine.answer("nobody", start_ms, answer).has_value());
    return std::any_of(answer.list.entries.begin(), answer.list.entries.end(),
                       [&](const List::Entry& e) { return e.item == item; });
  };
  const auto say = [&](std::optional<CatalogEntry> entry) {
    const std::vector<Decoded> one = {said("boots", std::move(entry))};
    shop.process(one);
  };
  shop.act("anna", "boots");
  shop.act("anna", "shoes");
  CHECK(shows("boots"));
  say(std::nullopt);
  CHECK_FALSE(shows("boots"));
  say(titled("Boots"));
  CHECK(shows("boots"));
  CatalogEntry sold_out = titled("Boots");
  sold_out.stock = 0;
  say(sold_out);
  CHECK_FALSE(shows("boots"));
  sold_out.stock = 1;
  say(sold_out);
  CHECK(shows("boots"));
  sold_out.available = false;
  say(sold_out);
  CHECK_FALSE(shows("boots"));
}

TEST_CASE("a shop that has a catalogue and no event yet shows what it has") {
  Shop shop(real_parts());
  const std::vector<Decoded> catalog = {said("a", titled("A")), said("b", std::nullopt),
                                        said("c", titled("C"))};
  shop.process(catalog);
  Outcome answer;
  REQUIRE(shop.engine.answer("nobody", start_ms, answer).has_value());
  CHECK(items_of(answer) == "a 1e-09, c 1e-09");
}

TEST_CASE("a new item without an event comes into lists by its words") {
  Shop shop(real_parts(epochs_of(1)));
  std::vector<Decoded> catalog;
  for (int i = 0; i < 40; ++i) {
    catalog.push_back(said("i" + std::to_string(i), titled("Plain " + std::to_string(i))));
  }
  catalog.push_back(said("boots", titled("Alpine climbing boots")));
  shop.process(catalog);
  for (int i = 0; i < 40; ++i) shop.act("crowd " + std::to_string(i), "i" + std::to_string(i));
  shop.act("anna", "boots");
  const std::vector<Decoded> fresh = {said("crampons", titled("Alpine climbing crampons"))};
  shop.process(fresh);
  const Outcome o = shop.act("anna", "boots", "view", 1'000);
  const auto& entries = o.list.entries;
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [](const List::Entry& e) { return e.item == "crampons"; });
  REQUIRE(found != entries.end());
  CHECK(found - entries.begin() < 3);
  REQUIRE(found->because_count == 1);
  CHECK(found->because[0] == "boots");
}

TEST_CASE("with a catalogue too, bytes depend neither on spans, threads nor interruptions") {
  ListOptions lists;
  lists.include = {"title", "stock"};
  const auto log = mixed_log(9, 300);
  Shop whole(real_parts(epochs_of(8), lists));
  const auto expected = whole.process(log);
  const auto rows = whole.rows();
  Random random(5);
  MemoryStore store;
  auto shop = std::make_unique<Shop>(real_parts(epochs_of(8, 1'000'000'000, 3), lists));
  std::vector<std::string> outcomes;
  for (std::size_t i = 0; i < log.size();) {
    const std::size_t n = std::min<std::size_t>(1 + random.below(30), log.size() - i);
    for (std::string& text : shop->process(std::span(log).subspan(i, n))) {
      outcomes.push_back(std::move(text));
    }
    i += n;
    shop->save(store);
    if (random.below(2) == 0) continue;
    shop = std::make_unique<Shop>(real_parts(epochs_of(8, 1'000'000'000, 3), lists));
    RowBatch stale;
    REQUIRE(shop->engine.restore(store, stale).has_value());
  }
  CHECK(outcomes == expected);
  CHECK(all_rows(store) == rows);
}

TEST_CASE("what lists.include names goes with each item, as it is when the list is made") {
  ListOptions lists;
  lists.include = {"price", "title", "attributes.size", "attributes.colour", "stock"};
  Shop shop(real_parts(epochs_of(1), lists));
  const std::vector<Decoded> catalog = {said("boots", titled("Bo\"ots"))};
  shop.process(catalog);
  shop.act("anna", "boots");
  shop.act("anna", "shoes");
  const Event asking = event_of("anna", "", "profile");
  const auto entries = [&] {
    Outcome o;
    REQUIRE(shop.engine.answer("bob", start_ms, o).has_value());
    std::string text;
    write_list(o.list, asking, {"events", 0, 0, "view"}, shop.engine.part_names(), text);
    std::map<std::string, nlohmann::json> by_item;
    const auto list = nlohmann::json::parse(text);
    for (const auto& entry : list["items"]) by_item[entry["item"]] = entry;
    return by_item;
  };
  auto found = entries();
  CHECK(found.at("boots")["title"] == "Bo\"ots");
  CHECK(found.at("boots")["price"] == 9.5);
  CHECK(found.at("boots")["attributes.size"] == 42);
  CHECK_FALSE(found.at("boots").contains("attributes.colour"));
  CHECK_FALSE(found.at("boots").contains("stock"));
  CHECK_FALSE(found.at("shoes").contains("title"));
  CatalogEntry other = titled("Boots II");
  other.stock = 7;
  const std::vector<Decoded> next = {said("boots", other)};
  shop.process(next);
  CHECK(entries().at("boots")["title"] == "Boots II");
  CHECK(entries().at("boots")["stock"] == 7);
}

TEST_CASE("lists.include: names that are none, or stand there twice, are refused") {
  CHECK(IncludedFields::problem({"title", "category", "brand", "price", "stock", "tags", "kind",
                                 "attributes", "attributes.a.b"})
            .empty());
  CHECK(IncludedFields::problem({"titel"}).starts_with("'titel' is no field"));
  CHECK(IncludedFields::problem({"attributes."}).starts_with("'attributes.' is no field"));
  CHECK(IncludedFields::problem({"title", "title"}) == "'title' is there twice");
  CHECK(IncludedFields({}).empty());
  CatalogEntry e;
  e.category = {"a", "b"};
  e.tags = {"t"};
  e.attributes = {{"a", true}, {"b", std::string("x")}, {"c", 0.1}};
  std::string out;
  IncludedFields({"tags", "attributes", "category", "kind", "brand", "price"}).write(e, out);
  CHECK(
      out ==
      R"(,"tags":["t"],"attributes":{"a":true,"b":"x","c":0.1},"category":["a","b"],"kind":"product")");
}

TEST_CASE(
    "an item whose only event was taken back, or that one user dislikes, is shown to others") {
  Shop shop(real_parts(epochs_of(1)));
  shop.act("anna", "x", "purchase");
  shop.act("anna", "x", "return", 1);
  shop.act("ben", "y", "dislike", 2);
  CHECK(items_of(shop.act("carl", "x", "dislike", 3)) == "y 1e-09");
  MemoryStore store;
  shop.save(store);
  Shop again(real_parts(epochs_of(1)));
  RowBatch stale;
  REQUIRE(again.engine.restore(store, stale).has_value());
  CHECK(items_of(again.act("dora", "x", "dislike", 4)) == "y 1e-09");
}
