#include "tests/bench/pipeline.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "app/wiring.h"
#include "connectors/simulate/simulate_options.h"
#include "state/digest.h"
#include "stream/pipeline.h"
#include "tests/bench/streams.h"
#include "tests/bench/temporary_directory.h"

namespace freshet::bench {
namespace {

template <class T>
void must(const T& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

/// Passes rows on and keeps the sizes of the batches.
class CountingStore final : public Store {
 public:
  explicit CountingStore(Store& inner) : inner_(inner) {}
  Status write(const RowBatch& batch) override {
    const std::int64_t start = wall_ns();
    Status written = inner_.write(batch);
    writes_ns.push_back(wall_ns() - start);
    bytes.push_back(batch.bytes());
    rows += batch.size();
    return written;
  }
  Result<std::optional<std::string>> get(std::string_view space,
                                         std::string_view key) const override {
    return inner_.get(space, key);
  }
  Status scan(std::string_view space, const Visit& visit) const override {
    return inner_.scan(space, visit);
  }
  Result<std::vector<std::string>> spaces() const override { return inner_.spaces(); }

  std::vector<std::size_t> bytes;
  std::vector<std::int64_t> writes_ns;
  std::size_t rows = 0;

 private:
  Store& inner_;
};

void run(const Settings& settings, Store& store, LiveMetrics& metrics) {
  auto engine = make_engine(settings, store);
  must(engine);
  const auto source = make_source(settings);
  const auto sink = make_sink(settings);
  const auto order = make_order_log(settings);
  const std::atomic<bool> stop = false;
  const PipelineParts parts{*source,         *sink,          store,
                            *order,          **engine,       settings.events,
                            settings.engine, settings.state, settings.delivery,
                            system_clock(),  metrics,        [](std::string_view) {}};
  must(run_pipeline(parts, stop));
}

std::uint64_t state_bytes(const RowReader& rows) {
  auto summary = summarise(rows);
  must(summary);
  std::uint64_t bytes = 0;
  for (const SpaceSize& space : summary->spaces) bytes += space.bytes;
  return bytes;
}

Figures restart(const Settings& settings) {
  const std::int64_t start = wall_ns();
  auto store = open_store(settings);
  must(store);
  const std::int64_t opened = wall_ns();
  auto engine = make_engine(settings, **store);
  must(engine);
  RowBatch stale;
  must((*engine)->restore(**store, stale));
  const std::int64_t restored = wall_ns();
  const auto bytes = static_cast<double>(state_bytes(**store));
  const double seconds = static_cast<double>(restored - opened) / 1e9;
  return {{"open_seconds", static_cast<double>(opened - start) / 1e9},
          {"restore_seconds", seconds},
          {"state_bytes", bytes},
          {"restore_seconds_per_gb", seconds * 1e9 / std::max(bytes, 1.0)}};
}

}  // namespace

Figures measure_pipeline(std::uint64_t events, std::uint32_t users, std::uint32_t threads) {
  const TemporaryDirectory directory;
  Settings settings = bench_settings(threads);
  SimulateOptions shop;
  shop.events = events;
  shop.users = users;
  settings.source = config::Tagged("simulate", shop);
  settings.sink = config::Tagged("none", NoOptions{});
  settings.state.path = directory.path() + "/state";

  Figures out;
  {
    auto store = open_store(settings);
    must(store);
    CountingStore counting(**store);
    LiveMetrics metrics;
    const std::int64_t wall_start = wall_ns(), cpu_start = cpu_ns();
    run(settings, counting, metrics);
    const auto wall = static_cast<double>(wall_ns() - wall_start);
    const auto cpu = static_cast<double>(cpu_ns() - cpu_start);
    const LiveMetrics::Snapshot end = metrics.snapshot();
    const LatencyHistogram& pause = end.checkpoint_pause;
    out["events"] = end.records;
    out["events_per_second"] = static_cast<double>(end.records) * 1e9 / wall;
    out["events_per_cpu_second"] = static_cast<double>(end.records) * 1e9 / cpu;
    out["checkpoint_pause"] = {{"p50_us", static_cast<double>(pause.quantile(0.5)) / 1e3},
                               {"p99_us", static_cast<double>(pause.quantile(0.99)) / 1e3},
                               {"max_us", static_cast<double>(pause.quantile(1)) / 1e3},
                               {"count", pause.count()}};
    out["checkpoint_write"] = quantiles(counting.writes_ns);
    out["checkpoint_bytes_max"] = *std::max_element(counting.bytes.begin(), counting.bytes.end());
    out["checkpoint_rows"] = counting.rows;
    out["peak_bytes"] = peak_resident_bytes();
  }
  out["restart"] = restart(settings);
  return out;
}

}  // namespace freshet::bench
