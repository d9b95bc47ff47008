#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.h"
#include "stream/engine.h"
#include "stream/record.h"

namespace freshet::bench {

/// The defaults, but for two things: epochs are cut by their number of records alone, as they are
/// at the rates that are measured here, though the streams' own times may lie far apart; and
/// nothing is logged.
Settings bench_settings(std::uint32_t threads);

/// A whole file of events as records with rising offsets, appended. Throws if it cannot be read.
void read_records(const std::string& path, std::vector<Record>& out);

/// The first events of a simulated shop.
std::vector<Record> simulated_records(std::uint64_t events, std::uint32_t users);

/// `records` from `begin` on, at most `count`, as the pipeline's reader decodes them.
void decode_batch(const std::vector<Record>& records, std::size_t begin, std::size_t count,
                  Decoder& decoder, std::vector<Decoded>& out);

/// A new engine for the settings.
std::unique_ptr<Engine> new_engine(const Settings& settings);

}  // namespace freshet::bench
