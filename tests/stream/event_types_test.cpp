// The configured event types, and the ids that rows refer to them by.

#include "stream/event_types.h"

#include <catch2/catch.hpp>

#include "tests/support/status.h"

using namespace freshet;
using test::message_of;
using Names = std::vector<std::string>;

namespace {

EventTypeOptions taking_back(std::string target) {
  EventTypeOptions o;
  o.weight = 0;
  o.takes_back = std::move(target);
  return o;
}

EventTypeOptions acting(EventAction action, double weight = 1) {
  EventTypeOptions o;
  o.action = action;
  o.weight = weight;
  return o;
}

}  // namespace

TEST_CASE("the default types are the contract's, with its weights") {
  const EventTypes types(default_event_types());
  CHECK(
      types.names() ==
      "cart, click, dislike, forget, impression, like, profile, purchase, rating, return, uncart, "
      "view");
  const std::pair<const char*, double> weights[] = {
      {"view", 1},     {"click", 1},    {"like", 2},      {"cart", 3},
      {"purchase", 5}, {"dislike", -1}, {"impression", 0}};
  for (const auto& [name, weight] : weights) {
    INFO(name);
    CHECK(types[types.find(name).value()].options.weight == weight);
  }
  for (const char* const name : {"impression", "profile", "forget"}) {
    CHECK_FALSE(types[types.find(name).value()].options.refresh);
  }
  for (const char* const name : {"view", "rating", "dislike", "uncart", "return"}) {
    CHECK(types[types.find(name).value()].options.refresh);
  }
  CHECK(types[types.find("uncart").value()].takes_back == types.find("cart"));
  CHECK(types[types.find("return").value()].takes_back == types.find("purchase"));
  CHECK(types.forget() == types.find("forget"));
  CHECK(EventTypes::problems(default_event_types()).empty());
}

TEST_CASE("a rating's weight maps its declared scale to 0-5") {
  EventTypeMap map = {{"stars", acting(EventAction::rate)}, {"view", {}}};
  map["stars"].scale_min = -10;
  map["stars"].scale_max = 10;
  const EventTypes types(map);
  const EventTypeId stars = types.find("stars").value();
  CHECK(types.weight(stars, -10.0) == 0.0F);
  CHECK(types.weight(stars, 0.0) == 2.5F);
  CHECK(types.weight(stars, 10.0) == 5.0F);
  CHECK(types.weight(types.find("view").value(), 4.0) == 1.0F);  // its value is not a rating
}

TEST_CASE("new types get ids by name") {
  const EventTypes types({{"b", {}}, {"a", {}}, {"c", {}}});
  CHECK(types.known().names == Names{"a", "b", "c"});
}

TEST_CASE("a type keeps the id that the state knows it by; new ones come after") {
  const EventTypes types({{"a", {}}, {"b", {}}, {"c", {}}}, {{"c", "a"}, {}});
  CHECK(types.known().names == Names{"c", "a", "b"});
  CHECK(types.find("c")->value == 0);
  CHECK(types.find("a")->value == 1);
  CHECK(types.find("b")->value == 2);
}

TEST_CASE("a removed type keeps its place, is not found and has no weight") {
  const EventTypes types({{"a", {}}}, {{"gone", "a"}, {}});
  CHECK(types.known().names == Names{"gone", "a"});
  CHECK(types.names() == "a");
  CHECK_FALSE(types.find("gone"));
  CHECK(types.find("a")->value == 1);
  CHECK(types.weight(EventTypeId{0}, std::nullopt) == 0.0F);
  // Declared again it is itself again.
  const EventTypes again({{"a", {}}, {"gone", {}}}, types.known());
  CHECK(again.find("gone")->value == 0);
}

TEST_CASE("types that cannot work are refused in words") {
  CHECK(EventTypes::problems({{"undo", taking_back("nothing")}}) ==
        Names{"type 'undo' takes back 'nothing', which is no declared type"});
  CHECK(EventTypes::problems(
            {{"undo", taking_back("shown")}, {"shown", acting(EventAction::interact, 0)}}) ==
        Names{"type 'undo' takes back 'shown', which is not a type of positive weight"});
  CHECK(EventTypes::problems({{"undo", taking_back("undo")}}) ==
        Names{"type 'undo' takes back 'undo', which is not a type of positive weight"});
  EventTypeMap scale = {{"stars", acting(EventAction::rate)}};
  scale["stars"].scale_min = scale["stars"].scale_max = 3;
  CHECK(EventTypes::problems(scale) == Names{"type 'stars': scale_min must be below scale_max"});
  EventTypeMap three;
  for (const std::string name : {"a", "b", "c"}) {
    three[name] = {};
    three["un" + name] = taking_back(name);
  }
  CHECK(EventTypes::problems(three) ==
        Names{"at most 2 types can be taken back by another; these are 3"});
}

TEST_CASE("only interactions can be taken back: a rating has no weight of its own") {
  for (const EventAction action : {EventAction::rate, EventAction::profile, EventAction::forget}) {
    const EventTypeMap map = {{"target", acting(action)}, {"undo", taking_back("target")}};
    REQUIRE(EventTypes::problems(map).size() == 1);
    CHECK_THAT(EventTypes::problems(map)[0],
               Catch::Contains("'undo'") && Catch::Contains("'target'"));
  }
}

TEST_CASE("32 types are possible, known and declared ones together") {
  EventTypeMap map;
  for (int i = 0; i < 32; ++i) map["t" + std::to_string(i)] = {};
  CHECK(EventTypes::problems(map).empty());
  CHECK(EventTypes(map).size() == 32);
  CHECK(message_of(EventTypes::fit(map, {{"t3"}, {}})).empty());
  CHECK_THAT(message_of(EventTypes::fit(map, {{"old"}, {}})),
             Catch::Contains("33") && Catch::Contains("at most 32"));
  map["one more"] = {};
  CHECK(EventTypes::problems(map).size() == 1);
}

TEST_CASE("the first type that forgets answers records without a value") {
  const EventTypeMap only_view = {{"view", {}}};
  CHECK_FALSE(EventTypes(only_view).forget());
  const EventTypes types({{"erase", acting(EventAction::forget)}, {"a", {}}});
  CHECK(types.forget() == types.find("erase"));
}
