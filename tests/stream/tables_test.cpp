// Names and ids of items.

#include <catch2/catch.hpp>

#include "state/memory_store.h"
#include "stream/bytes.h"
#include "stream/dictionary.h"
#include "tests/support/status.h"

using namespace freshet;
using test::message_of;

namespace {

template <class Table>
void save(Table& table, Store& store) {
  RowBatch batch;
  table.save(batch);
  store.write(batch).value();
}

}  // namespace

TEST_CASE("items get dense ids in order of first appearance") {
  ItemDictionary items;
  CHECK(items.intern("boots") == ItemId{0});
  CHECK(items.intern("hat") == ItemId{1});
  CHECK(items.intern("boots") == ItemId{0});
  CHECK(items.size() == 2);
  CHECK(items.name(ItemId{1}) == "hat");
  CHECK(items.find("hat") == ItemId{1});
  CHECK(items.find("Hat").is_none());
  CHECK(items.find("").is_none());
}

TEST_CASE("an item's name never moves, however many follow") {
  ItemDictionary items;
  const std::string_view first = items.name(items.intern("first"));
  for (int i = 0; i < 20'000; ++i) items.intern("item number " + std::to_string(i));
  CHECK(first == "first");
  CHECK(items.name(ItemId{0}).data() == first.data());
  CHECK(items.find("item number 19999") == ItemId{20'000});
}

TEST_CASE("names with zero bytes are names like others") {
  ItemDictionary items;
  const std::string a("x\0a", 3), b("x\0b", 3);
  CHECK(items.intern(a) == ItemId{0});
  CHECK(items.intern(b) == ItemId{1});
  CHECK(items.name(ItemId{1}) == b);
}

TEST_CASE("items come back from the store; only new ones are saved") {
  MemoryStore store;
  ItemDictionary items;
  items.intern("a");
  items.intern("b");
  save(items, store);
  items.intern("c");
  RowBatch batch;
  items.save(batch);
  REQUIRE(batch.size() == 1);
  CHECK(batch.row(0).value == "c");
  store.write(batch).value();
  ItemDictionary back;
  REQUIRE(message_of(back.restore(store)).empty());
  CHECK(back.size() == 3);
  CHECK(back.find("c") == ItemId{2});
  RowBatch nothing;
  back.save(nothing);
  CHECK(nothing.size() == 0);
  CHECK(back.intern("d") == ItemId{3});
}

TEST_CASE("a gap, a double, empty or endless name among the items is damage, in words") {
  const auto restore = [](std::vector<std::pair<std::uint32_t, std::string>> rows) {
    MemoryStore store;
    RowBatch batch;
    for (const auto& [id, name] : rows) batch.put("item", id_key(id), name);
    store.write(batch).value();
    return message_of(ItemDictionary().restore(store));
  };
  CHECK(restore({{0, "a"}, {1, "b"}}).empty());
  CHECK(restore({{0, "a"}, {2, "b"}}) == "state: the items are damaged at number 1");
  CHECK(restore({{0, "a"}, {1, "a"}}) == "state: the items are damaged at number 1");
  CHECK(restore({{0, ""}}) == "state: the items are damaged at number 0");
  CHECK(restore({{0, std::string(70'000, 'x')}}) == "state: the items are damaged at number 0");
}
