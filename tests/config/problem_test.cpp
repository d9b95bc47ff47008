#include <catch2/catch.hpp>

#include "tests/config/example.h"

using namespace freshet::config;

TEST_CASE("a problem names path, value, what is allowed, and the line") {
  CHECK(read_file("{\n  \"numbers\": {\n    \"small\": 300}}").text() ==
        "numbers.small: found integer 300; allowed: an integer from -10 to 10 (f.json:3)\n");
  CHECK(read_file(R"({"pause": 5})").text() ==
        "pause: found integer 5; allowed: a duration with its unit (ms, s, m, h, d) from 1ms to 1h "
        "(f.json:1)\n");
  CHECK(read_file("{\"name\":\n7\n}").text() ==
        "name: found integer 7; allowed: a text, not empty (f.json:2)\n");
}

TEST_CASE("every kind of value refuses what does not fit it") {
  const auto [text, found, allowed] = GENERATE(table<std::string, std::string, std::string>({
      {R"({"numbers": {"flag": "true"}})", "text \"true\"", "true or false"},
      {R"({"numbers": {"flag": 1}})", "integer 1", "true or false"},
      {R"({"numbers": {"large": 1.5}})", "number 1.5", "an integer"},
      {R"({"numbers": {"large": 9223372036854775808}})", "integer 9223372036854775808",
       "an integer"},
      {R"({"numbers": {"natural": -1}})", "integer -1", "an integer from 0 to 4294967295"},
      {R"({"numbers": {"natural": 4294967296}})", "integer 4294967296",
       "an integer from 0 to 4294967295"},
      {R"({"numbers": {"huge": -1}})", "integer -1", "an integer of at least 0"},
      {R"({"numbers": {"huge": 18446744073709551616}})", "number 18446744073709551616",
       "an integer of at least 0"},
      {R"({"numbers": {"share": 1.01}})", "number 1.01", "a number from 0 to 1"},
      {R"({"numbers": {"share": null}})", "null", "a number from 0 to 1"},
      {R"({"numbers": []})", "an empty list", "an object"},
      {R"({"name": ""})", "text \"\"", "a text, not empty"},
      {R"({"account": {"user": "123456789"}})", "text \"123456789\"", "a text, 1 to 8 characters"},
      {R"({"pause": "0s"})", "text \"0s\"",
       "a duration with its unit (ms, s, m, h, d) from 1ms to 1h"},
      {R"({"memory": "1KB"})", "text \"1KB\"",
       "a size with its unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB) from 1KiB to 1TiB"},
      {R"({"colour": 1})", "integer 1", "\"red\" or \"blue\""},
      {R"({"words": "a"})", "text \"a\"", "a list; each entry: a text, at most 3 entries"},
      {R"({"words": ["a", "b", "c", "d"]})", "a list of 4",
       "a list; each entry: a text, at most 3 entries"},
      {R"({"counts": {"a": "b"}})", "text \"b\"", "an integer"},
      {R"({"entries": {"view": 1}})", "integer 1", "an object"},
      {R"({"account": {"properties": {"a": {}}}})", "an empty object",
       "a text, a number, true or false"},
      {R"({"account": {"properties": {"a": null}}})", "null", "a text, a number, true or false"},
      {R"({"shape": "line"})", "text \"line\"",
       "an object of type \"line\", \"curve\" or \"file\""},
      {R"({"shapes": {}})", "an empty object",
       "a list; each entry: an object of type \"line\", \"curve\" or \"file\""},
  }));
  const Outcome outcome = read_file(text);
  CAPTURE(text, outcome.text());
  REQUIRE(outcome.problems.size() == 1);
  CHECK(outcome.problems[0].found == found);
  CHECK(outcome.problems[0].allowed == allowed);
  CHECK(outcome.problems[0].origin == "f.json:1");
}

TEST_CASE("all problems are told at once, each with its path") {
  const Outcome outcome = read_file(R"({
    "nam": "x", "numbers": {"small": 11, "share": -1}, "words": ["a", 2],
    "shapes": [{"type": "line", "width": 0}, {"type": "curve", "delay": "1h"}],
    "entries": {"view": {"weight": "heavy"}}})");
  std::vector<std::string> paths;
  for (const Problem& problem : outcome.problems) paths.push_back(problem.path);
  CHECK(paths == std::vector<std::string>{"words.1", "numbers.small", "numbers.share",
                                          "entries.view.weight", "shapes.0.width", "shapes.1.delay",
                                          "nam"});
}

TEST_CASE("an unknown key is refused with the nearest known one") {
  CHECK(read_file(R"({"numbers": {"shaer": 1}})").text() ==
        "numbers.shaer: unknown key; allowed: flag, small, large, natural, huge or share; the "
        "nearest known one is numbers.share (f.json:1)\n");
  const auto nearest = [](std::string text) {
    return read_file(std::move(text)).problems.at(0).nearest;
  };
  CHECK(nearest(R"({"NAME": 1})") == "name");
  CHECK(nearest(R"({"color": 1})") == "colour");
  CHECK(nearest(R"({"share": 1})") == "numbers.share");
  CHECK(nearest(R"({"account": {"numbers": 1}})") == "numbers");
  CHECK(nearest(R"({"shapes": [{"type": "line", "widht": 1}]})") == "shapes.0.width");
  CHECK_FALSE(nearest(R"({"quite another thing": 1})").empty());
}

TEST_CASE("an unknown name is refused with the nearest known one, if it is near") {
  const Problem colour = read_file(R"({"colour": "bleu"})").problems.at(0);
  CHECK(colour.nearest == "blue");
  const Problem type = read_file(R"({"shape": {"type": "curved"}})").problems.at(0);
  CHECK(type.path == "shape.type");
  CHECK(type.found == "text \"curved\"");
  CHECK(type.allowed == "line, curve or file");
  CHECK(type.nearest == "curve");
  CHECK(read_file(R"({"shape": {"type": "bandit"}})").problems.at(0).nearest.empty());
}

TEST_CASE("what is required must be given") {
  CHECK(read_file(R"({"shape": {"type": "file"}})").text() ==
        "shape.path: required, and not given; allowed: a text (f.json:1)\n");
  CHECK(read_file(R"({"shapes": [{"width": 3}]})").problems.at(0).path == "shapes.0.type");
}

TEST_CASE("a key given twice in one object is a problem") {
  CHECK(read_file("{\"numbers\": {\"small\": 1,\n\"small\": 2}}").text() ==
        "numbers.small: the key is given twice in one object; allowed: each key once "
        "(f.json:2)\n");
  const Outcome listed = read_file(R"({"lines": [{}, {"width": 1, "width": 1}]})");
  REQUIRE(listed.problems.size() == 1);
  CHECK(listed.problems[0].path == "lines.1.width");
}

TEST_CASE("a check of the whole object speaks at the option, and only when all options are good") {
  const Outcome outcome = read_file("{\"numbers\": {\"small\": 5,\n\"large\": 2}}");
  CHECK(outcome.text() == "numbers.large: it is below small (f.json:2)\n");
  CHECK(read_file(R"({"numbers": {"small": 5, "large": 2, "share": 3}})").problems.at(0).path ==
        "numbers.share");
  // Without any layer that names the object the defaults are looked at as well.
  struct Bad {
    int value = 1;
  };
  const auto bad =
      object<Bad>("Bad.").option("value", &Bad::value, "A value.").check([](const Bad&) {
        return std::vector<Finding>{{"value", "never good"}};
      });
  Bad settings;
  CHECK(read(bad, {}, settings).at(0).text() == "value: never good");
}

TEST_CASE("a check of one option says its sentence") {
  struct Host {
    std::string listen = "a:1";
  };
  const auto host = object<Host>("A host.").option(
      "listen", &Host::listen, "Where to listen.",
      check(
          [](const std::string& text) -> std::string {
            return text.find(':') == std::string::npos ? "the port is missing" : "";
          },
          "host:port"));
  Layers layers;
  layers.sets = {"listen=localhost"};
  Host settings;
  CHECK(read(host, layers, settings).at(0).text() ==
        "listen: the port is missing; found text \"localhost\"; allowed: host:port (--set listen)");
  layers.sets = {"listen=localhost:80"};
  CHECK(read(host, layers, settings).empty());
}

TEST_CASE("a syntax error is one problem with its line and column") {
  CHECK(read_file("{\n  \"name\" 5}").text() ==
        "not valid JSON: unexpected number literal; expected ':', at column 11 (f.json:2)\n");
  CHECK(read_file("").problems.size() == 1);
  CHECK(read_file("{} {}").problems.size() == 1);
  CHECK(read_file("[]").text() == "found an empty list; allowed: an object (f.json:1)\n");
}

TEST_CASE("at most so many problems are told") {
  std::string text = "{";
  for (int index = 0; index < 500; ++index) text += "\"k" + std::to_string(index) + "\": 1,";
  text += "\"z\": 1}";
  const Outcome outcome = read_file(text);
  REQUIRE(outcome.problems.size() == kMaxProblems);
  CHECK(outcome.problems.back().message == "there are more problems");
}

TEST_CASE("two swapped letters are one slip") {
  struct Two {
    bool first = false;
    bool second = false;
  };
  const auto two = object<Two>("Two.")
                       .option("abxy", &Two::first, "The first.")
                       .option("abcd", &Two::second, "The second.");
  Layers layers;
  layers.sets = {"abdc=true"};
  Two settings;
  CHECK(read(two, layers, settings).at(0).nearest == "abcd");
}
