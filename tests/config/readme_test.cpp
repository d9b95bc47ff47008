#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

// Runs in the root of the checkout.

TEST_CASE("the README of config/ names each of its sources, and only files that are there") {
  std::ifstream file("config/README.md");
  REQUIRE(file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::set<std::string> named;
  for (std::size_t at = 0; (at = text.find('`', at)) != std::string::npos;) {
    const std::size_t end = text.find('`', at + 1);
    REQUIRE(end != std::string::npos);
    const std::string name = text.substr(at + 1, end - at - 1);
    if (name.ends_with(".h") || name.ends_with(".cpp")) named.insert(name);
    at = end + 1;
  }
  std::set<std::string> there;
  for (const auto& entry : std::filesystem::directory_iterator("config")) {
    const std::string extension = entry.path().extension();
    if (extension == ".h" || extension == ".cpp") there.insert(entry.path().filename());
  }
  CHECK(named == there);
}
