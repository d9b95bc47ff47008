#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stream/decoder.h"
#include "stream/engine.h"
#include "stream/event_types.h"
#include "stream/record.h"

namespace freshet::test {

inline constexpr std::int64_t minute_ms = 60'000;
/// A moment of 2023, in ms: where the tests' logs begin.
inline constexpr std::int64_t start_ms = 1'700'000'000'000;

/// An event as JSON text, field by field. Values are JSON texts themselves, so that anything can be
/// said.
class EventLine {
 public:
  /// {"user":"u","item":"i","type":"view","time":1700000000000}
  EventLine();
  EventLine(std::string_view user, std::string_view item, std::string_view type = "view",
            std::int64_t time_ms = start_ms);

  EventLine& with(std::string_view field, std::string_view json);
  EventLine& with_text(std::string_view field, std::string_view text);
  EventLine& without(std::string_view field);
  std::string json() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

Record record_of(std::string value, Offset offset = 0, Partition partition = 0);
/// Records in one partition, offsets from 0.
std::vector<Record> log_of(const std::vector<std::string>& values);

/// An event of the default types.
Event event_of(std::string_view user, std::string_view item, std::string_view type = "view",
               std::int64_t time_ms = start_ms);
Decoded decoded(Event event, Offset offset = 0, Partition partition = 0);
/// Events in one partition, offsets from 0.
std::vector<Decoded> decoded_log(const std::vector<Event>& events);
/// Records as the pipeline's reader decodes them.
std::vector<Decoded> decode_all(const std::vector<Record>& records,
                                const EventOptions& options = {});

/// How a random log is mixed; shares of 100.
struct LogMix {
  std::uint32_t users = 12, items = 30;
  std::uint32_t partitions = 1;
  std::uint32_t no_consent = 5, repeats = 5, forgets = 2, hostile = 3, profiles = 3;
};
/// A reproducible log: sessions, all default types, repeated ids, late events, and what `mix` says.
std::vector<Record> random_log(std::uint32_t seed, std::size_t records, const LogMix& mix = {});

/// The same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint32_t below(std::uint32_t n) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((state_ >> 33) % n);
  }

 private:
  std::uint64_t state_;
};

}  // namespace freshet::test
