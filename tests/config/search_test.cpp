#include "config/search.h"

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/config/example.h"

using namespace freshet::config;

TEST_CASE("numbers with a range may be tuned, by path and by name, in order of declaration") {
  Example settings;
  settings.counts = {{"a", 3}, {"b.c", 4}};
  const auto found =
      tunables(describe_example(), settings, {"shapes", "numbers", "counts", "shape", "off"});
  std::vector<std::string> paths, names;
  for (const Tunable& t : found) {
    paths.push_back(t.path);
    names.push_back(t.name);
  }
  // Not the large one, which has no range; not b.c, to which no path leads; not what comes later.
  CHECK(paths == std::vector<std::string>{"counts.a", "numbers.small", "numbers.share",
                                          "shape.width", "shapes.0.width"});
  CHECK(names == std::vector<std::string>{"counts.a", "numbers.small", "numbers.share",
                                          "shape.width", "line.width"});
  CHECK(found[1].integer);
  CHECK(found[1].low == -10);
  CHECK(found[1].high == 10);
  CHECK(found[1].value == -3);
  CHECK_FALSE(found[2].integer);
  CHECK(found[2].value == 0.25);
  CHECK(found[4].value == 3);
  for (const Tunable& t : found) {
    Example changed = settings;
    CHECK(
        set_over(describe_example(), {t.path + "=" + (t.integer ? "1" : "0.5")}, changed).empty());
  }
}

TEST_CASE("values set over settings keep the others, and are checked") {
  Example settings;
  settings.shapes = {Tagged("line", Line{7}), Tagged("line", Line{8})};
  settings.numbers.natural = 77;
  REQUIRE(set_over(describe_example(), {"shapes.1.width=4", "numbers.share=1"}, settings).empty());
  CHECK(settings.shapes[0].as<Line>().width == 7);
  CHECK(settings.shapes[1].as<Line>().width == 4);
  CHECK(settings.numbers.natural == 77);
  CHECK(settings.numbers.share == 1);
  const auto problems = set_over(describe_example(), {"shapes.1.width=10"}, settings);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].path == "shapes.1.width");
  CHECK(settings.shapes[1].as<Line>().width == 4);
}

TEST_CASE("a file of changes holds what differs, reads back, and lists whole lists") {
  const auto table = describe_example();
  Example settings;
  CHECK(changes(table, settings, {"shapes", "shape", "numbers"}) == "{}\n");
  settings.shapes = {Tagged("line", Line{3}), Tagged("curve", Curve{0.75, Millis{100}})};
  settings.shape = Tagged("line", Line{5});
  settings.numbers.share = 0.5;
  settings.name = "another";
  const std::string text = changes(table, settings, {"shapes", "shape", "numbers"});
  CHECK(nlohmann::json::parse(text) == nlohmann::json::parse(R"({
    "numbers": {"share": 0.5},
    "shape": {"type": "line", "width": 5},
    "shapes": [{"type": "line", "width": 3}, {"type": "curve", "bend": 0.75}]})"));
  const Outcome back = read_file(text);
  REQUIRE(back.text().empty());
  settings.name = Example{}.name;
  CHECK(dump(table, back.settings) == dump(table, settings));
}
