#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "stream/position.h"
#include "stream/sink.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/storage.h"
#include "tests/support/hand_clock.h"

namespace freshet::test {

/// An output that the readers of the topic, or of the file, have before them.
struct Shown {
  Partition partition = 0;
  Offset offset = 0;
  std::string key;
  std::string line;
  bool excused = false;  ///< need not be what the final order makes: see `World::lose_power`
};

/// What outlives the process, and what the judge knows of it.
struct World {
  explicit World(const Plan& p) : plan(p), log(log_of(p)), storage(make_storage(p)) {}

  /// Only the first problem is kept: the others may follow from it.
  void fail(const std::string& what) {
    if (problem.empty()) problem = what;
  }
  void tell(std::string what) { story.push_back(std::move(what)); }

  /// The machine is off and on again. Lists that a sink which keeps showed since the positions were
  /// last committed may now be made again in another order, and be different: the one exception to
  /// "byte-identical", and only with several partitions.
  void excuse_uncommitted() {
    if (plan.sink != Sink::Kind::keeps || plan.all_partitions() == 1) return;
    for (Shown& s : shown) {
      const auto told = settled.find(s.partition);
      if (told == settled.end() || s.offset >= told->second) s.excused = true;
    }
  }

  const Plan plan;
  const std::vector<Record> log;
  HandClock clock;

  // The broker's.
  std::size_t arrived = 0;  ///< so many records of the log have come into being
  Positions committed;
  std::vector<Shown> shown;
  std::size_t durable = 0;  ///< so many of `shown` survive everything

  std::unique_ptr<Storage> storage;

  // The judge's.
  std::vector<const Record*> order;  ///< in which the engine took the records, in this life's view
  Positions settled;                 ///< the source was told that all before has had its effect
  std::string problem;
  std::vector<std::string> story;
};

}  // namespace freshet::test
