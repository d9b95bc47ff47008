// The digest by which two states are compared.

#include "state/digest.h"

#include <catch2/catch.hpp>

#include "state/memory_store.h"
#include "stream/state_format.h"

using namespace freshet;

namespace {

void put(Store& store, std::string_view space, std::string_view key, std::string_view value) {
  RowBatch batch;
  batch.put(space, key, value);
  store.write(batch).value();
}

std::string digest(const Store& store) { return summarise(store).value().digest; }

}  // namespace

TEST_CASE("equal states have equal digests, however they came to be") {
  MemoryStore a, b;
  put(a, "s", "1", "x");
  put(a, "s", "2", "y");
  put(a, "t", "1", "z");
  put(b, "t", "1", "z");
  put(b, "s", "2", "old");
  put(b, "s", "3", "gone");
  put(b, "s", "2", "y");
  put(b, "s", "1", "x");
  RowBatch erasure;
  erasure.erase("s", "3");
  b.write(erasure).value();
  CHECK(digest(a) == digest(b));
  CHECK(digest(a).size() == 16);
  CHECK(digest(a).find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("any row more, less or different changes the digest") {
  MemoryStore base;
  put(base, "s", "k", "v");
  const auto changed = [&](std::string_view space, std::string_view key, std::string_view value) {
    MemoryStore other;
    put(other, "s", "k", "v");
    put(other, space, key, value);
    return digest(other) != digest(base);
  };
  CHECK_FALSE(changed("s", "k", "v"));
  CHECK(changed("s", "k", "w"));
  CHECK(changed("s", "k", ""));
  CHECK(changed("s", "k2", "v"));
  CHECK(changed("s2", "k", "v"));
  CHECK(changed("s", "", ""));
  CHECK(digest(MemoryStore()) != digest(base));
  // Where one text ends and the next begins counts.
  MemoryStore ab, a;
  put(ab, "s", "ab", "c");
  put(a, "s", "a", "bc");
  CHECK(digest(ab) != digest(a));
}

TEST_CASE("what belongs to one run's outputs is no part of the digest") {
  MemoryStore a, b;
  put(a, "s", "k", "v");
  put(b, "s", "k", "v");
  put(b, delivery_space, "sink", "12");
  CHECK(digest(a) == digest(b));
  put(b, delivery_space, "sink", "13");
  CHECK(digest(a) == digest(b));
}

TEST_CASE("a summary counts rows and bytes, space by space") {
  MemoryStore store;
  put(store, "b", "key", "value");
  put(store, "b", "k", "");
  put(store, delivery_space, "sink", "1");
  put(store, "a", "", "four");
  const StateSummary summary = summarise(store).value();
  REQUIRE(summary.spaces.size() == 3);
  CHECK(summary.spaces[0].space == "a");
  CHECK(summary.spaces[0].rows == 1);
  CHECK(summary.spaces[0].bytes == 4);
  CHECK(summary.spaces[1].space == "b");
  CHECK(summary.spaces[1].rows == 2);
  CHECK(summary.spaces[1].bytes == 9);
  CHECK(summary.spaces[2].space == "delivery");
}
