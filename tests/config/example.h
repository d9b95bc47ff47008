#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/describe.h"
#include "config/read.h"
#include "config/table.h"

// Settings with every kind of option, for the tests.

namespace freshet::config {

enum class Colour : unsigned char { kRed = 1, kBlue = 7, kGreen = 9 };

struct Numbers {
  bool flag = false;
  std::int32_t small = -3;
  std::int64_t large = 4;
  std::uint32_t natural = 5;
  std::uint64_t huge = 6;
  double share = 0.25;
};

struct Account {
  std::string user = "me";
  std::string password;
  std::map<std::string, std::string> properties;
};

struct Entry {
  double weight = 1;
  std::string label;
};

struct Line {
  std::uint32_t width = 2;
};

struct Curve {
  double bend = 0.5;
  Millis delay{100};
};

struct FileShape {
  std::string path;
};

struct Off {
  std::string listen;
  std::uint32_t port = 80;
};

struct Example {
  std::string name = "unnamed";
  Colour colour = Colour::kRed;
  Millis pause{30'000};
  Bytes memory{std::uint64_t{1} << 30};
  std::vector<std::string> words{"a", "b"};
  std::vector<double> weights;
  std::map<std::string, std::int64_t> counts;
  Numbers numbers;
  Account account;
  std::map<std::string, Entry> entries{{"view", {1, "seen"}}, {"buy", {5, ""}}};
  Tagged shape{"line", Line{}};
  std::vector<Tagged> shapes{Tagged("line", Line{3}), Tagged("curve", Curve{})};
  std::vector<Line> lines;
  Off off;
  std::vector<Tagged> rules;
  bool fast = false;
};

Table<Example> describe_example();

// Reads one text, or --set values, over the defaults. What fails the test is the caller's matter.
struct Outcome {
  Example settings;
  std::vector<Problem> problems;

  // The texts of all problems, a line each.
  [[nodiscard]] std::string text() const;
};
Outcome read_file(std::string text);
Outcome read_sets(std::vector<std::string> sets);
Outcome read_layers(std::string text, Environment environment, std::vector<std::string> sets);

}  // namespace freshet::config
