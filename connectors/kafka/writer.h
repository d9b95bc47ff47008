#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/kafka/log.h"
#include "connectors/kafka/options.h"
#include "stream/clock.h"
#include "stream/result.h"

namespace freshet {

/// Writes records to one topic, for programs that play a shop. Order, waiting and errors as
/// KafkaSink. Called by one thread.
class KafkaWriter {
 public:
  /// `clock` must outlive the writer. What is wrong with the properties is the Error of `open`.
  KafkaWriter(const KafkaOptions& options, std::string topic, KafkaLog log, const Clock& clock,
              std::chrono::milliseconds open_timeout = std::chrono::seconds{30});
  ~KafkaWriter();

  Status open();
  /// `key`: the user. No value: a tombstone. `time_ms`: the record's timestamp; -1: now.
  Status write(std::string_view key, std::optional<std::string_view> value,
               std::int64_t time_ms = -1);
  Status flush();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
