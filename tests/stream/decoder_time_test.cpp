// When an event happened (contract §1, `time`).

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <tuple>

#include "stream/decoder.h"
#include "tests/support/events.h"

using namespace freshet;
using namespace freshet::test;

namespace {

std::variant<Event, Rejection, CatalogRecord> decode(const Record& record) {
  static const EventOptions options;
  static const EventTypes types(options.types);
  Decoder decoder(options, types);
  return decoder.decode(record);
}

std::int64_t time_of(const std::string& text) {
  const auto what = decode(record_of(EventLine().with_text("time", text).json()));
  if (const auto* rejection = std::get_if<Rejection>(&what)) FAIL(rejection->reason);
  return std::get<Event>(what).time_ms;
}

Record with_record_time(std::string json, std::int64_t record_ms) {
  Record record = record_of(std::move(json));
  record.time_ms = record_ms;
  return record;
}

}  // namespace

TEST_CASE("ISO-8601 times with a zone are read to the millisecond") {
  // 2024-03-01 is day 19,783 of the era: 19,783 · 86,400 s = 1,709,251,200 s.
  constexpr std::int64_t day = 1'709'251'200'000;
  constexpr std::int64_t hour = 3'600'000;
  CHECK(time_of("2024-03-01T00:00:00Z") == day);
  CHECK(time_of("2024-03-01T10:00:00z") == day + 10 * hour);
  CHECK(time_of("2024-03-01t10:00:00Z") == day + 10 * hour);
  CHECK(time_of("2024-03-01 10:00:00Z") == day + 10 * hour);
  CHECK(time_of("2024-03-01T10:00:00+01:00") == day + 9 * hour);
  CHECK(time_of("2024-03-01T10:00:00-05:30") == day + 15 * hour + hour / 2);
  CHECK(time_of("2024-03-01T10:00:00+0100") == day + 9 * hour);
  CHECK(time_of("2024-03-01T10:00:00+01") == day + 9 * hour);
  CHECK(time_of("2024-03-01T00:00:00+00:00") == day);
  CHECK(time_of("2024-03-01T00:00:00-00:00") == day);
  CHECK(time_of("2024-03-01T00:00:00.5Z") == day + 500);
  CHECK(time_of("2024-03-01T00:00:00.123Z") == day + 123);
  CHECK(time_of("2024-03-01T00:00:00.123999999Z") == day + 123);
  CHECK(time_of("2024-03-01T00:00:00.000000000000Z") == day);
  CHECK(time_of("2024-03-01T00:00:00.25+02:00") == day - 2 * hour + 250);
  CHECK(time_of("2024-02-29T00:00:00Z") == day - 24 * hour);
}

TEST_CASE("a leap second is the first moment of the next minute") {
  CHECK(time_of("2016-12-31T23:59:60Z") == 1'483'228'800'000);  // = 2017-01-01T00:00:00Z
}

TEST_CASE("the era runs from 1970 to the end of year 9999") {
  CHECK(time_of("1970-01-01T00:00:00Z") == 0);
  CHECK(time_of("1969-12-31T23:00:00-01:00") == 0);
  CHECK(time_of("9999-12-31T23:59:59.999Z") == Decoder::time_ms_max);
  const auto what = decode(record_of(EventLine().with("time", "253402300799999").json()));
  CHECK(std::get<Event>(what).time_ms == 253'402'300'799'999);
}

TEST_CASE("an event without a time has its record's") {
  const auto what = decode(with_record_time(EventLine().without("time").json(), 77));
  CHECK(std::get<Event>(what).time_ms == 77);
  const auto null = decode(with_record_time(EventLine().with("time", "null").json(), 0));
  CHECK(std::get<Event>(null).time_ms == 0);
}

TEST_CASE("a time more than an hour ahead of its record's is clamped to the hour, and says so") {
  constexpr std::int64_t hour = 3'600'000;
  const auto at = [](std::int64_t time_ms, std::int64_t record_ms) {
    const auto what = decode(
        with_record_time(EventLine().with("time", std::to_string(time_ms)).json(), record_ms));
    const Event& e = std::get<Event>(what);
    return std::pair(e.time_ms, e.time_clamped);
  };
  CHECK(at(start_ms + hour, start_ms) == std::pair(start_ms + hour, false));
  CHECK(at(start_ms + hour + 1, start_ms) == std::pair(start_ms + hour, true));
  CHECK(at(Decoder::time_ms_max, start_ms) == std::pair(start_ms + hour, true));
  CHECK(at(5, start_ms) == std::pair(std::int64_t{5}, false));  // the past is free
}

TEST_CASE("a record time beyond year 9999 clamps nothing and overflows nothing") {
  for (const std::int64_t record_ms :
       {std::numeric_limits<std::int64_t>::max(), Decoder::time_ms_max + 1}) {
    const auto what = decode(with_record_time(EventLine().json(), record_ms));
    CHECK(std::get<Event>(what).time_ms == start_ms);
    CHECK_FALSE(std::get<Event>(what).time_clamped);
  }
}

TEST_CASE("clamping never leaves the era") {
  const auto what = decode(with_record_time(
      EventLine().with("time", std::to_string(Decoder::time_ms_max)).json(), Decoder::time_ms_max));
  CHECK(std::get<Event>(what).time_ms == Decoder::time_ms_max);
}
