#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "stream/clock.h"
#include "stream/engine.h"
#include "stream/live_metrics.h"
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
  Engine& engine;  ///< new; the pipeline restores it
  EventOptions events;
  EngineOptions engine_options;
  StateOptions state;
  DeliveryOptions delivery;
  const Clock& clock;
  LiveMetrics& metrics;
  std::function<void(std::string_view)> log;  ///< life events, one sentence each
  std::string events_topic = "events";        ///< named in the cause of each list
};

/// Restores the engine, then carries records from the source to lists in the sink until the source
/// ends or `stop` becomes true; then publishes what was read, writes a last checkpoint and returns.
/// Kill the process at any moment: the next run goes on as if nothing had happened
/// (docs/ARCHITECTURE.md, "The checkpoint"). Error: the world failed (source, sink or store); what
/// was published before is safe, and the next run goes on from the newest checkpoint.
Status run_pipeline(const PipelineParts& parts, const std::atomic<bool>& stop);

/// The positions in a state: where its input goes on.
Result<Positions> stored_positions(const RowReader& rows);

}  // namespace freshet
