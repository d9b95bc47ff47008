#include "tests/bench/checkpoints.h"

#include <algorithm>
#include <stdexcept>

#include "app/wiring.h"
#include "tests/bench/streams.h"
#include "tests/bench/temporary_directory.h"

namespace freshet::bench {
namespace {

constexpr std::size_t between = 75'000;  // 5 s at 15,000 events a second
constexpr std::size_t rounds = 5;

Figures save(Engine& engine, Store& store) {
  RowBatch rows;
  const std::int64_t start = wall_ns();
  engine.save(rows);
  const std::int64_t saved = wall_ns();
  if (Status written = store.write(rows); !written) {
    throw std::runtime_error(written.error().message);
  }
  return {{"pause_us", static_cast<double>(saved - start) / 1e3},
          {"write_us", static_cast<double>(wall_ns() - saved) / 1e3},
          {"rows", rows.size()},
          {"bytes", rows.bytes()}};
}

}  // namespace

Figures measure_checkpoints(std::uint64_t events, std::uint32_t users) {
  const TemporaryDirectory directory;
  Settings settings = bench_settings(1);
  settings.state.path = directory.path() + "/state";
  const std::vector<Record> records = simulated_records(events, users);
  const std::size_t step = std::min<std::size_t>(between, records.size() / (2 * rounds));
  auto store = open_store(settings);
  if (!store) throw std::runtime_error(store.error().message);
  const auto engine = new_engine(settings);
  Decoder decoder(settings.events, engine->types());
  std::vector<Decoded> decoded;
  std::vector<Outcome> outcomes;
  std::size_t at = 0;
  const auto process_until = [&](std::size_t end) {
    for (; at < end; at += decoded.size()) {
      decode_batch(records, at, std::min<std::size_t>(256, end - at), decoder, decoded);
      engine->process(decoded, outcomes);
    }
  };

  Figures out;
  process_until(records.size() - rounds * step);
  out["events"] = records.size();
  out["users"] = engine->users().size();
  out["all_rows"] = save(*engine, **store);
  out["between"] = step;
  for (std::size_t round = 0; round < rounds; ++round) {
    process_until(at + step);
    out["usual"].push_back(save(*engine, **store));
  }
  return out;
}

}  // namespace freshet::bench
