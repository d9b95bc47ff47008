// A user as a row of the state.

#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <string>

#include "tests/stream/user_play.h"

using namespace freshet;
using namespace freshet::test;

namespace {

User anna() {
  User u;
  u.name = "anna";
  u.id = UserId{5};
  u.session = 2;
  u.session_events = 3;
  u.session_hash = 0x1122334455667788;
  u.last_ms = start_ms + 123;
  HistoryItem h;
  h.item = ItemId{7};
  h.strength = 5;
  h.last_ms = start_ms + 100;
  h.session = 2;
  h.types = 0x81;
  h.count = 4;
  h.strongest = {7};
  h.undoable[0] = 1;
  h.rating = 2.5F;
  h.order = 3;
  u.history = {h};
  u.recent = {{ItemId{7}, {11}, 2, start_ms + 100, 6}};
  u.event_ids = {0xfedcba9876543210};
  u.attributes = {{"age", 41.0}, {"country", std::string("NL")}, {"vip", true}};
  u.list_ms = start_ms + 123;
  u.held = {ItemId{7}, ItemId{9}};
  u.held_popular = {ItemId{3}};
  u.example = "\xf0\x0d";
  u.learn_due_us = 0x0102030405;
  return u;
}

constexpr std::string_view golden =
    "03"                                    // version
    "05000000"                              // id
    "02000000030000008877665544332211"      // session, its events, its hash
    "7b68e5cf8b010000"                      // last_ms
    "01000000"                              // history: 1
    "070000000000a0406468e5cf8b010000"      // item, strength, last_ms
    "02000000810000000400"                  // session, types, count
    "07010000002040"                        // strongest, undoable, rating
    "03000000"                              // order
    "01000000"                              // recent: 1
    "070000000b020000006468e5cf8b010000"    // item, type, session, time
    "0600000000000000"                      // learned
    "010000001032547698badcfe"              // event ids: 1
    "03000000"                              // attributes: 3
    "03000000616765010000000000804440"      // age: number
    "07000000636f756e74727900020000004e4c"  // country: text
    "030000007669700201"                    // vip: flag
    "7b68e5cf8b010000"                      // list_ms
    "020000000700000009000000"              // held: 2
    "0100000003000000"                      // held_popular: 1
    "02000000f00d"                          // example
    "0504030201000000";                     // learn_due_us

std::string hex_of(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[c & 15];
  }
  return out;
}

}  // namespace

TEST_CASE("a user's row has these bytes, and may not change without a new format version") {
  CHECK(hex_of(anna().encode()) == golden);
}

TEST_CASE("a user comes back from his row as he was") {
  const std::string row = anna().encode();
  User back;
  back.name = "somebody else";
  back.held = {ItemId{1}, ItemId{2}, ItemId{3}};
  back.attributes = {{"gone", 1.0}};
  REQUIRE(back.decode(row));
  CHECK(back.name == "somebody else");  // the name is the key
  CHECK(back.id == UserId{5});
  CHECK(back.session_hash == 0x1122334455667788);
  REQUIRE(back.history.size() == 1);
  CHECK(back.history[0].strength == 5.0F);
  CHECK(back.history[0].undoable[0] == 1);
  CHECK(back.history[0].rating == 2.5F);
  CHECK(back.recent[0].type == EventTypeId{11});
  CHECK(back.attributes == anna().attributes);
  CHECK(back.held == anna().held);
  CHECK(back.held_popular == anna().held_popular);
  CHECK(back.example == anna().example);
  CHECK(back.encode() == row);
}

TEST_CASE("a user without anything comes back too") {
  User back = anna();
  REQUIRE(back.decode(User{}.encode()));
  CHECK(back.encode() == User{}.encode());
}

TEST_CASE("a row that was cut off anywhere is damaged") {
  const std::string row = anna().encode();
  for (std::size_t n = 0; n < row.size(); ++n) {
    INFO("the first " << n << " bytes");
    REQUIRE_FALSE(User{}.decode(std::string_view(row).substr(0, n)));
  }
}

TEST_CASE("a row with a byte too many, another version or an unknown kind of value is damaged") {
  std::string row = anna().encode();
  CHECK_FALSE(User{}.decode(row + '\0'));
  row[0] = 2;
  CHECK_FALSE(User{}.decode(row));
  row = anna().encode();
  const std::size_t kind = row.find("vip") + 3;
  row[kind] = 3;
  CHECK_FALSE(User{}.decode(row));
}

TEST_CASE("no byte of a row, changed to anything, crashes the reader") {
  const std::string row = anna().encode();
  std::size_t damaged = 0;
  for (std::size_t at = 0; at < row.size(); ++at) {
    for (const char c : {'\0', '\1', '\2', '\x7f', '\x80', '\xff'}) {
      std::string changed = row;
      changed[at] = c;
      User user;
      if (!user.decode(changed)) {
        ++damaged;
      } else {
        REQUIRE(user.encode().size() == row.size());
      }
    }
  }
  CHECK(damaged > 100);  // versions, counts, lengths
}

TEST_CASE("a row with a value that no user can have is damaged") {
  const auto read = [](const std::function<void(User&)>& change) {
    User user = anna();
    change(user);
    return User{}.decode(user.encode());
  };
  REQUIRE(read([](User&) {}));
  // Strengths that would make sums which cannot be stored.
  for (const float wrong : {std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(), 3e38F, -101.0F}) {
    CHECK_FALSE(read([&](User& u) { u.history[0].strength = wrong; }));
    CHECK_FALSE(read([&](User& u) { u.history[0].rating = wrong; }));
  }
  // Times whose difference to an event's would overflow.
  for (const std::int64_t wrong : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                   std::numeric_limits<std::int64_t>::max()}) {
    CHECK_FALSE(read([&](User& u) { u.last_ms = wrong; }));
    CHECK_FALSE(read([&](User& u) { u.list_ms = wrong; }));
    CHECK_FALSE(read([&](User& u) { u.history[0].last_ms = wrong; }));
    CHECK_FALSE(read([&](User& u) { u.recent[0].time_ms = wrong; }));
  }
  CHECK_FALSE(read([](User& u) { u.history[0].item = ItemId{}; }));
  CHECK_FALSE(read([](User& u) { u.history[0].strongest = {32}; }));
  CHECK_FALSE(read([](User& u) { u.recent[0].item = ItemId{}; }));
  CHECK_FALSE(read([](User& u) { u.recent[0].type = {32}; }));
  CHECK_FALSE(read([](User& u) { std::swap(u.attributes[0], u.attributes[1]); }));
  CHECK_FALSE(read([](User& u) { u.attributes[1] = u.attributes[0]; }));
  CHECK_FALSE(
      read([](User& u) { u.attributes[0].second = std::numeric_limits<double>::infinity(); }));
}

TEST_CASE("a flag is 0 or 1, so that a row that is read is written as it was") {
  std::string row = anna().encode();
  row[row.find("vip") + 4] = 2;
  CHECK_FALSE(User{}.decode(row));
}
