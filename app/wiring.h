#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.h"
#include "connectors/kafka/log.h"
#include "stream/engine.h"
#include "stream/sink.h"
#include "stream/source.h"
#include "stream/store.h"

namespace freshet {

/// What the command says, not the configuration.
struct Manner {
  bool accept_gap = false;  ///< go on behind records that the log has lost
  /// Set: a broker that is away is not waited for. Must outlive what is made.
  const std::atomic<bool>* stop = nullptr;
};

/// The parts that the settings name. Kafka's lines go to the log.
std::unique_ptr<Source> make_source(const Settings& settings, Manner manner = {});
/// `source` must outlive the sink: with delivery.guarantee exactly_once its positions are committed
/// in one piece with the lists.
std::unique_ptr<Sink> make_sink(const Settings& settings, Manner manner = {},
                                const Source* source = nullptr);
KafkaLog kafka_log();

/// The state directory, or memory if there is no path.
Result<std::unique_ptr<Store>> open_store(const Settings& settings);
/// Of the state directory; open the store first.
std::unique_ptr<OrderLog> make_order_log(const Settings& settings);
/// Error: there is no state directory at the path.
Result<std::unique_ptr<Store>> open_store_to_read(const Settings& settings);

/// An engine for the settings, not yet restored. `rows` is the state that it will be restored from.
Result<std::unique_ptr<Engine>> make_engine(const Settings& settings, const RowReader& rows);

/// The state as it is on disk, to be looked at.
struct StoredState {
  std::unique_ptr<Store> store;  ///< read only; must outlive the engine
  std::unique_ptr<Engine> engine;
};
Result<StoredState> read_state(const Settings& settings);

/// What the settings say about the source, the sink, … in a few words, for people.
std::string source_words(const Settings& settings);
std::string sink_words(const Settings& settings);

}  // namespace freshet
