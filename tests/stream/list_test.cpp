// The list as the contract's JSON, byte for byte.

#include "stream/list.h"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/support/events.h"

using namespace freshet;
using namespace freshet::test;

namespace {

std::string text(std::string_view value) {
  std::string out;
  write_json_text(value, out);
  return out;
}

List::Entry entry(std::string_view item, double score,
                  std::initializer_list<std::string_view> because = {}) {
  List::Entry e;
  e.item = item;
  e.score = score;
  for (const std::string_view b : because) e.because[e.because_count++] = b;
  return e;
}

std::string one_score(double score) {
  List list;
  list.entries = {entry("x", score)};
  list.parts = {score};
  std::string out;
  write_list(list, event_of("u", "", "view", 0), {"events", 0, 0, "view"}, {"p"}, out);
  const std::size_t begin = out.find("\"score\":") + 8;
  return out.substr(begin, out.find(',', begin) - begin);
}

}  // namespace

TEST_CASE("a list has these bytes") {
  List list;
  list.entries = {entry("i2", 0.8312, {"i9", "i4"}), entry("i3", -0.25)};
  list.parts = {0.61, 0.2212, 0, 0, 0.25, -0.5};
  std::string out = "before ";
  write_list(list, event_of("u1", "i9", "view", 1'700'000'000'123), {"events", 3, 1'234, "view"},
             {"session_knn", "item_cf", "rule"}, out);
  CHECK(out ==
        "before "
        R"({"user":"u1","time":1700000000123,"list":"3-1234",)"
        R"("cause":{"topic":"events","partition":3,"offset":1234,"type":"view","item":"i9"},)"
        R"("items":[{"item":"i2","score":0.8312,"parts":{"session_knn":0.61,"item_cf":0.2212},)"
        R"("because":["i9","i4"]},)"
        R"({"item":"i3","score":-0.25,"parts":{"item_cf":0.25,"rule":-0.5},"because":[]}]})");
}

TEST_CASE("a cause about no item names none; an empty list is an empty array") {
  std::string out;
  write_list(List{}, event_of("u", "", "profile", 0), {"events", 0, 0, "profile"}, {"p"}, out);
  CHECK(out ==
        R"({"user":"u","time":0,"list":"0-0",)"
        R"("cause":{"topic":"events","partition":0,"offset":0,"type":"profile"},"items":[]})");
}

TEST_CASE("texts are escaped as JSON asks, and no more") {
  CHECK(text("plain") == R"("plain")");
  CHECK(text("") == R"("")");
  CHECK(text("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(text("\n\t\r\b\f") == R"("\n\t\r\u0008\u000c")");
  CHECK(text(std::string("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\x7f\"");
  CHECK(text("\xc3\xa9\xf0\x9f\x98\x80") == "\"\xc3\xa9\xf0\x9f\x98\x80\"");
}

TEST_CASE("scores are printed to nine decimals, rounded half away from zero, no zeros at the end") {
  CHECK(one_score(0) == "0");
  CHECK(one_score(-0.0) == "0");
  CHECK(one_score(1) == "1");
  CHECK(one_score(12.5) == "12.5");
  CHECK(one_score(1e-9) == "0.000000001");
  CHECK(one_score(-1e-9) == "-0.000000001");
  CHECK(one_score(0.4e-9) == "0");
  CHECK(one_score(0.6e-9) == "0.000000001");
  CHECK(one_score(1.0 / 3) == "0.333333333");
  CHECK(one_score(2.0 / 3) == "0.666666667");
  CHECK(one_score(-2.0 / 3) == "-0.666666667");
  CHECK(one_score(0.9999999999) == "1");
  CHECK(one_score(-1.5) == "-1.5");
  CHECK(one_score(1'000'000.000000001) == "1000000.000000001");
  CHECK(one_score(0x1p-10) == "0.000976563");  // 976562.5 billionths
  CHECK(one_score(-0x1p-10) == "-0.000976563");
  CHECK(one_score(1e300) == "1000000000");
  CHECK(one_score(-1e300) == "-1000000000");
}

TEST_CASE("printed parts add up to the printed score, to a millionth, in lists of any size") {
  Random random(7);
  for (int round = 0; round < 1'000; ++round) {
    const std::size_t width = 1 + random.below(12);
    List list;
    double score = 0;
    for (std::size_t p = 0; p < width; ++p) {
      const double part = (random.below(2'000'001) - 1e6) / 3e6;
      list.parts.push_back(part);
      score += part;
    }
    list.entries = {entry("x", score)};
    std::int64_t sum = 0;
    for (const double part : list.parts) sum += score_nanos(part);
    CHECK(std::abs(sum - score_nanos(score)) <= static_cast<std::int64_t>(width + 1) / 2 + 1);
  }
}

TEST_CASE("texts of any length and place come out whole") {
  // Around the size of the writer's buffer, with what is escaped in every place.
  for (const std::size_t length : {0, 1, 4'090, 4'093, 4'094, 4'095, 4'096, 4'097, 9'000}) {
    const std::string plain(length, 'x');
    REQUIRE(text(plain) == '"' + plain + '"');
    std::string quoted, expected;
    for (std::size_t k = 0; k < length; ++k) {
      quoted += k % 3 == 0 ? '"' : 'x';
      expected += k % 3 == 0 ? "\\\"" : "x";
    }
    REQUIRE(text(quoted) == '"' + expected + '"');
  }
  CHECK(text(std::string_view()) == R"("")");
}

TEST_CASE("a list longer than the writer's buffer is whole") {
  List list;
  std::string expected =
      R"({"user":"u","time":1700000000000,"list":"0-0","cause":{"topic":"events",)"
      R"("partition":0,"offset":0,"type":"view"},"items":[)";
  const std::string name(301, 'n');
  for (int k = 0; k < 60; ++k) {
    list.entries.push_back(entry(name, 1));
    list.parts.push_back(1);
    expected += (k == 0 ? R"({"item":")" : R"(,{"item":")") + name +
                R"(","score":1,"parts":{"p":1},"because":[]})";
  }
  std::string out;
  write_list(list, event_of("u", "", "view", 1'700'000'000'000), {"events", 0, 0, "view"}, {"p"},
             out);
  CHECK(out == expected + "]}");
}
