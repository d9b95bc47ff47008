#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "stream/clock.h"
#include "stream/engine.h"
#include "stream/live_metrics.h"
#include "stream/order.h"
#include "stream/settings.h"
#include "stream/sink.h"
#include "stream/source.h"
#include "stream/store.h"

namespace freshet {

/// What a pipeline is made of. Everything is the caller's and outlives the run.
struct PipelineParts {
  Source& source;
  Sink& sink;
  Store& store;
  OrderLog& order;
  Engine& engine;  ///< new; the pipeline restores it
  EventOptions events;
  EngineOptions engine_options;
  StateOptions state;
  DeliveryOptions delivery;
  const Clock& clock;
  LiveMetrics& metrics;
  std::function<void(std::string_view)> log;  ///< life events, one sentence each
  std::string events_topic = "events";        ///< named in the cause of each list
  bool accept_gap = false;  ///< go on with a log that is not the one the state was made from
};

/// Carries records from a source to lists in a sink, in four stages: read and decode → rank and
/// learn → encode and publish → write checkpoints. A stage is driven by calling `step`, by one
/// thread at a time; `run_pipeline` gives each a thread.
class Pipeline {
 public:
  enum class Stage : std::uint8_t { read, rank, publish, write };
  enum class Step : std::uint8_t {
    worked,
    idle,   ///< nothing to do for now
    ended,  ///< nothing to do ever
  };

  /// When `stop` becomes true the pipeline ends as at the end of its source.
  Pipeline(const PipelineParts& parts, const std::atomic<bool>& stop);
  ~Pipeline();

  /// Restores the engine, opens source and sink, and writes the first checkpoint of a new state.
  Status open();
  /// Does a little of a stage's work. Waits at most `wait`, twice, for something to do, beside
  /// what source, sink and store wait.
  Step step(Stage stage, std::chrono::milliseconds wait);
  /// What failed first; for when all stages have ended.
  Status result() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Opens a pipeline and runs it until the source ends or `stop` becomes true; then publishes what
/// was read, writes a last checkpoint and returns. Kill the process at any moment: the next run
/// goes on as if nothing had happened (docs/ARCHITECTURE.md, "The checkpoint"). Error: the world
/// failed (source, sink or store); what was published before is safe, and the next run goes on from
/// the newest checkpoint.
Status run_pipeline(const PipelineParts& parts, const std::atomic<bool>& stop);

}  // namespace freshet
