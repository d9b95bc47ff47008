// The users in memory, and those who are not.

#include "stream/users.h"

#include <catch2/catch.hpp>
#include <limits>

#include "state/memory_store.h"
#include "tests/support/status.h"

using namespace freshet;
using test::message_of;

namespace {

constexpr std::size_t nobody_stays = 0;
constexpr std::size_t items = 10;

/// Users over a store, as the engine uses them.
struct Table {
  Table() { users.restore(store).value(); }

  /// Writes a checkpoint.
  void checkpoint() {
    RowBatch batch;
    users.save(batch, every_row, ++number);
    store.write(batch).value();
    users.durable(number);
  }
  Users::Slot find(std::string_view name) {
    users.load({&name, 1}, items, executor).value();
    return users.find(name);
  }
  User& admit(std::string_view name) {
    users.load({&name, 1}, items, executor).value();
    User& user = users[users.admit(name)];
    users.measure();
    return user;
  }

  MemoryStore store;
  Users users;
  Executor executor{2};
  std::uint64_t number = 0;
};

}  // namespace

TEST_CASE("users get ids in the order of their first events, and keep their address") {
  Table t;
  User* const anna = &t.admit("anna");
  CHECK(anna->id == UserId{0});
  for (int i = 0; i < 1'000; ++i) t.admit("user " + std::to_string(i));
  CHECK(&t.admit("anna") == anna);
  CHECK(anna->name == "anna");
  CHECK(t.users.size() == 1'001);
  CHECK(t.admit("user 999").id == UserId{1'000});
  CHECK(t.find("nobody") == Users::none);
}

TEST_CASE("the id of an erased user is never given again") {
  Table t;
  for (const char* const name : {"a", "b", "c"}) t.admit(name);
  t.users.erase(t.find("b"));
  CHECK(t.users.size() == 2);
  CHECK(t.find("b") == Users::none);
  CHECK(t.admit("d").id == UserId{3});
  CHECK(t.admit("b").id == UserId{4});
  CHECK(t.admit("b").history.empty());
}

TEST_CASE("each changed user is saved once, an erased one as an erasure") {
  Table t;
  t.admit("a");
  t.admit("b");
  t.admit("a");
  RowBatch first;
  CHECK(t.users.save(first, every_row, 1));
  CHECK(first.size() == 3);  // two users and their number
  RowBatch none;
  CHECK(t.users.save(none, every_row, 2));
  CHECK(none.size() == 0);
  t.admit("b");
  t.users.erase(t.find("a"));
  RowBatch second;
  CHECK(t.users.save(second, every_row, 2));
  REQUIRE(second.size() == 3);
  CHECK(second.row(0).key == "a");
  CHECK(second.row(0).erased);
  CHECK(second.row(2).key == "b");
  CHECK_FALSE(second.row(2).erased);
}

TEST_CASE("users can be saved some at a time, and one who changes meanwhile is saved again") {
  Table t;
  for (const char* const name : {"a", "b", "c", "d"}) t.admit(name);
  RowBatch rows;
  CHECK_FALSE(t.users.save(rows, 1, 1));  // a; b, c and d are left
  t.admit("a").session = 7;
  CHECK(t.users.save(rows, 3, 1));  // b, c and d; a is left
  CHECK(t.users.save(rows, 3, 1));  // too few to begin with
  CHECK(rows.size() == 1 + 1 + 3);  // their number, and the users
  CHECK(t.users.save(rows, every_row, 1));
  MemoryStore store;
  store.write(rows).value();
  CHECK((*stored_user(store, "a"))->session == 7);
  std::size_t stored = 0;
  for_each_stored_user(store, [&](const User&) { ++stored; }).value();
  CHECK(stored == 4);
}

TEST_CASE("restored users go on as if they had never stopped, and are read when they come") {
  Table t;
  for (const char* const name : {"a", "b", "c", "d"}) t.admit(name);
  t.users.erase(t.find("b"));
  t.admit("c").session = 9;
  t.checkpoint();
  Users back;
  REQUIRE(message_of(back.restore(t.store)).empty());
  CHECK(back.size() == 3);
  CHECK(back.in_memory() == 0);
  const std::vector<std::string_view> names = {"c", "b", "c", "e"};
  back.load(names, items, t.executor).value();
  CHECK(back.in_memory() == 1);
  CHECK(back[back.find("c")].session == 9);
  CHECK(back[back.find("c")].id == UserId{2});
  CHECK(back.find("b") == Users::none);
  CHECK(back[back.admit("e")].id == UserId{4});
}

TEST_CASE("who has not come for long is let go, and comes back as he was") {
  Table t;
  for (int i = 0; i < 100; ++i) t.admit("user " + std::to_string(i)).session = 1 + i;
  t.checkpoint();
  const std::size_t full = t.users.memory_bytes();
  t.users.evict(full);
  CHECK(t.users.in_memory() == 100);
  t.users.evict(full / 2);
  CHECK(t.users.memory_bytes() <= full / 2);
  CHECK(t.users.in_memory() < 60);
  CHECK(t.users.in_memory() > 40);
  for (int i = 0; i < 100; ++i) {
    User& user = t.admit("user " + std::to_string(i));
    CHECK(user.session == static_cast<std::uint32_t>(1 + i));
    CHECK(user.id == UserId{static_cast<std::uint32_t>(i)});
  }
  CHECK(t.users.size() == 100);
  CHECK(t.users.memory_bytes() == full);
}

TEST_CASE("nobody is let go before his newest row is on disk") {
  Table t;
  t.admit("a").session = 1;
  t.users.evict(nobody_stays);
  CHECK(t.users.in_memory() == 1);
  RowBatch rows;
  t.users.save(rows, every_row, 5);
  t.users.evict(nobody_stays);  // taken, not yet written
  CHECK(t.users.in_memory() == 1);
  t.store.write(rows).value();
  t.users.durable(4);
  t.users.evict(nobody_stays);
  CHECK(t.users.in_memory() == 1);
  t.users.durable(5);
  t.users.evict(nobody_stays);
  CHECK(t.users.in_memory() == 0);
  CHECK(t.admit("a").session == 1);
  t.admit("a").session = 2;
  t.users.evict(nobody_stays);  // changed since
  CHECK(t.users[t.find("a")].session == 2);
}

TEST_CASE("an erased user stays erased while his row is still on disk") {
  Table t;
  t.admit("a").session = 5;
  t.admit("b");
  t.checkpoint();
  t.users.evict(nobody_stays);  // from now on the store is asked
  t.users.erase(t.find("a"));
  CHECK(t.find("a") == Users::none);
  RowBatch erasure;
  t.users.save(erasure, every_row, 2);
  CHECK(t.find("a") == Users::none);  // the erasure is on its way
  CHECK(t.admit("a").session == 0);
  CHECK(t.admit("a").id == UserId{2});
  t.store.write(erasure).value();
  t.users.durable(2);
  CHECK(t.admit("a").id == UserId{2});
}

TEST_CASE("a damaged user's row is named by his name") {
  Table t;
  t.admit("anna");
  t.checkpoint();
  RowBatch batch;
  batch.put("user", "anna", "not a row");
  t.store.write(batch).value();
  Users users;
  users.restore(t.store).value();
  const std::string_view name = "anna";
  CHECK(message_of(users.load({&name, 1}, items, t.executor)) ==
        "state: the row of user 'anna' is damaged");
}

TEST_CASE("a user's row that names an item which the state does not have is damaged") {
  const auto load = [](std::uint32_t item) {
    Table t;
    t.admit("anna").held = {ItemId{item}};
    t.checkpoint();
    Users users;
    users.restore(t.store).value();
    const std::string_view name = "anna";
    return message_of(users.load({&name, 1}, items, t.executor));
  };
  CHECK(load(items - 1).empty());
  CHECK(load(items) == "state: the row of user 'anna' is damaged");
}

TEST_CASE("a name that cannot be printed as it is can be complained about") {
  Table t;
  t.admit("a");
  t.checkpoint();
  RowBatch batch;
  batch.put("user", "\x1b[2J\xff", "not a row");
  t.store.write(batch).value();
  const std::string sentence = message_of(for_each_stored_user(t.store, [](const User&) {}));
  CHECK(sentence.find('\x1b') == std::string::npos);
  CHECK(sentence.find('\xff') == std::string::npos);
}
