// Whatever a sender puts into a record, it becomes an Event or a Rejection that a person can read.

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "stream/decoder.h"
#include "tests/support/events.h"
#include "tests/support/hostile_corpus.h"

using namespace freshet;
using namespace freshet::test;

namespace {

struct Fixture {
  EventOptions options;
  EventTypes types{options.types};
  Decoder decoder{options, types};
};

/// What must hold of a rejection, whatever its cause.
void check_readable(const Rejection& rejection) {
  REQUIRE_FALSE(rejection.code.empty());
  REQUIRE_FALSE(rejection.reason.empty());
  REQUIRE(rejection.reason.size() < 1'000);
  INFO(rejection.reason);
  REQUIRE(safe_to_print(rejection.reason));
}

/// What must hold of an event, whatever it was read from.
void check_valid(const Event& e, const EventTypes& types) {
  REQUIRE(!e.user.empty());
  REQUIRE(e.user.size() <= Decoder::id_bytes_max);
  REQUIRE(e.item.size() <= Decoder::id_bytes_max);
  REQUIRE(e.type.value < types.size());
  REQUIRE(e.time_ms >= 0);
  REQUIRE(e.time_ms <= Decoder::time_ms_max);
  REQUIRE(e.quantity >= 1);
  const EventAction action = types[e.type].options.action;
  REQUIRE((!e.item.empty() || action == EventAction::profile || action == EventAction::forget));
  REQUIRE((action != EventAction::rate || e.value));
}

}  // namespace

TEST_CASE("every hostile record is rejected with its code and a reason that names the field") {
  Fixture f;
  const auto corpus = hostile_corpus();
  REQUIRE(corpus.size() >= 70);
  std::set<std::string> names;
  for (const HostileRecord& h : corpus) {
    INFO(h.name);
    CHECK(names.insert(h.name).second);
    const auto what = f.decoder.decode(h.record);
    const auto* rejection = std::get_if<Rejection>(&what);
    CHECK(rejection != nullptr);
    if (rejection == nullptr) continue;
    CHECK(rejection->code == h.code);
    check_readable(*rejection);
    if (!h.field.empty()) {
      CHECK_THAT(rejection->reason, Catch::Contains("field '" + h.field + "' "));
    }
  }
}

TEST_CASE("a hostile record leaves nothing behind for the record after it") {
  Fixture f;
  const Record good = record_of(EventLine("anna", "boots").json());
  for (const HostileRecord& h : hostile_corpus()) {
    INFO(h.name);
    f.decoder.decode(h.record);
    const auto what = f.decoder.decode(good);
    const auto* event = std::get_if<Event>(&what);
    REQUIRE(event != nullptr);
    REQUIRE(event->user == "anna");
    REQUIRE(event->item == "boots");
    REQUIRE(event->attributes.empty());
    REQUIRE_FALSE(event->value);
    REQUIRE(event->consent);
  }
}

TEST_CASE("a reason names the value that was found") {
  Fixture f;
  const auto reason = [&](std::string_view field, std::string_view json) {
    const auto what = f.decoder.decode(record_of(EventLine().with(field, json).json()));
    return std::get<Rejection>(what).reason;
  };
  CHECK(reason("user", "1.5") == "field 'user' must be a string or an integer, not 1.5");
  CHECK(reason("user", "[1]") == "field 'user' must be a string or an integer, not an array");
  CHECK(reason("quantity", "-3") ==
        "field 'quantity' must be an integer from 1 to 1000000000, not -3");
  CHECK(reason("price", "-0.5") == "field 'price' must be a finite number of at least 0, not -0.5");
  CHECK(reason("consent", R"("no")") ==
        "field 'consent' must be true or false, not the string 'no'");
  CHECK(reason("time", "-7") ==
        "field 'time' must be an integer of milliseconds since 1970 or ISO-8601 with a zone, up to "
        "year 9999, not -7");
  CHECK_THAT(reason("type", R"("buy")"),
             Catch::StartsWith("field 'type' is 'buy', which is no configured event type (cart, "));
  CHECK(reason("attributes", R"({"age":[]})") ==
        "field 'attributes' has the entry 'age', which must be a string, a number, true or false, "
        "not an array");
}

TEST_CASE("a value with control characters or invalid UTF-8 is escaped in the reason") {
  Fixture f;
  const auto escape = f.decoder.decode(record_of(EventLine().with_text("type", "\x1b[2J").json()));
  CHECK_THAT(std::get<Rejection>(escape).reason, Catch::Contains(R"('\x1b[2J')"));
  const auto c1 = f.decoder.decode(record_of(EventLine()
                                                 .with_text("type",
                                                            "\xc2\x9b"
                                                            "1m")
                                                 .json()));
  CHECK_THAT(std::get<Rejection>(c1).reason, Catch::Contains(R"('\xc2\x9b1m')"));
  Record tombstone;
  tombstone.key = "\xff";
  CHECK_THAT(std::get<Rejection>(f.decoder.decode(tombstone)).reason, Catch::Contains(R"('\xff')"));
}

TEST_CASE("no mutation of a record crashes the decoder or escapes its promises") {
  Fixture f;
  std::vector<std::string> seeds = {
      EventLine().json(),
      EventLine("u", "i", "rating").with("value", "4.5").with_text("list", "0-7").json(),
      EventLine("u", "", "profile").without("item").with("attributes", R"({"a":1,"b":"c"})").json(),
      EventLine().with_text("time", "2024-03-01T10:00:00.5+01:00").with("price", "1e2").json(),
      R"({"user":12,"item":"é😀\ud83d\ude00\u0000","type":"view","time":1,"x":[[{"y":null}]]})",
  };
  static constexpr char alphabet[] = "{}[]\",:\\u0d8e+-.19eEtfn \x01\x80\xc2\xff";
  Random random(2'024);
  std::size_t events = 0, rejections = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = seeds[random.below(static_cast<std::uint32_t>(seeds.size()))];
    for (std::uint32_t n = 1 + random.below(4); n > 0; --n) {
      const std::uint32_t at = random.below(static_cast<std::uint32_t>(text.size()) + 1);
      const char c = alphabet[random.below(sizeof alphabet)];
      switch (random.below(4)) {
        case 0:
          text.insert(at, 1, c);
          break;
        case 1:
          text.erase(at, 1 + random.below(3));
          break;
        case 2:
          text.insert(at, text.substr(random.below(at + 1), random.below(20)));
          break;
        default:
          if (at < text.size()) text[at] = c;
      }
    }
    Record record = record_of(std::move(text));
    if (round % 3 == 0) record.time_ms = start_ms;
    const auto what = f.decoder.decode(record);
    if (const auto* event = std::get_if<Event>(&what)) {
      check_valid(*event, f.types);
      ++events;
    } else {
      check_readable(std::get<Rejection>(what));
      ++rejections;
    }
  }
  // Both sides were reached, so the loop can fail in either.
  CHECK(events > 5'000);
  CHECK(rejections > 10'000);
}
