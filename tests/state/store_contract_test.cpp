// What stream/store.h promises, of every store there is.

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "state/memory_store.h"
#include "state/rocks_store.h"
#include "tests/state/folder.h"
#include "tests/support/status.h"

using namespace freshet;
using namespace freshet::test;
using namespace std::string_literals;
using Rows = std::vector<std::pair<std::string, std::string>>;

namespace {

struct InMemory {
  Store& store() { return memory; }
  MemoryStore memory;
};

struct OnDisk {
  Store& store() { return *rocks; }
  TemporaryFolder folder;
  std::unique_ptr<RocksStore> rocks =
      RocksStore::open(folder / "state", RocksStore::Mode::read_write).value();
};

Rows rows_of(const RowReader& store, std::string_view space) {
  Rows rows;
  store
      .scan(space,
            [&](std::string_view key, std::string_view value) {
              rows.emplace_back(key, value);
              return Status();
            })
      .value();
  return rows;
}

template <class... Change>
void write(Store& store, Change&&... change) {
  RowBatch batch;
  (change(batch), ...);
  store.write(batch).value();
}

auto put(std::string space, std::string key, std::string value) {
  return [=](RowBatch& b) { b.put(space, key, value); };
}
auto erase(std::string space, std::string key) {
  return [=](RowBatch& b) { b.erase(space, key); };
}

}  // namespace

TEMPLATE_TEST_CASE("a store keeps the contract of stores", "", InMemory, OnDisk) {
  TestType world;
  Store& store = world.store();
  using Names = std::vector<std::string>;

  SECTION("a new store is empty") {
    CHECK(store.spaces().value().empty());
    CHECK(rows_of(store, "user").empty());
  }

  SECTION("rows are found in the order of their keys' bytes") {
    write(store, put("s", "b", "2"), put("s", "a", "1"), put("s", "\xff", "5"), put("s", "ab", "3"),
          put("s", "\x7f", "4"), put("s", "B", "0"));
    CHECK(rows_of(store, "s") ==
          Rows{{"B", "0"}, {"a", "1"}, {"ab", "3"}, {"b", "2"}, {"\x7f", "4"}, {"\xff", "5"}});
  }

  SECTION("a later write replaces, an erasure erases") {
    write(store, put("s", "a", "1"), put("s", "b", "1"), put("s", "c", "1"));
    write(store, put("s", "b", "2"), erase("s", "c"), erase("s", "never there"));
    CHECK(rows_of(store, "s") == Rows{{"a", "1"}, {"b", "2"}});
    write(store, put("s", "c", "3"));
    CHECK(rows_of(store, "s") == Rows{{"a", "1"}, {"b", "2"}, {"c", "3"}});
  }

  SECTION("within a batch the later row of a key wins") {
    write(store, put("s", "a", "1"), put("s", "b", "1"), put("s", "a", "2"), erase("s", "b"),
          erase("s", "c"), put("s", "c", "3"), put("s", "d", "1"), erase("s", "d"),
          put("s", "d", "2"));
    CHECK(rows_of(store, "s") == Rows{{"a", "2"}, {"c", "3"}, {"d", "2"}});
  }

  SECTION("spaces are apart, also when one's name begins with the other's") {
    write(store, put("user", "k", "1"), put("user.x", "k", "2"), put("user!", "k", "3"),
          put("use", "rk", "4"), put("users", "k", "5"));
    CHECK(rows_of(store, "user") == Rows{{"k", "1"}});
    CHECK(rows_of(store, "user.x") == Rows{{"k", "2"}});
    CHECK(rows_of(store, "use") == Rows{{"rk", "4"}});
    CHECK(rows_of(store, "us").empty());
    CHECK(store.spaces().value() == Names{"use", "user", "user!", "user.x", "users"});
    write(store, erase("user", "k"));
    CHECK(rows_of(store, "user").empty());
    CHECK(rows_of(store, "user.x") == Rows{{"k", "2"}});
    CHECK(store.spaces().value() == Names{"use", "user!", "user.x", "users"});
  }

  SECTION("keys and values are any bytes, also none") {
    const std::string all = "\0\1\n\xff\0"s;
    write(store, put("s", "", "empty key"), put("s", "\0"s, "zero"), put("s", "\0\0"s, ""),
          put("s", all, all), put("s", "a\0b"s, "x"), put("s", "a", ""));
    CHECK(rows_of(store, "s") == Rows{{"", "empty key"},
                                      {"\0"s, "zero"},
                                      {"\0\0"s, ""},
                                      {all, all},
                                      {"a", ""},
                                      {"a\0b"s, "x"}});
    write(store, erase("s", ""), erase("s", "\0"s));
    CHECK(rows_of(store, "s").size() == 4);
    CHECK(store.spaces().value() == Names{"s"});
  }

  SECTION("a space whose only keys begin with zero or one bytes is still one space") {
    write(store, put("a", "\0"s, "0"), put("a", "\1"s, "1"), put("a.b", "\1"s, "2"));
    CHECK(store.spaces().value() == Names{"a", "a.b"});
  }

  SECTION("an error of the visitor ends the scan and comes back") {
    write(store, put("s", "a", "1"), put("s", "b", "2"), put("s", "c", "3"));
    int seen = 0;
    const Status status = store.scan("s", [&](std::string_view, std::string_view) -> Status {
      if (++seen == 2) return error("enough");
      return {};
    });
    CHECK(message_of(status) == "enough");
    CHECK(seen == 2);
  }

  SECTION("an empty batch is fine") {
    write(store);
    CHECK(store.spaces().value().empty());
  }

  SECTION("a batch of many rows, large ones among them, is written whole") {
    RowBatch batch;
    for (int i = 0; i < 50'000; ++i) batch.put("many", std::to_string(i), std::string(i % 50, 'v'));
    const std::string large(8 << 20, 'L');
    batch.put("large", "key", large);
    store.write(batch).value();
    CHECK(rows_of(store, "many").size() == 50'000);
    CHECK((rows_of(store, "large") == Rows{{"key", large}}));
    RowBatch erasures;
    for (int i = 0; i < 50'000; ++i) erasures.erase("many", std::to_string(i));
    store.write(erasures).value();
    CHECK(rows_of(store, "many").empty());
    CHECK(store.spaces().value() == Names{"large"});
  }
}
