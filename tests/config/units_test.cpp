#include "config/units.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

using namespace freshet::config;

TEST_CASE("durations are read with each unit") {
  const auto [text, count] =
      GENERATE(table<std::string, std::int64_t>({{"250ms", 250},
                                                 {"5s", 5'000},
                                                 {"30m", 1'800'000},
                                                 {"12h", 43'200'000},
                                                 {"7d", 604'800'000},
                                                 {"0", 0},
                                                 {"0s", 0},
                                                 {"9223372036854775807ms", INT64_MAX}}));
  Millis value{-1};
  CAPTURE(text);
  REQUIRE(parse(text, value));
  CHECK(value.count == count);
}

TEST_CASE("what is no duration is refused and leaves the value alone") {
  const std::string text =
      GENERATE("", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5s", "5S", "5sec", "1h30m",
               "9223372036854775808ms", "106751991168d", "99999999999999999999ms", "0x5s", "5KiB");
  Millis value{7};
  CAPTURE(text);
  CHECK_FALSE(parse(text, value));
  CHECK(value.count == 7);
}

TEST_CASE("sizes are read with each unit") {
  const auto [text, count] =
      GENERATE(table<std::string, std::uint64_t>({{"3B", 3},
                                                  {"2kB", 2'000},
                                                  {"2MB", 2'000'000},
                                                  {"1GB", 1'000'000'000},
                                                  {"1TB", 1'000'000'000'000},
                                                  {"64KiB", 65'536},
                                                  {"512MiB", 536'870'912},
                                                  {"1GiB", 1'073'741'824},
                                                  {"1TiB", 1'099'511'627'776},
                                                  {"0", 0},
                                                  {"18446744073709551615B", UINT64_MAX}}));
  Bytes value{1};
  CAPTURE(text);
  REQUIRE(parse(text, value));
  CHECK(value.count == count);
}

TEST_CASE("what is no size is refused and leaves the value alone") {
  const std::string text = GENERATE("", "5", "GiB", "1 GiB", "1gib", "1KB", "-1B", "0.5GiB", "1K",
                                    "16777216TiB", "18446744073709551616B", "1s");
  Bytes value{7};
  CAPTURE(text);
  CHECK_FALSE(parse(text, value));
  CHECK(value.count == 7);
}

TEST_CASE("units are printed in the shortest exact form") {
  CHECK(to_text(Millis{0}) == "0s");
  CHECK(to_text(Millis{1500}) == "1500ms");
  CHECK(to_text(Millis{60'000}) == "1m");
  CHECK(to_text(Millis{5'400'000}) == "90m");
  CHECK(to_text(Millis{86'400'000}) == "1d");
  CHECK(to_text(Millis{-5}) == "-5ms");
  CHECK(to_text(Bytes{0}) == "0B");
  CHECK(to_text(Bytes{1023}) == "1023B");
  CHECK(to_text(Bytes{std::uint64_t{1} << 30}) == "1GiB");
  CHECK(to_text(Bytes{3'000'000'000}) == "3GB");
  CHECK(to_text(Bytes{UINT64_MAX}) == "18446744073709551615B");
}

TEST_CASE("a printed unit is read back exactly") {
  const std::uint64_t count =
      GENERATE(0U, 1U, 999U, 1000U, 1024U, 3'600'000U, 86'400'001U, 1'048'576'000U, 4'294'967'295U);
  Millis duration;
  Bytes size;
  REQUIRE(parse(to_text(Millis(static_cast<std::int64_t>(count))), duration));
  REQUIRE(parse(to_text(Bytes(count)), size));
  CHECK(duration == Millis(static_cast<std::int64_t>(count)));
  CHECK(size == Bytes(count));
}
