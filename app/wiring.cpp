#include "app/wiring.h"

#include <algorithm>

#include "app/log.h"
#include "connectors/file/file_sink.h"
#include "connectors/file/file_source.h"
#include "connectors/kafka/sink.h"
#include "connectors/kafka/source.h"
#include "connectors/simulate/simulate_source.h"
#include "models/fusion/exploring_ranker.h"
#include "models/registry.h"
#include "state/memory_order_log.h"
#include "state/memory_store.h"
#include "state/order_log.h"
#include "state/rocks_store.h"

namespace freshet {
namespace {

/// Takes everything and keeps nothing, so nothing has to be taken back either.
class NoSink final : public Sink {
 public:
  Result<Kind> open(const std::string&) override { return Kind::takes_back; }
  Status write(std::span<Output>) override { return {}; }
  Result<std::string> flush(const Positions&) override { return std::string(); }
};

/// Cannot be had with these settings.
class RefusedSink final : public Sink {
 public:
  explicit RefusedSink(std::string because) : because_(std::move(because)) {}
  Result<Kind> open(const std::string&) override { return error(because_); }
  Status write(std::span<Output>) override { return error(because_); }
  Result<std::string> flush(const Positions&) override { return error(because_); }

 private:
  const std::string because_;
};

/// The store's share of the memory budget.
std::uint64_t store_memory(const Settings& settings) {
  return std::min<std::uint64_t>(settings.state.memory_budget.count / 4, 64ULL << 20);
}

}  // namespace

KafkaLog kafka_log() {
  return [](int level, std::string_view line) {
    log_line(level <= 3   ? LogLevel::error
             : level == 4 ? LogLevel::warn
             : level <= 6 ? LogLevel::info
                          : LogLevel::debug,
             line);
  };
}

std::unique_ptr<Source> make_source(const Settings& settings, Manner manner) {
  const std::string& type = settings.source.type();
  if (type == "kafka") {
    KafkaSource::Settings reading;
    reading.catalog = settings.topics.catalog;
    reading.accept_gap = manner.accept_gap;
    reading.stop = manner.stop;
    return std::make_unique<KafkaSource>(settings.kafka, settings.topics.events, kafka_log(),
                                         system_clock(), reading);
  }
  if (type == "file") return std::make_unique<FileSource>(settings.source.as<FileSourceOptions>());
  if (type == "stdin") {
    return std::make_unique<FileSource>(file_options(settings.source.as<StdinSourceOptions>()));
  }
  return std::make_unique<SimulateSource>(settings.source.as<SimulateOptions>(), system_clock());
}

std::unique_ptr<Sink> make_sink(const Settings& settings, Manner manner, const Source* source) {
  const std::string& type = settings.sink.type();
  if (type == "kafka") {
    KafkaSink::Settings writing;
    writing.source = dynamic_cast<const KafkaSource*>(source);
    writing.exactly_once = settings.delivery.guarantee == Guarantee::exactly_once;
    writing.stop = manner.stop;
    if (writing.exactly_once && writing.source == nullptr) {
      return std::make_unique<RefusedSink>(
          "delivery.guarantee: 'exactly_once' needs source.type 'kafka' beside sink.type 'kafka', "
          "as the positions of no other source can be part of a transaction");
    }
    return std::make_unique<KafkaSink>(settings.kafka, settings.topics, kafka_log(), system_clock(),
                                       writing);
  }
  if (type == "none") return std::make_unique<NoSink>();
  FileSinkOptions options = type == "file" ? settings.sink.as<FileSinkOptions>()
                                           : file_options(settings.sink.as<StdoutSinkOptions>());
  options.events_topic = settings.topics.events;
  options.catalog_topic = settings.topics.catalog;
  return std::make_unique<FileSink>(options);
}

Result<std::unique_ptr<Store>> open_store(const Settings& settings) {
  if (settings.state.path.empty()) return std::unique_ptr<Store>(std::make_unique<MemoryStore>());
  auto store = RocksStore::open(settings.state.path, RocksStore::Mode::read_write,
                                {.memory_bytes = store_memory(settings)});
  if (!store) return store.error();
  return std::unique_ptr<Store>(std::move(*store));
}

std::unique_ptr<OrderLog> make_order_log(const Settings& settings) {
  if (settings.state.path.empty()) return std::make_unique<MemoryOrderLog>();
  return std::make_unique<FileOrderLog>(settings.state.path);
}

Result<std::unique_ptr<Store>> open_store_to_read(const Settings& settings) {
  if (settings.state.path.empty()) {
    return error("state: state.path is empty, so the state is in the running process only");
  }
  auto store = RocksStore::open(settings.state.path, RocksStore::Mode::read_only);
  if (!store) return store.error();
  return std::unique_ptr<Store>(std::move(*store));
}

Result<std::unique_ptr<Engine>> make_engine(const Settings& settings, const RowReader& rows) {
  auto known_types = stored_event_types(rows);
  if (!known_types) return known_types.error();
  Engine::Parts parts;
  parts.engine = settings.engine;
  parts.events = settings.events;
  parts.users = settings.users;
  parts.lists = settings.lists;
  parts.similar = settings.similar;
  parts.known_types = std::move(*known_types);
  parts.memory_budget = settings.state.memory_budget.count - store_memory(settings);
  if (Status s = EventTypes::fit(settings.events.types, parts.known_types); !s) return s.error();
  std::vector<const Model*> models;
  for (const config::Tagged& options : settings.models) {
    parts.models.push_back(make_model(options));
    models.push_back(parts.models.back().get());
  }
  parts.ranker = make_ranker(std::move(models), settings.fusion);
  if (settings.lists.explore > 0) {
    const ExploringOptions exploring{settings.lists.explore, settings.lists.explore_until};
    parts.ranker = std::make_unique<ExploringRanker>(std::move(parts.ranker), exploring);
  }
  return std::make_unique<Engine>(std::move(parts));
}

Result<StoredState> read_state(const Settings& settings) {
  auto store = open_store_to_read(settings);
  if (!store) return store.error();
  auto engine = make_engine(settings, **store);
  if (!engine) return engine.error();
  RowBatch stale;
  if (Status s = (*engine)->restore(**store, stale); !s) return s.error();
  return StoredState{std::move(*store), std::move(*engine)};
}

std::string source_words(const Settings& settings) {
  const std::string& type = settings.source.type();
  if (type == "kafka") return "topic '" + settings.topics.events + "'";
  if (type == "file") return "file '" + settings.source.as<FileSourceOptions>().path + "'";
  if (type == "stdin") return "standard input";
  return "a simulated shop";
}

std::string sink_words(const Settings& settings) {
  const std::string& type = settings.sink.type();
  if (type == "kafka") return "topic '" + settings.topics.recommendations + "'";
  if (type == "file") return "file '" + settings.sink.as<FileSinkOptions>().path + "'";
  if (type == "stdout") return "standard output";
  return "this summary only";
}

}  // namespace freshet
