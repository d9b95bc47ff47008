#include "tests/bench/checkpoints.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "app/wiring.h"
#include "tests/bench/streams.h"
#include "tests/bench/temporary_directory.h"

namespace freshet::bench {
namespace {

constexpr std::size_t between = 75'000;  // 5 s at 15,000 events a second
constexpr std::size_t rounds = 5;
// As the pipeline's.
constexpr std::size_t batch_records = 256;
constexpr std::size_t rows_ahead = 512;
constexpr std::size_t pieces_max = 200;

/// Carries records through an engine and takes its checkpoints as the pipeline does.
class Shop {
 public:
  Shop(const Settings& settings, const std::vector<Record>& records, Store& store)
      : records_(records),
        store_(store),
        engine_(new_engine(settings)),
        decoder_(settings.events, engine_->types()) {}

  void process(std::size_t count) {
    const std::size_t end = std::min(records_.size(), at_ + count);
    for (; at_ < end; at_ += decoded_.size()) {
      decode_batch(records_, at_, std::min(batch_records, end - at_), decoder_, decoded_);
      engine_->process(decoded_, outcomes_);
    }
  }

  Figures checkpoint() {
    std::vector<std::int64_t> pieces;
    const auto timed = [&](const auto& work) {
      const std::int64_t start = wall_ns();
      const auto result = work();
      pieces.push_back(wall_ns() - start);
      return result;
    };
    const auto ahead = [&] {
      if (pieces.empty()) engine_->trim();
      return engine_->save_ahead(rows_ahead);
    };
    while (pieces.size() < pieces_max && !timed(ahead)) {
      process(batch_records);
    }
    std::vector<RowBatch> saved;
    const std::uint64_t number = timed([&] { return engine_->save(saved); });
    RowBatch rows;
    for (const RowBatch& part : saved) rows.append(part);
    const std::int64_t start = wall_ns();
    if (Status written = store_.write(rows); !written) {
      throw std::runtime_error(written.error().message);
    }
    engine_->durable(number);
    return {{"pieces", pieces.size()},
            {"longest_us", us(*std::max_element(pieces.begin(), pieces.end()))},
            {"sum_us", us(std::accumulate(pieces.begin(), pieces.end(), std::int64_t{0}))},
            {"write_us", us(wall_ns() - start)},
            {"rows", rows.size()},
            {"bytes", rows.bytes()}};
  }

  const Engine& engine() const { return *engine_; }

 private:
  static double us(std::int64_t ns) { return static_cast<double>(ns) / 1e3; }

  const std::vector<Record>& records_;
  Store& store_;
  std::unique_ptr<Engine> engine_;
  Decoder decoder_;
  std::vector<Decoded> decoded_;
  std::vector<Outcome> outcomes_;
  std::size_t at_ = 0;
};

}  // namespace

Figures measure_checkpoints(std::uint64_t events, std::uint32_t users) {
  const TemporaryDirectory directory;
  Settings settings = bench_settings(1);
  settings.state.path = directory.path() + "/state";
  const std::vector<Record> records = simulated_records(events, users);
  const std::size_t step = std::min<std::size_t>(between, records.size() / (2 * rounds + 2));
  auto store = open_store(settings);
  if (!store) throw std::runtime_error(store.error().message);
  Shop shop(settings, records, **store);

  Figures out;
  shop.process(records.size() - (rounds + 2) * step);
  out["events"] = records.size();
  out["users"] = shop.engine().users().size();
  out["all_rows"] = shop.checkpoint();
  out["between"] = step;
  for (std::size_t round = 0; round < rounds; ++round) {
    shop.process(step);
    out["usual"].push_back(shop.checkpoint());
  }
  return out;
}

}  // namespace freshet::bench
