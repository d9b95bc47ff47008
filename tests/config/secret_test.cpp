#include <catch2/catch.hpp>

#include "tests/config/example.h"

using namespace freshet::config;

TEST_CASE("no problem shows a secret value") {
  const std::string text = GENERATE(
      R"({"account": {"password": 66612345}})", R"({"account": {"password": ["66612345"]}})",
      R"({"account": {"pasword": "66612345"}})", R"({"account": {"password": "66612345})",
      R"({"account": {"password": "66612345" "x"}})",
      R"({"account": {"password": "66612345\u0000"}})",
      R"({"account": {"properties": {"ssl.password": ["66612345"]}}})",
      R"({"account": {"properties": {"ssl.password": "66612345\u0000"}}})",
      R"({"account": {"password": 66612345e999}})",
      "{\"account\": {\"password\": \"66612345\xff\"}}");
  const Outcome outcome = read_file(text);
  CAPTURE(outcome.text());
  REQUIRE(outcome.problems.size() == 1);
  CHECK(outcome.text().find("66612345") == std::string::npos);
}

TEST_CASE("no problem with --set or the environment shows a secret value") {
  const std::string set =
      GENERATE("account.pasword=66612345", "account={\"password\": \"66612345\"",
               "account.properties.ssl.password=66612345\xff", "account.password=66612345\xff",
               "account.properties={\"ssl.password\": \"66612345", "account.password.x=66612345");
  const Outcome outcome = read_sets({set});
  CAPTURE(outcome.text());
  REQUIRE(outcome.problems.size() == 1);
  CHECK(outcome.text().find("66612345") == std::string::npos);
  const std::size_t equals = set.find('=');
  std::string name = "FRESHET_" + set.substr(0, equals);
  for (std::size_t at = 0; (at = name.find('.', at)) != std::string::npos;) {
    name.replace(at, 1, "__");
  }
  const Outcome variable = read_layers("{}", {{name, set.substr(equals + 1)}}, {});
  REQUIRE(variable.problems.size() == 1);
  CHECK(variable.text().find("66612345") == std::string::npos);
}

TEST_CASE("a check that repeats a secret is silenced") {
  CHECK(read_sets({"account.password=sesame"}).text() ==
        "account.password: *** is too well known; found text ***; allowed: anything but the "
        "well-known (--set account.password)\n");
}

TEST_CASE("a dump shows stars for secrets, and nothing for none") {
  Example settings;
  settings.account.password = "66612345";
  settings.account.properties = {{"ssl.key", "seen"}, {"ssl.password", "66612345"}};
  const std::string text = dump(describe_example(), settings);
  CHECK(text.find("66612345") == std::string::npos);
  CHECK(text.find(R"("password": "***")") != std::string::npos);
  CHECK(text.find(R"("ssl.password": "***")") != std::string::npos);
  CHECK(text.find(R"("ssl.key": "seen")") != std::string::npos);
  CHECK(dump(describe_example(), Example{}).find(R"("password": "")") != std::string::npos);
}
