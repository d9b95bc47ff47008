// Rows, keys, hashes and batches, byte by byte.

#include "stream/bytes.h"

#include <catch2/catch.hpp>
#include <limits>

#include "stream/hash.h"
#include "stream/json_error.h"
#include "stream/store.h"
#include "tests/support/hostile_corpus.h"

using namespace freshet;

TEST_CASE("numbers are little-endian and of fixed width, texts carry their length") {
  std::string row;
  ByteWriter w(row);
  w.number(std::uint32_t{0x01020304});
  w.number(std::int64_t{-2});
  w.number(1.5F);
  w.number(true);
  w.text("ab");
  CHECK(row == std::string("\x04\x03\x02\x01"
                           "\xfe\xff\xff\xff\xff\xff\xff\xff"
                           "\x00\x00\xc0\x3f"
                           "\x01"
                           "\x02\x00\x00\x00"
                           "ab",
                           23));
  ByteReader r(row);
  CHECK(r.number<std::uint32_t>() == 0x01020304);
  CHECK(r.number<std::int64_t>() == -2);
  CHECK(r.number<float>() == 1.5F);
  CHECK(r.number<bool>());
  CHECK_FALSE(r.at_end());
  CHECK(r.text() == "ab");
  CHECK(r.at_end());
}

TEST_CASE("reading past the end gives zeros, and not-ok for good") {
  ByteReader r(std::string_view("\xff\xff\xff", 3));
  CHECK(r.number<std::uint32_t>() == 0);
  CHECK_FALSE(r.ok());
  CHECK(r.number<std::uint8_t>() == 0);  // even though three bytes stood there
  CHECK(r.text().empty());
  CHECK_FALSE(r.at_end());
}

TEST_CASE("a text or a count longer than what is left is not ok") {
  ByteReader text(std::string_view("\x03\0\0\0ab", 6));
  CHECK(text.text().empty());
  CHECK_FALSE(text.ok());
  ByteReader fits(std::string_view("\x02\0\0\0abcdefgh", 12));
  CHECK(fits.count(4) == 2);
  CHECK(fits.ok());
  ByteReader count(std::string_view("\x02\0\0\0abcdefg", 11));
  CHECK(count.count(4) == 0);
  CHECK_FALSE(count.ok());
  ByteReader most(
      std::string_view("\xff\xff\xff\xff"
                       "abcd",
                       8));
  CHECK(most.count(std::size_t{1} << 31) == 0);  // does not wrap around
  CHECK_FALSE(most.ok());
}

TEST_CASE("a truth value is any byte, 0 for false") {
  ByteReader r(std::string_view("\0\1\2\xff", 4));
  CHECK_FALSE(r.number<bool>());
  CHECK(r.number<bool>());
  CHECK(r.number<bool>());
  CHECK(r.number<bool>());
  CHECK(r.at_end());
}

TEST_CASE("keys of ids sort as their ids") {
  CHECK(id_key(0x01020304) == "\x01\x02\x03\x04");
  CHECK(id_key(255) < id_key(256));
  CHECK(id_key(0x7fffffff) < id_key(0x80000000));
  for (const std::uint32_t id : {0U, 1U, 255U, 65'536U, 0xfffffffeU})
    CHECK(key_id(id_key(id)) == id);
  CHECK(key_id("abc") == 0xffffffffU);
  CHECK(key_id("abcde") == 0xffffffffU);
}

TEST_CASE("hashes are XXH3's, the same on every machine") {
  CHECK(hash64("") ==
        0x2d06800538d394c2);  // the published test vector of XXH3_64bits, no bytes, seed 0
  CHECK(hash64("a") != hash64("b"));
  CHECK(hash64(std::string_view("a\0", 2)) != hash64("a"));
}

TEST_CASE("a digest depends on the pieces, their borders and their order") {
  const auto digest = [](std::initializer_list<std::string_view> pieces) {
    Digest d;
    for (const std::string_view piece : pieces) d.add(piece);
    return d.value();
  };
  CHECK(digest({"ab", "c"}) == digest({"ab", "c"}));
  CHECK(digest({"ab", "c"}) != digest({"a", "bc"}));
  CHECK(digest({"ab", "c"}) != digest({"c", "ab"}));
  CHECK(digest({"ab"}) != digest({"ab", ""}));
  CHECK(digest({}) != digest({""}));
}

TEST_CASE("a batch keeps its rows in order; appending one keeps both") {
  RowBatch a;
  a.put("space", "key", "value");
  a.erase("space", std::string_view("k\0", 2));
  RowBatch b;
  b.put("", "", "");
  b.put("s2", "k2", "v2");
  a.append(b);
  a.append(RowBatch{});
  REQUIRE(a.size() == 4);
  CHECK(a.row(0).space == "space");
  CHECK(a.row(0).key == "key");
  CHECK(a.row(0).value == "value");
  CHECK_FALSE(a.row(0).erased);
  CHECK(a.row(1).key == std::string_view("k\0", 2));
  CHECK(a.row(1).value.empty());
  CHECK(a.row(1).erased);
  CHECK(a.row(2).space.empty());
  CHECK(a.row(3).value == "v2");
  CHECK(a.bytes() == 13 + 7 + 0 + 6);
  a.clear();
  CHECK(a.size() == 0);
  CHECK(a.bytes() == 0);
}

TEST_CASE("an excerpt is quoted, short, and safe to print") {
  CHECK(excerpt("hello") == "'hello'");
  CHECK(excerpt("") == "''");
  CHECK(excerpt("a\nb\x7f") == R"('a\x0ab\x7f')");
  CHECK(excerpt("caf\xe9") == R"('caf\xe9')");
  CHECK(excerpt("\xc3\xa9") == "'\xc3\xa9'");
  CHECK(excerpt("\xc2\x85") == R"('\xc2\x85')");  // a control character beyond ASCII
  CHECK(excerpt("\xc2\xa0") == "'\xc2\xa0'");
  CHECK(excerpt("\xed\xa0\x80") == R"('\xed\xa0\x80')");  // a surrogate
  CHECK(excerpt("abcdef", 3) == "'abc…'");
  CHECK(excerpt("abc", 3) == "'abc'");
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  CHECK(test::safe_to_print(excerpt(all, 1'000)));
}

TEST_CASE("an error in JSON is told with its place") {
  CHECK(json_error("{}").empty());
  CHECK_THAT(json_error("{\"a\":}"), Catch::StartsWith("byte 6"));
  CHECK_THAT(json_error("[1,]"), Catch::StartsWith("byte 4"));
  CHECK(json_error(std::string(1'000'000, '[')) != "");  // no stack is used up
}
