// Lists of similar items: what is told, when, and the same however often it was stopped.

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "models/item_cf.h"
#include "models/registry.h"
#include "tests/stream/engine_play.h"

using namespace freshet;
using namespace freshet::test;

namespace {

Engine::Parts parts_with(SimilarOptions similar, std::uint32_t epoch = 1) {
  Engine::Parts parts;
  parts.engine = epochs_of(epoch);
  parts.similar = similar;
  std::vector<const Model*> models;
  for (const config::Tagged& options : default_models()) {
    parts.models.push_back(make_model(options));
    models.push_back(parts.models.back().get());
  }
  parts.ranker = make_ranker(std::move(models), default_fusion());
  return parts;
}

SimilarOptions often() {
  return {.size = 20, .min_interval = config::Millis{0}, .events_per_list = 1};
}

std::string text_of(const std::vector<SimilarList>& lists) {
  std::string text;
  for (const SimilarList& list : lists) {
    write_similar(list, text);
    text += '\n';
  }
  return text;
}

void tell_catalog(Shop& shop, std::string_view item, std::optional<CatalogEntry> entry) {
  Decoded record;
  record.offset = shop.next_offset++;
  record.what = CatalogRecord{std::string(item), std::move(entry)};
  const std::vector<Decoded> one = {record};
  std::vector<Outcome> out;
  shop.engine.process(one, out);
}

std::vector<Decoded> stream(std::uint64_t seed, std::size_t n) {
  std::vector<Decoded> records;
  const auto random = [&](std::uint32_t below) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((seed >> 33) % below);
  };
  for (std::size_t k = 0; k < n; ++k) {
    const std::string user = "u" + std::to_string(random(20));
    const std::string item = "i" + std::to_string(random(30));
    const char* const type = random(60) == 0 ? "forget" : random(4) == 0 ? "purchase" : "view";
    Event event = event_of(user, std::string_view(type) == "forget" ? "" : item, type,
                           start_ms + static_cast<std::int64_t>(k) * 1'000);
    records.push_back(decoded(std::move(event), static_cast<Offset>(k)));
  }
  return records;
}

}  // namespace

TEST_CASE("similar items: told with score and support when a list changes, not when it does not") {
  Shop shop(parts_with(often()));
  CHECK(shop.act("u1", "a").similar.empty());
  // co = 1, n = 1 each.
  CHECK(text_of(shop.act("u1", "b", "view", 5).similar) ==
        R"({"item":"a","time":1700000000005,"items":[{"item":"b","score":1,"support":1}]})"
        "\n"
        R"({"item":"b","time":1700000000005,"items":[{"item":"a","score":1,"support":1}]})"
        "\n");
  CHECK(shop.act("u1", "a", "view", 6).similar.empty());
  shop.act("u2", "b", "view", 7);
  const auto told = shop.act("u2", "c", "view", 8).similar;
  // For b: a and c alike, by name. n(b) = 2: 1/√2.
  CHECK(
      text_of(told) ==
      R"({"item":"c","time":1700000000008,"items":[{"item":"b","score":0.757858276,"support":1}]})"
      "\n"
      R"({"item":"b","time":1700000000008,"items":[{"item":"a","score":0.707106769,"support":1},)"
      R"({"item":"c","score":0.707106769,"support":1}]})"
      "\n");
}

TEST_CASE("similar items: a forgotten user's pairs are told gone by empty lists, once") {
  Shop shop(parts_with(often()));
  // Nobody's similar items, but events that pay for lists.
  for (int k = 0; k < 20; ++k) shop.act("idle" + std::to_string(k), "z");
  shop.act("u1", "a");
  shop.act("u1", "b");
  const auto told = shop.act("u1", "", "forget").similar;
  REQUIRE(told.size() == 2);
  CHECK(told[0].item == "a");
  CHECK(told[0].entries.empty());
  CHECK(shop.act("u3", "a").similar.empty());
}

TEST_CASE("similar items: at most every min_interval of an item, but then what is new") {
  SimilarOptions options = often();
  options.min_interval = config::Millis{1'000};
  Shop shop(parts_with(options));
  shop.act("u1", "a", "view", 0);
  CHECK(shop.act("u1", "b", "view", 0).similar.size() == 2);
  shop.act("u2", "a", "view", 1);
  CHECK(shop.act("u2", "c", "view", 999).similar.size() == 1);  // c alone: a was told
  const auto told = shop.act("u3", "x", "view", 1'000).similar;
  REQUIRE(told.size() == 1);
  CHECK(told[0].item == "a");
  CHECK(told[0].entries.size() == 2);
}

TEST_CASE("similar items: one list for so many events, and the others later") {
  SimilarOptions options = often();
  options.events_per_list = 3;
  Shop shop(parts_with(options));
  std::size_t lists = 0;
  std::set<std::string> items;
  for (int k = 0; k < 30; ++k) {
    for (const auto& list : shop.act("u1", "i" + std::to_string(k)).similar) {
      items.insert(std::string(list.item));
      ++lists;
    }
    CHECK(lists <= static_cast<std::size_t>(k + 1) / 3);
  }
  CHECK(lists == 10);
  for (int k = 0; k < 200; ++k) {
    for (const auto& list : shop.act("u" + std::to_string(k + 2), "i0").similar) {
      items.insert(std::string(list.item));
    }
  }
  CHECK(items.size() == 30);
}

TEST_CASE("similar items: what is not recommendable is in no list made from then on") {
  Shop shop(parts_with(often()));
  // Nobody's similar items, but events that pay for lists.
  for (int k = 0; k < 20; ++k) shop.act("idle" + std::to_string(k), "z");
  for (const char* item : {"a", "b", "c"}) shop.act("u1", item);
  CatalogEntry sold_out;
  sold_out.stock = 0;
  tell_catalog(shop, "c", sold_out);
  std::map<std::string, std::size_t> sizes;
  for (const auto& list : shop.act("u9", "z").similar) {
    sizes[std::string(list.item)] = list.entries.size();
    for (const auto& e : list.entries) CHECK(e.item != "c");
  }
  CHECK(sizes == std::map<std::string, std::size_t>{{"a", 1}, {"b", 1}});
  tell_catalog(shop, "a", std::nullopt);
  sizes.clear();
  for (const auto& list : shop.act("u9", "z").similar) {
    sizes[std::string(list.item)] = list.entries.size();
  }
  // Withdrawn: its own list is gone, and so it is from the others'.
  CHECK(sizes == std::map<std::string, std::size_t>{{"a", 0}, {"b", 0}, {"c", 1}});
}

TEST_CASE("similar items: the same with any spans, stopped at any moment or not") {
  SimilarOptions options{.size = 5, .min_interval = config::Millis{20'000}, .events_per_list = 2};
  const std::vector<Decoded> records = stream(7, 1'500);
  const auto told = [](const std::vector<Outcome>& out) {
    std::string text;
    for (const Outcome& o : out) text += text_of(o.similar);
    return text;
  };
  std::vector<Outcome> out;
  Shop steady(parts_with(options, 8));
  std::string expected;
  std::map<std::string, std::string> expected_rows;
  MemoryStore steady_store;
  for (std::size_t at = 0; at < records.size(); at += 100) {
    steady.engine.process(std::span(records).subspan(at, 100), out);
    expected += told(out);
    steady.save(steady_store);
  }
  CHECK(expected.size() > 10'000);
  MemoryStore store;
  std::string text;
  auto shop = std::make_unique<Shop>(parts_with(options, 8));
  for (std::size_t at = 0, span = 1; at < records.size(); at += span, span = span * 7 % 61 + 1) {
    span = std::min(span, records.size() - at);
    shop->engine.process(std::span(records).subspan(at, span), out);
    text += told(out);
    shop->save(store);
    if (span % 3 != 0) continue;
    shop = std::make_unique<Shop>(parts_with(options, 8));
    RowBatch stale;
    REQUIRE(shop->engine.restore(store, stale).has_value());
    CHECK(stale.size() == 0);
  }
  CHECK(text == expected);
  CHECK(digest_of(store) == digest_of(steady_store));
}

TEST_CASE("similar items: damaged rows are refused") {
  for (const std::string& value : {std::string("x"), std::string(18, '\xff'), std::string()}) {
    MemoryStore store;
    Shop shop(parts_with(often()));
    shop.act("u1", "a");
    shop.act("u1", "b");
    shop.save(store);
    RowBatch batch;
    batch.put("similar.items", id_key(1), value);
    REQUIRE(store.write(batch).has_value());
    Shop again(parts_with(often()));
    RowBatch stale;
    CHECK_FALSE(again.engine.restore(store, stale).has_value());
  }
}
