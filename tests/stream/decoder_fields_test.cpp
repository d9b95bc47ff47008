// What a record says, field by field (contract §1).

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "stream/decoder.h"
#include "tests/support/events.h"

using namespace freshet;
using namespace freshet::test;

namespace {

struct Fixture {
  explicit Fixture(EventOptions o = {}) : options(std::move(o)), types(options.types) {}

  Event accept(const std::string& json) { return accept(record_of(json)); }
  Event accept(const Record& record) {
    auto what = decoder.decode(record);
    if (const auto* rejection = std::get_if<Rejection>(&what)) FAIL(rejection->reason);
    return std::get<Event>(std::move(what));
  }
  std::string reject(const std::string& json) {
    auto what = decoder.decode(record_of(json));
    REQUIRE(std::holds_alternative<Rejection>(what));
    return std::get<Rejection>(what).code;
  }

  EventOptions options;
  EventTypes types;
  Decoder decoder{options, types};
};

}  // namespace

TEST_CASE("an event of user, item, type and time has the contract's defaults elsewhere") {
  Fixture f;
  const Event e = f.accept(R"({"user":"anna","item":"boots","type":"cart","time":1700000000123})");
  CHECK(e.user == "anna");
  CHECK(e.item == "boots");
  CHECK(f.types[e.type].name == "cart");
  CHECK(e.time_ms == 1'700'000'000'123);
  CHECK(e.session.empty());
  CHECK_FALSE(e.value);
  CHECK(e.quantity == 1);
  CHECK_FALSE(e.price);
  CHECK(e.id.empty());
  CHECK(e.list.empty());
  CHECK(e.attributes.empty());
  CHECK(e.consent);
  CHECK_FALSE(e.time_clamped);
}

TEST_CASE("every field is read, whatever their order") {
  Fixture f;
  const Event e =
      f.accept(R"({"consent":false,"list":"3-1234","id":"e-9","price":12.5,"quantity":3,"value":4,)"
               R"("session":"s-1","time":0,"type":"rating","item":"i","user":"u"})");
  CHECK_FALSE(e.consent);
  CHECK(e.list == "3-1234");
  CHECK(e.id == "e-9");
  CHECK(e.price == 12.5);
  CHECK(e.quantity == 3);
  CHECK(e.value == 4.0);
  CHECK(e.session == "s-1");
  CHECK(e.time_ms == 0);
}

TEST_CASE("an integer user or item is read as its decimal text") {
  Fixture f;
  CHECK(f.accept(EventLine().with("user", "42").json()).user == "42");
  CHECK(f.accept(EventLine().with("user", "0").json()).user == "0");
  CHECK(f.accept(EventLine().with("user", "-7").json()).user == "-7");
  CHECK(f.accept(EventLine().with("item", "9223372036854775807").json()).item ==
        "9223372036854775807");
  CHECK(f.accept(EventLine().with("item", "18446744073709551615").json()).item ==
        "18446744073709551615");
  CHECK(f.accept(EventLine().with("item", "-9223372036854775808").json()).item ==
        "-9223372036854775808");
}

TEST_CASE("names are 1 to 256 bytes, any valid UTF-8 in them") {
  Fixture f;
  CHECK(f.accept(EventLine(std::string(256, 'x'), "i").json()).user.size() == 256);
  CHECK(f.accept(EventLine().with("user", R"("\u00e9\ud83d\ude00")").json()).user ==
        "\xc3\xa9\xf0\x9f\x98\x80");
  CHECK(f.accept(EventLine().with("user", R"("a\u0000b")").json()).user == std::string("a\0b", 3));
  CHECK(f.accept(EventLine().with("user", R"("\"\\\/\b\f\n\r\t")").json()).user ==
        "\"\\/\b\f\n\r\t");
  CHECK(f.accept(EventLine().with("user", R"(" ")").json()).user == " ");
  std::string wide;
  for (int i = 0; i < 128; ++i) wide += "\xc3\xa9";
  CHECK(f.accept(EventLine(wide, "i").json()).user == wide);
}

TEST_CASE("profile and forget need no item, and may carry one") {
  Fixture f;
  CHECK(f.accept(EventLine("u", "", "forget").without("item").json()).item.empty());
  CHECK(f.accept(EventLine("u", "", "profile").with("item", "null").json()).item.empty());
  CHECK(f.accept(EventLine("u", "x", "profile").json()).item == "x");
  CHECK(f.reject(EventLine("u", "", "profile").with("item", "[]").json()) == "item:type");
}

TEST_CASE("an optional field that is null counts as absent") {
  Fixture f;
  EventLine line;
  for (const char* const field :
       {"session", "value", "quantity", "price", "id", "list", "attributes", "consent"}) {
    line.with(field, "null");
  }
  const Event e = f.accept(line.json());
  CHECK(e.session.empty());
  CHECK_FALSE(e.value);
  CHECK(e.quantity == 1);
  CHECK_FALSE(e.price);
  CHECK(e.id.empty());
  CHECK(e.list.empty());
  CHECK(e.attributes.empty());
  CHECK(e.consent);
}

TEST_CASE("other fields are ignored, whatever is in them") {
  Fixture f;
  const Event e = f.accept(EventLine()
                               .with("User", "5")
                               .with("user.id", "{}")
                               .with("note", R"([{"user":"x"},null,1e9])")
                               .with("", "true")
                               .json());
  CHECK(e.user == "u");
}

TEST_CASE("blanks around and in a record do not matter") {
  Fixture f;
  CHECK(f.accept(" \r\n\t{ \"user\" : \"u\" ,\n\"item\":\"i\",\"type\":\"view\",\"time\":5 } \n")
            .time_ms == 5);
}

TEST_CASE("numbers stand at their limits") {
  Fixture f;
  CHECK(f.accept(EventLine().with("quantity", "1000000000").json()).quantity == 1'000'000'000);
  CHECK(f.accept(EventLine().with("price", "0").json()).price == 0.0);
  CHECK(f.accept(EventLine().with("price", "1e-3").json()).price == 0.001);
  CHECK(f.accept(EventLine().with("value", "-1.5e300").json()).value == -1.5e300);
  CHECK(f.accept(EventLine().with("value", "18446744073709551615").json()).value ==
        18446744073709551615.0);
  CHECK(f.accept(EventLine("u", "i", "rating").with("value", "1").json()).value == 1.0);
  CHECK(f.accept(EventLine("u", "i", "rating").with("value", "5").json()).value == 5.0);
}

TEST_CASE("attributes are strings, numbers and truth values, at most 64") {
  Fixture f;
  const Event e =
      f.accept(EventLine("u", "", "profile")
                   .without("item")
                   .with("attributes", R"({"country":"NL","age":41,"vip":false,"":1e2})")
                   .json());
  REQUIRE(e.attributes.size() == 4);
  CHECK(e.attributes[0] == std::pair<std::string, AttributeValue>("country", std::string("NL")));
  CHECK(e.attributes[1] == std::pair<std::string, AttributeValue>("age", 41.0));
  CHECK(e.attributes[2] == std::pair<std::string, AttributeValue>("vip", false));
  CHECK(e.attributes[3] == std::pair<std::string, AttributeValue>("", 100.0));
  std::string most = "{";
  for (int i = 0; i < 64; ++i) most += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
  CHECK(f.accept(EventLine().with("attributes", most + '}').json()).attributes.size() == 64);
}

TEST_CASE("fields carry the names that the configuration gives them") {
  EventOptions options;
  options.fields.user = "visitorid";
  options.fields.item = "itemid";
  options.fields.type = "event";
  options.fields.time = "timestamp";
  Fixture f(options);
  const Event e = f.accept(
      R"({"timestamp":1433221332117,"visitorid":257597,"event":"view","itemid":355908,"user":[]})");
  CHECK(e.user == "257597");
  CHECK(e.item == "355908");
  CHECK(e.time_ms == 1'433'221'332'117);
  const auto what = f.decoder.decode(record_of(R"({"itemid":1,"event":"view","timestamp":1})"));
  CHECK(std::get<Rejection>(what).code == "user:missing");  // codes keep the contract's names
  CHECK(std::get<Rejection>(what).reason == "field 'visitorid' is missing");
}

TEST_CASE("types are those of the configuration") {
  EventOptions options;
  options.types = {{"addtocart", {}}, {"stars", {}}};
  options.types["stars"].action = EventAction::rate;
  options.types["stars"].scale_min = 0;
  options.types["stars"].scale_max = 10;
  Fixture f(options);
  CHECK(f.types[f.accept(EventLine("u", "i", "addtocart").json()).type].name == "addtocart");
  CHECK(f.reject(EventLine("u", "i", "view").json()) == "type:unknown");
  CHECK(f.accept(EventLine("u", "i", "stars").with("value", "0").json()).value == 0.0);
  CHECK(f.accept(EventLine("u", "i", "stars").with("value", "10").json()).value == 10.0);
  CHECK(f.reject(EventLine("u", "i", "stars").with("value", "10.5").json()) == "value:range");
  const auto refused =
      f.decoder.decode(record_of(EventLine("u", "i", "stars").with("value", "-1").json()));
  CHECK(std::get<Rejection>(refused).reason ==
        "field 'value' is -1, outside the declared scale from 0 to 10");
  // Without a type that forgets, a record without a value means nothing.
  Record tombstone;
  tombstone.key = "u";
  CHECK(std::get<Rejection>(f.decoder.decode(tombstone)).code == "no_value");
}

TEST_CASE("a key without a value forgets the user of that name") {
  Fixture f;
  Record tombstone;
  tombstone.key = "anna";
  tombstone.time_ms = start_ms;
  const Event e = f.accept(tombstone);
  CHECK(e.user == "anna");
  CHECK(f.types[e.type].options.action == EventAction::forget);
  CHECK(e.time_ms == start_ms);
  tombstone.time_ms = -1;
  CHECK(f.accept(tombstone).time_ms == 0);
  // To forget must not fail for a bad timestamp.
  tombstone.time_ms = std::numeric_limits<std::int64_t>::max();
  CHECK(f.accept(tombstone).time_ms == Decoder::time_ms_max);
  tombstone.key = std::string(256, 'k');
  CHECK(f.accept(tombstone).user.size() == 256);
}

TEST_CASE("a record of exactly 1 MiB is read, one byte more is not") {
  Fixture f;
  const std::string event = EventLine().json();
  const std::string padding(Decoder::record_bytes_max - event.size(), ' ');
  CHECK(f.accept(event + padding).user == "u");
  CHECK(f.reject(event + padding + ' ') == "too_large");
}

TEST_CASE("a record nested 64 levels deep is read, one level more is not") {
  Fixture f;
  const auto nested = [](int levels, std::string_view core) {
    // The object itself is level 1.
    return EventLine()
        .with("note",
              std::string(levels - 1, '[') + std::string(core) + std::string(levels - 1, ']'))
        .json();
  };
  CHECK(f.accept(nested(64, "1")).user == "u");
  CHECK(f.accept(nested(64, "")).user == "u");
  CHECK(f.reject(nested(65, "1")) == "too_deep");
  CHECK(f.reject(nested(65, "")) == "too_deep");
  // Brackets in a string are no nesting, and side by side they are not deep.
  CHECK(f.accept(EventLine().with_text("note", std::string(500, '[')).json()).user == "u");
  std::string flat = "[";
  for (int i = 0; i < 500; ++i) flat += i > 0 ? ",[]" : "[]";
  CHECK(f.accept(EventLine().with("note", flat + ']').json()).user == "u");
}
