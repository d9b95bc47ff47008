#include "tests/bench/serving.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "models/registry.h"
#include "tests/bench/list_encoder.h"
#include "tests/bench/streams.h"
#include "tests/bench/timed_model.h"

namespace freshet::bench {
namespace {

constexpr std::size_t batch_records = 256;  // as the pipeline's
constexpr std::size_t paced_records = 20'000;
constexpr std::int64_t paced_interval_ns = 500'000;  // 2,000 records a second

/// Carries records through an engine and encodes its lists.
class Server {
 public:
  Server(const Settings& settings, Engine& engine)
      : encoder(engine), engine_(engine), decoder_(settings.events, engine.types()) {}

  void batch(const std::vector<Record>& records, std::size_t begin, std::size_t count) {
    const std::int64_t start = wall_ns();
    decode_batch(records, begin, count, decoder_, decoded_);
    const std::int64_t decoded = wall_ns();
    engine_.process(decoded_, outcomes_);
    encoder.encode(decoded_, outcomes_);
    decode_ns += decoded - start;
  }

  /// Returns the time from decoded to encoded.
  std::int64_t one(const std::vector<Record>& records, std::size_t at) {
    decode_batch(records, at, 1, decoder_, decoded_);
    const std::int64_t start = wall_ns();
    engine_.process(decoded_, outcomes_);
    encoder.encode(decoded_, outcomes_);
    return wall_ns() - start;
  }

  ListEncoder encoder;
  std::int64_t decode_ns = 0;

 private:
  Engine& engine_;
  Decoder decoder_;
  std::vector<Decoded> decoded_;
  std::vector<Outcome> outcomes_;
};

double per_event_us(std::int64_t ns, std::size_t events) {
  return static_cast<double>(ns) / 1e3 / static_cast<double>(std::max<std::size_t>(events, 1));
}

double per_second(std::size_t events, std::int64_t ns) {
  return static_cast<double>(events) * 1e9 / static_cast<double>(std::max<std::int64_t>(ns, 1));
}

Figures paced_latency(Server& server, const std::vector<Record>& records, std::size_t begin) {
  std::vector<std::int64_t> durations;
  durations.reserve(records.size() - begin);
  std::int64_t due = wall_ns();
  for (std::size_t i = begin; i < records.size(); ++i, due += paced_interval_ns) {
    const std::int64_t early = due - wall_ns();
    if (early > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(early));
    durations.push_back(server.one(records, i));
  }
  return quantiles(durations);
}

}  // namespace

Figures measure_serving(const Settings& settings, const std::vector<Record>& records) {
  const std::size_t paced = std::min(paced_records, records.size() / 5);
  const std::size_t fast = records.size() - paced;
  const std::size_t memory_before = resident_bytes();
  const auto engine = new_engine(settings);
  Server server(settings, *engine);

  const std::int64_t wall_start = wall_ns(), cpu_start = cpu_ns();
  for (std::size_t i = 0; i < fast; i += batch_records) {
    server.batch(records, i, std::min(batch_records, fast - i));
  }
  const std::int64_t cpu = cpu_ns() - cpu_start, wall = wall_ns() - wall_start;
  const Engine::Phases phases = engine->phases();

  Figures out;
  out["events"] = fast;
  out["lists"] = server.encoder.lists;
  out["list_bytes"] = server.encoder.list_bytes / std::max<std::uint64_t>(server.encoder.lists, 1);
  out["events_per_second"] = per_second(fast, wall);
  out["events_per_cpu_second"] = per_second(fast, cpu);
  out["phases_us"] = {{"decode", per_event_us(server.decode_ns, fast)},
                      {"rank", per_event_us(phases.rank_ns, fast)},
                      {"learn", per_event_us(phases.learn_ns, fast)},
                      {"encode", per_event_us(server.encoder.spent_ns, fast)}};
  out["latency"] = paced_latency(server, records, fast);
  out["memory_bytes"] = peak_resident_bytes() - std::min(peak_resident_bytes(), memory_before);
  return out;
}

Figures measure_models(const Settings& settings, const std::vector<Record>& records) {
  ModelTimes times;
  const auto engine = timed_engine(settings, times);
  Server server(settings, *engine);
  for (std::size_t i = 0; i < records.size(); i += batch_records) {
    server.batch(records, i, batch_records);
  }
  const std::size_t n = records.size();
  Figures out;
  out["events"] = n;
  std::int64_t of_models = 0;
  for (const ModelTimes::Row& row : times.rows) {
    out["models_us"][row.name] = {{"candidates", per_event_us(row.candidates_ns, n)},
                                  {"score", per_event_us(row.score_ns, n)},
                                  {"explain", per_event_us(row.explain_ns, n)},
                                  {"learn", per_event_us(row.learn_ns, n)}};
    if (!row.asked_again) of_models += row.candidates_ns + row.score_ns + row.explain_ns;
  }
  const Engine::Phases phases = engine->phases();
  out["rank_us"] = per_event_us(times.rank_ns, n);
  out["fusion_us"] = per_event_us(times.rank_ns - of_models, n);
  out["around_us"] = per_event_us(phases.rank_ns - times.rank_ns - times.again_ns, n);
  return out;
}

}  // namespace freshet::bench
