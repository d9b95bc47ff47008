#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stream/engine.h"
#include "stream/settings.h"
#include "stream/sink.h"
#include "tests/support/events.h"

namespace freshet::test {

/// What a seed means before anything happens: the shop, the options, the outside world.
struct Plan {
  std::uint64_t seed = 0;
  Sink::Kind sink = Sink::Kind::keeps;
  bool real_models = false;  ///< all of them, as the program wires them; else the counting one
  bool real_disk = false;    ///< RocksDB and files on a faulty disk; else maps
  bool partition_by_user = true;
  std::uint32_t records = 0, partitions = 1, lives = 1;
  std::uint32_t catalog_partitions = 0;
  std::uint32_t catalog = 0;     ///< records of it on 100 others
  bool partitions_grow = false;  ///< most of them appear while the log is written
  bool record_times = false;     ///< records have a time of their own, as in Kafka
  LogMix mix;
  std::uint32_t doubled = 0, tombstones = 0, strays = 0, gaps = 0;  ///< percent of the records
  EngineOptions engine;
  UserOptions users;
  EventOptions events;
  ListOptions lists;
  StateOptions state;
  DeliveryOptions delivery;

  std::uint32_t all_partitions() const { return partitions + catalog_partitions; }
};

Plan plan_of(std::uint64_t seed);
/// One line.
std::string text_of(const Plan& plan);
const char* name_of(Sink::Kind kind);

/// The engine of this plan. `alone`: one thread, and memory for everything.
Engine::Parts engine_parts(const Plan& plan, bool alone);

/// The records in the order in which they come into being; offsets of a partition may have gaps.
std::vector<Record> log_of(const Plan& plan);

}  // namespace freshet::test
