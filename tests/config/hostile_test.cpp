#include <catch2/catch.hpp>
#include <random>

#include "tests/config/example.h"

using namespace freshet::config;

namespace {

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  while (count-- > 0) out += text;
  return out;
}

}  // namespace

TEST_CASE("deep nesting is one problem, however deep") {
  const std::size_t depth = GENERATE(65U, 1000U, 200'000U);
  const std::string open = GENERATE(as<std::string>(), "[", "{\"a\":");
  const std::string text = repeated(open, depth);
  if (text.size() < kMaxFileBytes) {
    CHECK(read_file(text).problems.at(0).message.starts_with("nested deeper than 64 levels"));
    CHECK(read_sets({"numbers=" + text}).problems.size() == 1);
    CHECK(read_sets({"name=" + text}).settings.name == text);
  } else {
    CHECK(read_file(text).problems.at(0).message == "the text is larger than allowed");
  }
}

TEST_CASE("64 levels are read as what they are") {
  const Outcome outcome = read_file("{\"numbers\": " + repeated("[", 63) + repeated("]", 63) + "}");
  REQUIRE(outcome.problems.size() == 1);
  CHECK(outcome.problems[0].path == "numbers");
  CHECK(outcome.problems[0].found == "a list of 1");
}

TEST_CASE("a file of more than 1 MiB is refused, one of 1 MiB is read") {
  const std::string padding(kMaxFileBytes - 2, ' ');
  CHECK(read_file("{}" + padding).problems.empty());
  CHECK(read_file("{} " + padding).text() ==
        "the text is larger than allowed; found 1048577 bytes; allowed: at most 1MiB (f.json)\n");
}

TEST_CASE("numbers that no machine holds are problems") {
  const std::string number = GENERATE("1e400", "-1e400", "NaN", "Infinity", "1e", "0x10", "01",
                                      "+1", ".5", "--1", "99999999999999999999999999");
  CAPTURE(number);
  CHECK(read_file("{\"numbers\": {\"large\": " + number + "}}").problems.size() == 1);
  CHECK(read_sets({"numbers.large=" + number}).problems.size() == 1);
}

TEST_CASE("text that is not UTF-8 is a problem and is not echoed") {
  const std::string bytes = GENERATE("\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                                     "\xf4\x90\x80\x80", "\xe2\x82", "a\x80");
  CHECK(read_file("{\"name\": \"" + bytes + "\"}").problems.size() == 1);
  const Outcome value = read_sets({"name=" + bytes});
  REQUIRE(value.problems.size() == 1);
  CHECK(value.problems[0].found == "text that is not UTF-8");
  const Outcome path = read_sets({bytes + "=1", "account.properties." + bytes + "=1"});
  REQUIRE(path.problems.size() == 2);
  CHECK(path.text().find(bytes) == std::string::npos);
  CHECK(read_layers("{}", {{"FRESHET_" + bytes, "x"}}, {}).problems.size() == 1);
}

TEST_CASE("control characters in keys and values do not reach the terminal") {
  const std::string text =
      read_file(R"({"\u001b[31m": 1, "words": "\u001b[31m\u0007\u0085"})").text();
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\x07') == std::string::npos);
  CHECK(text.find("\xc2\x85") == std::string::npos);
}

TEST_CASE("a NUL is refused wherever it stands, and an empty name") {
  CHECK(read_file(std::string("{}\0{", 4)).problems.size() == 1);
  CHECK(read_file(R"({"name": "a\u0000b"})").problems.size() == 1);
  CHECK(read_file(R"({"account": {"properties": {"a\u0000b": "c"}}})").problems.size() == 1);
  CHECK(read_file(R"({"entries": {"": {}}})").problems.size() == 1);
}

TEST_CASE("long keys and values are shortened in a problem") {
  const std::string text = read_file("{\"" + std::string(100'000, 'k') + "\": 1, \"words\": \"" +
                                     std::string(100'000, 'v') + "\"}")
                               .text();
  CHECK(text.size() < 1000);
}

TEST_CASE("many keys are read in reasonable time") {
  std::string properties = "{\"account\": {\"properties\": {\"k\": 1";
  for (int index = 0; index < 50'000; ++index) {
    properties += ",\"k" + std::to_string(index) + "\": 1";
  }
  const Outcome outcome = read_file(properties + "}}}");
  REQUIRE(outcome.problems.empty());
  CHECK(outcome.settings.account.properties.size() == 50'001);
}

TEST_CASE("the type of an entry is printed without its control characters") {
  const Outcome outcome = read_sets({"shapes=[{\"type\": \"a\x7f\"}]", "shapes.line.bend=1"});
  REQUIRE(outcome.problems.size() == 2);
  for (const Problem& problem : outcome.problems) {
    CHECK(problem.text().find('\x7f') == std::string::npos);
  }
}

TEST_CASE("random damage to a good file never does worse than problems") {
  const std::string good = dump(describe_example(), Example{});
  REQUIRE(read_file(good).problems.empty());
  std::mt19937 random(20'240'601);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (unsigned change = random() % 4 + 1; change > 0; --change) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, random() % 8);
          break;
        default:
          text.insert(at, good.substr(random() % good.size(), random() % 20));
      }
      if (text.empty()) text = "{";
    }
    const Outcome outcome = read_file(text);
    if (outcome.problems.empty()) continue;
    ++refused;
    for (const Problem& problem : outcome.problems) REQUIRE_FALSE(problem.text().empty());
  }
  CHECK(refused > 1500);
}

TEST_CASE("random assignments never do worse than problems") {
  const std::vector<std::string> parts{
      "numbers", "small",   "shapes", "0",          "type", "",      "shape", "bend", "entries",
      "view",    "account", "1",      "properties", "off",  "rules", "words", "name", "line"};
  const std::vector<std::string> values{"1",
                                        "{}",
                                        "[]",
                                        "line",
                                        "curve",
                                        "null",
                                        "[{}]",
                                        R"({"type": "curve"})",
                                        R"({"type": 1})",
                                        "\"x\"",
                                        "",
                                        "{"};
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> sets;
    for (int count = 0; count < 4; ++count) {
      std::string path = parts[random() % parts.size()];
      for (unsigned more = random() % 3; more > 0; --more) {
        path += "." + parts[random() % parts.size()];
      }
      sets.push_back(path + "=" + values[random() % values.size()]);
    }
    if (!read_sets(sets).problems.empty()) ++refused;
  }
  CHECK(refused > 1500);
}
