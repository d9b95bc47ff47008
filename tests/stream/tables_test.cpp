// Names and ids: items and users.

#include <catch2/catch.hpp>

#include "state/memory_store.h"
#include "stream/bytes.h"
#include "stream/dictionary.h"
#include "stream/users.h"
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

TEST_CASE("a gap, a double name or an endless name among the items is damage, in words") {
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
  CHECK(restore({{0, std::string(70'000, 'x')}}) == "state: the items are damaged at number 0");
}

TEST_CASE("users get dense ids, and keep their address") {
  Users users;
  CHECK(users.admit("anna") == UserId{0});
  User* const anna = &users[UserId{0}];
  for (int i = 0; i < 1'000; ++i) users.admit("user " + std::to_string(i));
  CHECK(users.admit("anna") == UserId{0});
  CHECK(&users[UserId{0}] == anna);
  CHECK(anna->name == "anna");
  CHECK(users.size() == 1'001);
  CHECK(users.find("user 999") == UserId{1'000});
  CHECK(users.find("nobody").is_none());
  CHECK_FALSE(users.exists(UserId{1'001}));
  CHECK_FALSE(users.exists(UserId{}));
}

TEST_CASE("a new user gets the smallest free id") {
  Users users;
  for (const char* const name : {"a", "b", "c", "d"}) users.admit(name);
  users.erase(UserId{2});
  users.erase(UserId{0});
  CHECK(users.size() == 2);
  CHECK(users.find("a").is_none());
  CHECK_FALSE(users.exists(UserId{0}));
  CHECK(users.admit("e") == UserId{0});
  CHECK(users[UserId{0}].history.empty());
  CHECK(users.admit("a") == UserId{2});
  CHECK(users.admit("f") == UserId{4});
  CHECK(users.size() == 5);
}

TEST_CASE("each changed user is saved once, an erased one as an erasure") {
  Users users;
  users.admit("a");
  users.admit("b");
  users.admit("a");
  RowBatch first;
  users.save(first);
  CHECK(first.size() == 2);
  RowBatch none;
  users.save(none);
  CHECK(none.size() == 0);
  users.admit("b");
  users.erase(UserId{0});
  RowBatch second;
  users.save(second);
  REQUIRE(second.size() == 2);
  CHECK(second.row(0).key == id_key(1));
  CHECK_FALSE(second.row(0).erased);
  CHECK(second.row(1).key == id_key(0));
  CHECK(second.row(1).erased);
}

TEST_CASE("restored users go on as if they had never stopped, free ids included") {
  Users users;
  MemoryStore store;
  for (const char* const name : {"a", "b", "c", "d", "e"}) users.admit(name);
  save(users, store);
  users.erase(UserId{4});  // the last one
  users.erase(UserId{1});
  users[users.admit("c")].session = 9;
  save(users, store);
  Users back;
  REQUIRE(message_of(back.restore(store)).empty());
  CHECK(back.size() == users.size());
  CHECK(back[back.find("c")].session == 9);
  CHECK(back.find("b").is_none());
  for (const char* const name : {"new 1", "new 2", "new 3", "b"}) {
    CHECK(back.admit(name) == users.admit(name));
  }
}

TEST_CASE("a damaged user's row is named by his number") {
  MemoryStore store;
  RowBatch batch;
  batch.put("user", id_key(3), "not a row");
  store.write(batch).value();
  Users users;
  CHECK(message_of(users.restore(store)) == "state: the row of user number 3 is damaged");
}
