#include "tests/bench/streams.h"

#include <algorithm>
#include <stdexcept>

#include "app/wiring.h"
#include "connectors/file/file_source.h"
#include "connectors/simulate/simulate_source.h"
#include "state/memory_store.h"

namespace freshet::bench {
namespace {

void read_all(Source& source, std::vector<Record>& out) {
  const auto must = [](const auto& result) {
    if (!result) throw std::runtime_error(result.error().message);
  };
  must(source.open({}, {}));
  while (true) {
    const auto polled = source.poll(4'096, std::chrono::milliseconds(100), out);
    must(polled);
    if (*polled == Source::Polled::end) return;
  }
}

}  // namespace

Settings bench_settings(std::uint32_t threads) {
  Settings settings;
  settings.engine.threads = threads;
  settings.engine.epoch_span.count = 365LL * 86'400'000;
  return settings;
}

void read_records(const std::string& path, std::vector<Record>& out) {
  FileSourceOptions options;
  options.path = path;
  FileSource source(options);
  read_all(source, out);
  for (std::size_t i = 0; i < out.size(); ++i) out[i].offset = static_cast<Offset>(i);
}

std::vector<Record> simulated_records(std::uint64_t events, std::uint32_t users) {
  SimulateOptions options;
  options.events = events;
  options.users = users;
  options.catalog = false;
  SimulateSource source(options, system_clock());
  std::vector<Record> records;
  records.reserve(events);
  read_all(source, records);
  return records;
}

void decode_batch(const std::vector<Record>& records, std::size_t begin, std::size_t count,
                  Decoder& decoder, std::vector<Decoded>& out) {
  out.clear();
  const std::size_t end = std::min(records.size(), begin + count);
  out.reserve(end - begin);
  for (std::size_t i = begin; i < end; ++i) {
    Decoded& decoded = out.emplace_back();
    decoded.partition = records[i].partition;
    decoded.offset = records[i].offset;
    decoded.what = decoder.decode(records[i]);
  }
}

std::unique_ptr<Engine> new_engine(const Settings& settings) {
  const MemoryStore nothing;
  auto engine = make_engine(settings, nothing);
  if (!engine) throw std::runtime_error(engine.error().message);
  return std::move(*engine);
}

}  // namespace freshet::bench
