#pragma once

#include <atomic>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "state/digest.h"
#include "state/memory_order_log.h"
#include "stream/checkpoint.h"
#include "stream/pipeline.h"
#include "tests/support/count_model.h"
#include "tests/support/events.h"
#include "tests/support/hand_clock.h"
#include "tests/support/recording_sink.h"
#include "tests/support/scripted_source.h"
#include "tests/support/status.h"
#include "tests/support/watched_store.h"

namespace freshet::test {

/// What outlives a run: the log, the outputs, the state.
struct World {
  explicit World(std::vector<Record> log) : wire(std::move(log)) {}

  std::string digest() const { return summarise(rows).value().digest; }
  Positions positions() const { return stored_place(rows).value().positions; }

  Wire wire;
  Outbox box;
  MemoryStore rows;
  OrderNotes notes;
};

/// One life of the program.
struct Life {
  ScriptedSource::Script source;
  RecordingSink::Script sink;
  WatchedStore::Script store;
  std::uint64_t queue_bytes = 1 << 20;
  std::int64_t checkpoint_ms = 10;

  // Filled by `live`.
  std::string error;  ///< "": it ended well
  std::size_t sink_calls = 0, store_writes = 0, taken = 0, idle = 0;
  Positions opened_at;
  std::vector<std::string> log;
  LiveMetrics metrics;
  std::atomic<bool> stop{false};

  /// Runs the pipeline. Each look at the clock takes a millisecond, so checkpoints and commits come
  /// often.
  void live(World& world) {
    ScriptedSource from(world.wire, source);
    RecordingSink to(world.box, sink, &world.wire);
    WatchedStore rows(world.rows, store);
    MemoryOrderLog order(world.notes);
    EngineOptions options;
    options.threads = 2;
    options.epoch_events = 16;
    options.epoch_span = config::Millis{100};
    options.queue_bytes = config::Bytes{queue_bytes};
    Engine::Parts parts = count_parts(options);
    parts.known_types = stored_event_types(rows).value();
    Engine engine(std::move(parts));
    StateOptions state;
    state.checkpoint_interval = config::Millis{checkpoint_ms};
    DeliveryOptions delivery;
    delivery.commit_interval = config::Millis{3};
    const HandClock clock(1);
    const PipelineParts all{from,    to,      rows,
                            order,   engine,  {},
                            options, state,   delivery,
                            clock,   metrics, [this](std::string_view s) { log.emplace_back(s); }};
    error = message_of(run_pipeline(all, stop));
    sink_calls = to.calls();
    store_writes = rows.writes();
    taken = from.taken();
    idle = from.idle();
    opened_at = from.opened_at;
  }
};

/// A sink like a file (what came after the checkpoint is cut off), like a topic (what is out is
/// out) or like a topic with transactions, and the source that goes with it.
struct Delivery {
  const char* name;
  Sink::Kind kind;
  bool loses_unflushed;

  void configure(Life& life) const {
    life.sink.kind = kind;
    life.sink.loses_unflushed = loses_unflushed;
    life.source.keeps_commits = kind != Sink::Kind::takes_back;
  }
};
inline constexpr Delivery deliveries[] = {
    {"takes back", Sink::Kind::takes_back, false},
    {"takes back, loses what was not flushed", Sink::Kind::takes_back, true},
    {"keeps", Sink::Kind::keeps, false},
    {"keeps, loses what was not flushed", Sink::Kind::keeps, true},
    {"transactional", Sink::Kind::transactional, false}};

/// The outputs and the state of a life without failure.
struct Expected {
  explicit Expected(const std::vector<Record>& log) {
    World world(log);
    Life life;
    life.live(world);
    error = life.error;
    lines = lines_of(world.box);
    digest = world.digest();
    positions = world.positions();
  }
  std::string error, digest;
  std::vector<std::string> lines;
  Positions positions;
};

/// What is wrong with a world that should have ended as expected; "": nothing.
inline std::string problem_of(const World& world, const Expected& expected, Sink::Kind kind) {
  const std::vector<std::string> lines = lines_of(world.box);
  if (world.positions() != expected.positions) return "the positions differ";
  if (world.digest() != expected.digest) return "the state differs";
  if (kind != Sink::Kind::keeps) return lines == expected.lines ? "" : "the outputs differ";
  // Each line names its cause, so a repeat that differs, or an output too many, is a line not
  // expected.
  const std::set<std::string> wanted(expected.lines.begin(), expected.lines.end());
  const std::set<std::string> found(lines.begin(), lines.end());
  for (const std::string& line : expected.lines) {
    if (found.count(line) == 0) return "missing: " + line;
  }
  for (const std::string& line : lines) {
    if (wanted.count(line) == 0) return "not expected: " + line;
  }
  return "";
}

}  // namespace freshet::test
