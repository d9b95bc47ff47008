#include <catch2/catch.hpp>

#include "tests/config/example.h"

using namespace freshet::config;

TEST_CASE("the file yields to the environment, and that to --set") {
  const std::string file = R"({"numbers": {"small": 1, "large": 11, "natural": 1}})";
  const Environment environment{{"FRESHET_NUMBERS__SMALL", "2"}, {"FRESHET_NUMBERS__LARGE", "12"}};
  const Outcome outcome = read_layers(file, environment, {"numbers.small=3"});
  REQUIRE(outcome.text().empty());
  CHECK(outcome.settings.numbers.small == 3);
  CHECK(outcome.settings.numbers.large == 12);
  CHECK(outcome.settings.numbers.natural == 1);
}

TEST_CASE("the last of two equal --set wins") {
  CHECK(read_sets({"name=a", "name=b"}).settings.name == "b");
}

TEST_CASE("a text is taken literally, other values as JSON") {
  const Outcome outcome = read_sets({"name=\"quoted\" = 5", "numbers.flag=true", "words=[\"x\"]",
                                     "pause=5s", "colour=blue", "numbers.share=0.5"});
  REQUIRE(outcome.text().empty());
  CHECK(outcome.settings.name == "\"quoted\" = 5");
  CHECK(outcome.settings.numbers.flag);
  CHECK(outcome.settings.words == std::vector<std::string>{"x"});
  CHECK(outcome.settings.pause == Millis{5000});
  CHECK(outcome.settings.colour == Colour::kBlue);
  CHECK(read_sets({"name=5"}).settings.name == "5");
}

TEST_CASE("the rest of a path is the key of a free property") {
  const Outcome outcome = read_layers(
      R"({"account": {"properties": {"security.protocol": "PLAIN", "kept": 1}}})",
      {{"FRESHET_ACCOUNT__PROPERTIES__CLIENT__ID", "007"}},
      {"account.properties.security.protocol=SSL", "account.properties={\"more\": \"m\"}"});
  REQUIRE(outcome.text().empty());
  CHECK(outcome.settings.account.properties ==
        std::map<std::string, std::string>{
            {"client.id", "007"}, {"kept", "1"}, {"more", "m"}, {"security.protocol", "SSL"}});
}

TEST_CASE("an object given as JSON changes only what it names") {
  const Outcome outcome =
      read_layers(R"({"numbers": {"small": 1, "natural": 9}, "entries": {"view": {"label": "f"}}})",
                  {}, {R"(numbers={"small": 2})", R"(entries={"view": {"weight": 3}})"});
  REQUIRE(outcome.text().empty());
  CHECK(outcome.settings.numbers.small == 2);
  CHECK(outcome.settings.numbers.natural == 9);
  CHECK(outcome.settings.entries.at("view").label == "f");
  CHECK(outcome.settings.entries.at("view").weight == 3);
}

TEST_CASE("an index reaches into a list, the default one included") {
  CHECK(read_layers(R"({"shapes": [{"type": "line", "width": 4}]})", {}, {"shapes.0.width=5"})
            .settings.shapes[0]
            .as<Line>()
            .width == 5);
  const Outcome outcome = read_sets({"shapes.1.bend=9", "words.0=z"});
  REQUIRE(outcome.text().empty());
  REQUIRE(outcome.settings.shapes.size() == 2);
  CHECK(outcome.settings.shapes[0].as<Line>().width == 3);
  CHECK(outcome.settings.shapes[1].as<Curve>().bend == 9);
  CHECK(outcome.settings.words == std::vector<std::string>{"z", "b"});
}

TEST_CASE("an entry of a list is found by its type too") {
  const Outcome outcome = read_sets({"shapes.curve.bend=9"});
  REQUIRE(outcome.text().empty());
  CHECK(outcome.settings.shapes[1].as<Curve>().bend == 9);
}

TEST_CASE("an index that is none is a problem") {
  CHECK(read_sets({"shapes.2.bend=9"}).text() ==
        "shapes.2: no such entry of the list; allowed: an index from 0 to 1, or the type of an "
        "entry: line, curve (--set shapes.2.bend)\n");
  CHECK(read_sets({"shapes.x.bend=9"}).problems.size() == 1);
  CHECK(read_sets({"shapes.-1.bend=9"}).problems.size() == 1);
  CHECK(read_sets({"weights.0=9"}).problems.at(0).allowed == "nothing: the list is empty");
}

TEST_CASE("another type drops what a weaker layer said about the old one") {
  const std::string file = R"({"shape": {"type": "curve", "bend": 2}})";
  const Outcome outcome = read_layers(file, {}, {"shape.path=/p", "shape.type=file"});
  REQUIRE(outcome.text().empty());
  CHECK(outcome.settings.shape.as<FileShape>().path == "/p");
  const Outcome same = read_layers(file, {}, {"shape.type=curve"});
  CHECK(same.settings.shape.as<Curve>().bend == 2);
  const Outcome whole = read_layers(file, {}, {R"(shape={"type": "line"})"});
  REQUIRE(whole.text().empty());
  CHECK(whole.settings.shape.as<Line>().width == 2);
}

TEST_CASE("within a layer the whole comes before its parts") {
  const Outcome outcome =
      read_sets({"shape.bend=4", R"(shape={"type": "curve", "bend": 1, "delay": "1s"})"});
  REQUIRE(outcome.text().empty());
  CHECK(outcome.settings.shape.as<Curve>().bend == 4);
  CHECK(outcome.settings.shape.as<Curve>().delay == Millis{1000});
}

TEST_CASE("a key of a map is made by --set") {
  const Outcome outcome = read_sets({"entries.like.weight=2", "entries.view.weight=3"});
  REQUIRE(outcome.text().empty());
  CHECK(outcome.settings.entries.at("like").weight == 2);
  CHECK(outcome.settings.entries.at("view").label == "seen");
}

TEST_CASE("only variables with the prefix are looked at, and each of these must be known") {
  const Outcome outcome = read_layers(
      "{}", {{"PATH", "/bin"}, {"FRESHET_NUMBERS__SMAL", "1"}, {"FRESHET_NUMBERS_SMALL", "1"}}, {});
  CHECK(outcome.text() ==
        "numbers_small: unknown key; allowed: name, colour, pause, memory, words, weights, counts, "
        "numbers, account, entries, shape, shapes, lines, off, rules or fast; the nearest known "
        "one is numbers.small (environment variable FRESHET_NUMBERS_SMALL)\n"
        "numbers.smal: unknown key; allowed: flag, small, large, natural, huge or share; the "
        "nearest known one is numbers.small (environment variable FRESHET_NUMBERS__SMAL)\n");
}

TEST_CASE("values of the environment and of --set name their origin") {
  const Outcome outcome =
      read_layers("{}", {{"FRESHET_PAUSE", "5"}}, {"numbers.small=many", "numbers.large={}"});
  CHECK(outcome.text() ==
        "pause: found text \"5\"; allowed: a duration with its unit (ms, s, m, h, d) from 1ms to "
        "1h (environment variable FRESHET_PAUSE)\n"
        "numbers.small: found text \"many\"; allowed: an integer from -10 to 10 (--set "
        "numbers.small)\n"
        "numbers.large: found an empty object; allowed: an integer (--set numbers.large)\n");
}

TEST_CASE("a --set that is no assignment is a problem") {
  CHECK(read_sets({"name"}).text() ==
        "--set needs a path and a value; found text \"name\"; allowed: a.b=c (--set)\n");
  CHECK(read_sets({"=x"}).problems.size() == 1);
  CHECK(read_sets({"name.deeper=x"}).text() ==
        "name.deeper: there is nothing below name; allowed: a text (--set name.deeper)\n");
  CHECK(read_sets({"numbers={\"small\""}).problems.size() == 1);
  CHECK(read_sets({R"(numbers={"small": 1, "small": 2})"}).problems.at(0).path == "numbers.small");
  CHECK(read_sets({"numbers..small=1"}).problems.size() == 1);
}

TEST_CASE("a stronger layer does not hide a wrong object of a weaker one") {
  const Outcome outcome = read_layers(R"({"numbers": 5})", {}, {"numbers.small=1"});
  CHECK(outcome.text() == "numbers: found integer 5; allowed: an object (f.json:1)\n");
}

TEST_CASE("an environment is read from an array that ends with a null pointer") {
  const char* const variables[] = {"A=1=2", "B=", "nonsense", nullptr};
  CHECK(environment_of(variables) == Environment{{"A", "1=2"}, {"B", ""}});
}
