#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/table.h"

// Strict reading: every problem at once, nothing half read. No exception and no crash for any
// input.

namespace freshet::config {

// What a user must change, and where he wrote it. Secret values never appear in it.
struct Problem {
  std::string path;     // dotted: "models.0.k"; empty for the whole file
  std::string message;  // what is wrong, when "found … allowed …" does not say it all
  std::string found;    // the value, shortened; empty when there is none to show
  std::string allowed;  // what would be accepted
  std::string nearest;  // for an unknown key or name: the nearest known one
  std::string origin;   // "freshet.json:12", "environment variable FRESHET_A", "--set a.b"

  // All of it in one line.
  [[nodiscard]] std::string text() const;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

// Where settings come from, weakest first. Within one layer the last of two equal paths wins, and
// the order does not matter otherwise.
struct Layers {
  std::string file_name;                 // for messages only
  std::optional<std::string> file_text;  // JSON with // and /* */ comments; nullopt: no file
  Environment environment;               // only names with the prefix are looked at
  std::vector<std::string> sets;         // "a.b=c"
  std::string environment_prefix = "FRESHET_";
};

inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
inline constexpr int kMaxDepth = 64;
inline constexpr std::size_t kMaxProblems = 100;

// `environ` or main's third argument as an Environment. Precondition: ends with a null pointer.
[[nodiscard]] Environment environment_of(const char* const* variables);

// Reads the layers over the defaults into `object`, which is a copy of the table's defaults. The
// object is not usable when there are problems. O(bytes read), with at most kMaxProblems problems.
[[nodiscard]] std::vector<Problem> read_erased(const AnyTable& table, const Layers& layers,
                                               void* object);

// Reads the layers over the defaults of S. With problems `settings` is unchanged.
template <class S>
[[nodiscard]] std::vector<Problem> read(const Table<S>& table, const Layers& layers, S& settings) {
  S fresh{};
  std::vector<Problem> problems = read_erased(table, layers, &fresh);
  if (problems.empty()) settings = std::move(fresh);
  return problems;
}

}  // namespace freshet::config
