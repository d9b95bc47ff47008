#include <catch2/catch.hpp>
#include <limits>

#include "tests/config/example.h"

using namespace freshet::config;

TEST_CASE("without any layer the defaults hold") {
  const Outcome outcome = read_sets({});
  REQUIRE(outcome.text().empty());
  CHECK(outcome.settings.name == "unnamed");
  CHECK(outcome.settings.entries.size() == 2);
  CHECK(outcome.settings.shapes.size() == 2);
}

TEST_CASE("every kind of value is read from a file with comments") {
  const Outcome outcome = read_file(R"({
    // a comment
    "$schema": "x.json",
    "name": "Zoë", /* another */
    "colour": "blue", "pause": "2m", "memory": "64KiB",
    "words": ["x"], "weights": [1, 2.5], "counts": {"a.b": -7},
    "numbers": {"flag": true, "small": 10, "large": 9223372036854775807,
                "natural": 4294967295, "huge": 18446744073709551615, "share": 1},
    "account": {"user": "you", "password": "p", "properties": {"a.b": "c", "n": 1.50, "t": true}},
    "entries": {"view": {"weight": 2}, "like": {}},
    "shape": {"type": "curve", "bend": 3},
    "shapes": [{"type": "file", "path": "/x"}, {"type": "line"}],
    "lines": [{"width": 8}, {}]
  })");
  REQUIRE(outcome.text().empty());
  const Example& got = outcome.settings;
  CHECK(got.name == "Zoë");
  CHECK(got.colour == Colour::kBlue);
  CHECK(got.pause == Millis{120'000});
  CHECK(got.memory == Bytes{65'536});
  CHECK(got.words == std::vector<std::string>{"x"});
  CHECK(got.weights == std::vector<double>{1, 2.5});
  CHECK(got.counts == std::map<std::string, std::int64_t>{{"a.b", -7}});
  CHECK(got.numbers.flag);
  CHECK(got.numbers.small == 10);
  CHECK(got.numbers.large == std::numeric_limits<std::int64_t>::max());
  CHECK(got.numbers.natural == 4'294'967'295);
  CHECK(got.numbers.huge == std::numeric_limits<std::uint64_t>::max());
  CHECK(got.numbers.share == 1.0);
  CHECK(got.account.password == "p");
  CHECK(got.account.properties ==
        std::map<std::string, std::string>{{"a.b", "c"}, {"n", "1.50"}, {"t", "true"}});
  REQUIRE(got.lines.size() == 2);
  CHECK(got.lines[0].width == 8);
  CHECK(got.lines[1].width == 2);
}

TEST_CASE("an entry of a map changes only the members it names") {
  const Example got =
      read_file(R"({"entries": {"view": {"weight": 2}, "like": {"label": "l"}}})").settings;
  REQUIRE(got.entries.size() == 3);
  CHECK(got.entries.at("view").weight == 2);
  CHECK(got.entries.at("view").label == "seen");
  CHECK(got.entries.at("buy").weight == 5);
  CHECK(got.entries.at("like").weight == 1);
}

TEST_CASE("a tagged object has the options of its type, and no others") {
  const Example curve = read_file(R"({"shape": {"type": "curve", "delay": "2s"}})").settings;
  CHECK(curve.shape.type() == "curve");
  CHECK(curve.shape.as<Curve>().delay == Millis{2000});
  CHECK(curve.shape.as<Curve>().bend == 0.5);
  CHECK(curve.shape.get_if<Line>() == nullptr);
  CHECK(read_file(R"({"shape": {"type": "curve", "width": 2}})").problems.size() == 1);
}

TEST_CASE("without a type a tagged object keeps the default's type") {
  const Outcome outcome = read_file(R"({"shape": {"width": 7}})");
  REQUIRE(outcome.text().empty());
  CHECK(outcome.settings.shape.as<Line>().width == 7);
}

TEST_CASE("a given list replaces the default one, an absent one keeps it") {
  const Example given = read_file(R"({"shapes": [{"type": "curve"}], "words": []})").settings;
  REQUIRE(given.shapes.size() == 1);
  CHECK(given.shapes[0].type() == "curve");
  CHECK(given.words.empty());
  CHECK(read_file("{}").settings.shapes[0].as<Line>().width == 3);
}

TEST_CASE("an integer may be written as a whole number with a fraction or an exponent") {
  CHECK(read_file(R"({"numbers": {"large": 2e3}})").settings.numbers.large == 2000);
  CHECK(read_file(R"({"numbers": {"small": -4.0, "large": 9}})").settings.numbers.small == -4);
}

TEST_CASE("settings stay as they were when there are problems") {
  Example settings;
  settings.name = "before";
  Layers layers;
  layers.file_text = R"({"name": "after", "numbers": {"small": 99}})";
  CHECK(read(describe_example(), layers, settings).size() == 1);
  CHECK(settings.name == "before");
}

TEST_CASE("copies of a tagged object share options that nobody can change") {
  const Tagged first("line", Line{4});
  const Tagged second = first;
  CHECK(&first.as<Line>() == &second.as<Line>());
  CHECK(Tagged().empty());
  CHECK(Tagged().get_if<Line>() == nullptr);
}

TEST_CASE("an entry that exists need not repeat what a new one requires") {
  struct Item {
    std::string path;
  };
  struct Shelf {
    std::map<std::string, Item> items{{"known", {"/k"}}};
  };
  const auto shelf =
      object<Shelf>("A shelf.")
          .option("items", &Shelf::items, "Items.",
                  object<Item>("An item.").option("path", &Item::path, "Its path.", required()));
  Layers layers;
  Shelf settings;
  layers.file_text = R"({"items": {"known": {}}})";
  CHECK(read(shelf, layers, settings).empty());
  layers.file_text = R"({"items": {"new": {}}})";
  const std::vector<Problem> problems = read(shelf, layers, settings);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].path == "items.new.path");
}

TEST_CASE("the default's own options hold while its type stays") {
  struct Holder {
    Tagged line{"line", Line{7}};
  };
  const auto holder =
      object<Holder>("A holder.")
          .option("line", &Holder::line,
                  types("Lines.").type(
                      "line", object<Line>("A line.").option("width", &Line::width, "Wide.")));
  Layers layers;
  layers.file_text = R"({"line": {"type": "line"}})";
  Holder settings;
  REQUIRE(read(holder, layers, settings).empty());
  CHECK(settings.line.as<Line>().width == 7);
}
