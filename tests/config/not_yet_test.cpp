#include <catch2/catch.hpp>

#include "tests/config/example.h"

using namespace freshet::config;

TEST_CASE("an option that is not there yet is accepted at its off value") {
  const std::string text = GENERATE(
      R"({"fast": false})", R"({"off": {}})", R"({"off": {"listen": ""}})",
      R"({"off": {"listen": "", "port": 80}})", R"({"rules": []})", R"({"colour": "red"})");
  CAPTURE(text);
  CHECK(read_file(text).text().empty());
}

TEST_CASE("an option that is not there yet is refused otherwise, with its sentence") {
  CHECK(read_file(R"({"fast": true})").text() ==
        "fast: Haste comes with version 4; found boolean true; allowed: only false for now "
        "(f.json:1)\n");
  CHECK(read_file(R"({"off": {"listen": ":80"}})").text() ==
        "off: It opens with version 2; found an object; allowed: only {\"listen\": \"\", "
        "\"port\": 80} for now (f.json:1)\n");
  CHECK(read_file(R"({"rules": [{"type": "only"}]})").text() ==
        "rules: Rules come with version 3; found a list of 1; allowed: only [] for now "
        "(f.json:1)\n");
  CHECK(read_file(R"({"colour": "green"})").text() ==
        "colour: Green comes with version 2; found text \"green\"; allowed: \"red\" or \"blue\" "
        "(f.json:1)\n");
  CHECK(read_file(R"({"shape": {"type": "circle"}})").text() ==
        "shape.type: Circles come with version 2; found text \"circle\"; allowed: line, curve or "
        "file (f.json:1)\n");
}

TEST_CASE("what is wrong in any way about such an option is told once") {
  const std::string text = GENERATE(R"({"fast": 1})", R"({"off": {"listn": "", "prt": 1}})",
                                    R"({"rules": {}})", R"({"rules": [1, 2, 3]})");
  CAPTURE(text);
  CHECK(read_file(text).problems.size() == 1);
}

TEST_CASE("--set and the environment meet the same refusal") {
  CHECK(read_sets({"off.listen=:80"}).problems.at(0).path == "off");
  CHECK(read_sets({"off.listen="}).problems.empty());
  CHECK(read_layers("{}", {{"FRESHET_FAST", "true"}}, {}).problems.at(0).message ==
        "Haste comes with version 4.");
}
