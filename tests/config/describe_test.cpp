#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/config/example.h"

using namespace freshet::config;
using Json = nlohmann::json;

namespace {

Json example_schema() { return Json::parse(schema(describe_example(), "Example")); }

// Every option's dotted path, of the sections with a single place.
const std::vector<std::string> kPaths{"name",
                                      "colour",
                                      "pause",
                                      "memory",
                                      "words",
                                      "weights",
                                      "counts",
                                      "numbers.flag",
                                      "numbers.small",
                                      "numbers.large",
                                      "numbers.natural",
                                      "numbers.huge",
                                      "numbers.share",
                                      "account.user",
                                      "account.password",
                                      "account.properties",
                                      "off.listen",
                                      "off.port",
                                      "fast"};

}  // namespace

TEST_CASE("a dump holds every option, in order of declaration") {
  const std::string text = dump(describe_example(), Example{});
  CHECK(text.starts_with(
      "{\n  \"name\": \"unnamed\",\n  \"colour\": \"red\",\n  \"pause\": \"30s\",\n"
      "  \"memory\": \"1GiB\",\n  \"words\": [\"a\", \"b\"],\n"));
  CHECK(text.ends_with("  \"rules\": [],\n  \"fast\": false\n}\n"));
  const Json json = Json::parse(text);
  for (const std::string& path : kPaths) {
    std::string pointer = "/" + path;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    CAPTURE(path);
    CHECK(json.contains(Json::json_pointer(pointer)));
  }
  CHECK(json["shapes"][1] == Json::parse(R"({"type": "curve", "bend": 0.5, "delay": "100ms"})"));
}

TEST_CASE("a dump is read back to the same settings") {
  const Outcome first = read_file(R"({
    "name": "a \"b\" \\ \n \u001f ü", "colour": "blue", "pause": "59m", "memory": "3000B",
    "words": [], "weights": [0.1, 1e-300, 5e-324, 1.7976931348623157e308],
    "counts": {"x": -9223372036854775808},
    "numbers": {"flag": true, "small": -10, "large": 77,
                "huge": 18446744073709551615, "share": 0.3},
    "account": {"properties": {"a.b.c": "d", "n": 1e5}},
    "entries": {"view": {"weight": 2}, "new.one": {"label": "|"}},
    "shape": {"type": "file", "path": "p"}, "shapes": [{"type": "curve", "delay": "3s"}],
    "lines": [{"width": 1}]})");
  REQUIRE(first.text().empty());
  const std::string text = dump(describe_example(), first.settings);
  const Outcome second = read_file(text);
  REQUIRE(second.text().empty());
  CHECK(dump(describe_example(), second.settings) == text);
  CHECK(second.settings.name == first.settings.name);
  CHECK(second.settings.weights == first.settings.weights);
  CHECK(second.settings.counts == first.settings.counts);
  CHECK(second.settings.numbers.share == 0.3);
  CHECK(second.settings.account.properties.at("n") == "1e5");
  CHECK(second.settings.shapes.at(0).as<Curve>().delay == Millis{3000});
}

TEST_CASE("the schema holds every option with sentence, default and bounds") {
  const Json json = example_schema();
  CHECK(json["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(json["title"] == "Example");
  CHECK(json["additionalProperties"] == false);
  for (const std::string& path : kPaths) {
    std::string pointer = "/properties/" + path;
    for (std::size_t at = 0; (at = pointer.find('.', at)) != std::string::npos;) {
      pointer.replace(at, 1, "/properties/");
    }
    CAPTURE(path);
    REQUIRE(json.contains(Json::json_pointer(pointer)));
    CHECK(json[Json::json_pointer(pointer)].contains("description"));
    CHECK(json[Json::json_pointer(pointer)].contains("default"));
  }
  const Json& numbers = json["properties"]["numbers"]["properties"];
  CHECK(numbers["small"] == Json::parse(R"({"type": "integer", "minimum": -10, "maximum": 10,
                                            "description": "A small one.", "default": -3})"));
  CHECK(numbers["natural"]["maximum"] == 4'294'967'295);
  CHECK(numbers["huge"]["minimum"] == 0);
  CHECK_FALSE(numbers["large"].contains("minimum"));
  CHECK(json["properties"]["numbers"]["additionalProperties"] == false);
  CHECK(json["properties"]["name"]["minLength"] == 1);
  CHECK(json["properties"]["account"]["properties"]["password"]["writeOnly"] == true);
  CHECK(json["properties"]["words"]["maxItems"] == 3);
}

TEST_CASE("the schema's patterns accept the units that are read") {
  const Json json = example_schema();
  CHECK(json["properties"]["pause"]["pattern"] == "^(0|[0-9]+(ms|s|m|h|d))$");
  CHECK(json["properties"]["memory"]["pattern"] == "^(0|[0-9]+(B|[kMGT]B|[KMGT]iB))$");
}

TEST_CASE("the schema has one alternative a type, with its options") {
  const Json shape = example_schema()["properties"]["shape"];
  REQUIRE(shape["oneOf"].size() == 3);
  CHECK(shape["oneOf"][0]["properties"]["type"]["const"] == "line");
  CHECK_FALSE(shape["oneOf"][0].contains("required"));  // the default's type
  CHECK(shape["oneOf"][1]["required"] == Json::parse(R"(["type"])"));
  CHECK(shape["oneOf"][2]["required"] == Json::parse(R"(["type", "path"])"));
  const Json items = example_schema()["properties"]["shapes"]["items"];
  REQUIRE(items["oneOf"].size() == 3);
  CHECK(items["oneOf"][0]["required"] == Json::parse(R"(["type"])"));
}

TEST_CASE("the schema allows only the off value of what is not there yet") {
  const Json properties = example_schema()["properties"];
  CHECK(properties["fast"]["const"] == false);
  CHECK(properties["fast"]["description"] == "Hurry. Haste comes with version 4.");
  CHECK(properties["off"]["properties"]["listen"]["const"] == "");
  CHECK(properties["rules"]["const"] == Json::array());
  CHECK(properties["colour"]["enum"] == Json::parse(R"(["red", "blue"])"));
}

TEST_CASE("the reference has a row for every option") {
  const std::string page = reference(describe_example(), "Example options");
  CHECK(
      page.starts_with("# Example options\n\nAn example.\n\n| option | type | default | allowed | "
                       "meaning |\n|---|---|---|---|---|\n| `name` | text | `\"unnamed\"` | a "
                       "text, not empty | A name. |\n"));
  for (const std::string& path : kPaths) {
    CAPTURE(path);
    CHECK(page.find("| `" + path + "` | ") != std::string::npos);
  }
  CHECK(page.find("\n## `numbers`\n\nPlain values.\n\n| option |") != std::string::npos);
  CHECK(page.find("\n### `shapes.0` of type `curve`\n\nA bent line.\n\n| option |") !=
        std::string::npos);
  CHECK(page.find("| `shapes.curve.delay` | duration | `\"100ms\"` | ") != std::string::npos);
  CHECK(page.find("\n### `shape` of type `circle`\n\nNot yet: Circles come with version 2.\n") !=
        std::string::npos);
  CHECK(page.find("| `shape.path` | text | required | a text | Where it lies. |") !=
        std::string::npos);
  CHECK(page.find("| `entries.<name>.weight` | number | `1` | a number | Its weight. |") !=
        std::string::npos);
  CHECK(
      page.find("| `numbers.share` | number | `0.25` | a number from 0 to 1 | A share \\| a part. "
                "|") != std::string::npos);
  CHECK(page.find("| `fast` | boolean | `false` | only `false` for now | Hurry. Haste comes with "
                  "version 4. |") != std::string::npos);
  CHECK(page.find("\n## `off`\n\nA port.\n\nNot yet: It opens with version 2.\n") !=
        std::string::npos);
  CHECK(page.find("Not yet `green`: Green comes with version 2.") != std::string::npos);
}
