#pragma once

#include <string>
#include <vector>

#include "config/read.h"

// Options as dimensions of a search: which numbers there are, within which limits, and what a
// configuration file must say to have the ones that were found.

namespace freshet::config {

// A number that the declarations let vary.
struct Tunable {
  std::string path;          // as --set takes it: "models.0.neighbours"
  std::string name;          // for people: "session_knn.neighbours"; an entry of a list by its type
  bool integer = false;      // else real
  double low = 0, high = 0;  // what is allowed; infinite where nothing is said
  double value = 0;          // as the settings have it
};

// The numbers with a declared range, and the entries of maps of numbers, below the options of the
// table's root that `under` names, in order of declaration.
[[nodiscard]] std::vector<Tunable> tunables_erased(const AnyTable& table, const void* settings,
                                                   const std::vector<std::string>& under);

// A configuration file that gives the options that `under` names the values of `settings`: only
// what differs from the defaults. JSON with an end of line.
[[nodiscard]] std::string changes_erased(const AnyTable& table, const void* settings,
                                         const std::vector<std::string>& under);

template <class S>
[[nodiscard]] std::vector<Tunable> tunables(const Table<S>& table, const S& settings,
                                            const std::vector<std::string>& under) {
  return tunables_erased(table, &settings, under);
}

template <class S>
[[nodiscard]] std::string changes(const Table<S>& table, const S& settings,
                                  const std::vector<std::string>& under) {
  return changes_erased(table, &settings, under);
}

// Sets "a.b=c" over settings that are there already, checked as read() does. With problems
// `settings` is unchanged.
template <class S>
[[nodiscard]] std::vector<Problem> set_over(const Table<S>& table,
                                            const std::vector<std::string>& sets, S& settings) {
  Layers layers;
  layers.sets = sets;
  S fresh = settings;
  std::vector<Problem> problems = read_erased(table, layers, &fresh);
  if (problems.empty()) settings = std::move(fresh);
  return problems;
}

}  // namespace freshet::config
