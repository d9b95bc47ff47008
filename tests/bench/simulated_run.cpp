#include "tests/bench/simulated_run.h"

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "app/wiring.h"
#include "stream/pipeline.h"

namespace freshet::bench {
namespace {

/// Passes rows on and keeps the sizes and times of the batches.
class CountingStore final : public Store {
 public:
  CountingStore(Store& inner, SimulatedRun& run) : inner_(inner), run_(run) {}
  Status write(const RowBatch& batch) override {
    const std::int64_t start = wall_ns();
    Status written = inner_.write(batch);
    run_.writes_ns.push_back(wall_ns() - start);
    run_.write_bytes.push_back(batch.bytes());
    run_.rows += batch.size();
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

 private:
  Store& inner_;
  SimulatedRun& run_;
};

}  // namespace

double SimulatedRun::events_per_second() const {
  return static_cast<double>(metrics.records) * 1e9 / static_cast<double>(wall_ns);
}

SimulatedRun run_simulated(Settings settings, const SimulateOptions& shop) {
  settings.source = config::Tagged("simulate", shop);
  settings.sink = config::Tagged("none", NoOptions{});
  SimulatedRun out;
  auto store = open_store(settings);
  must(store);
  CountingStore counting(**store, out);
  auto engine = make_engine(settings, counting);
  must(engine);
  const auto source = make_source(settings);
  const auto sink = make_sink(settings);
  const auto order = make_order_log(settings);
  const std::atomic<bool> stop = false;
  LiveMetrics metrics;
  const PipelineParts parts{*source,         *sink,          counting,
                            *order,          **engine,       settings.events,
                            settings.engine, settings.state, settings.delivery,
                            system_clock(),  metrics,        [](std::string_view) {}};
  const std::int64_t wall_start = wall_ns(), cpu_start = cpu_ns();
  must(run_pipeline(parts, stop));
  out.wall_ns = wall_ns() - wall_start;
  out.cpu_ns = cpu_ns() - cpu_start;
  out.metrics = metrics.snapshot();
  return out;
}

Figures quantiles(const LatencyHistogram& histogram) {
  const auto at = [&](double q) { return static_cast<double>(histogram.quantile(q)) / 1e3; };
  return {
      {"p50_us", at(0.5)}, {"p99_us", at(0.99)}, {"max_us", at(1)}, {"count", histogram.count()}};
}

}  // namespace freshet::bench
