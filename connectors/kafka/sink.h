#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "connectors/kafka/log.h"
#include "connectors/kafka/options.h"
#include "stream/clock.h"
#include "stream/sink.h"

namespace freshet {

/// Writes each channel to its topic, key = user or item, so that Kafka keeps the order per key.
///
/// A list carries the headers `freshet-source` (topic/partition/offset of its cause),
/// `freshet-read-ms` and `freshet-published-ms` (wall clock); a rejected record its bytes and the
/// headers `reason` and `source`. If a rejected record is larger than its topic takes, it goes
/// without its value, with a header `omitted`.
///
/// A broker that is away blocks `write`, once the buffer is full, and `flush`, however long it
/// takes. Errors: a topic does not exist, the login is refused, a record cannot be written (named
/// with topic and reason). After an Error from `write` or `flush` every later call returns it too.
///
/// Memory: `queue.buffering.max.kbytes` and `queue.buffering.max.messages`.
class KafkaSink final : public Sink {
 public:
  /// `clock` must outlive the sink. What is wrong with the properties is the Error of `open`.
  KafkaSink(const KafkaOptions& options, const TopicOptions& topics, KafkaLog log,
            const Clock& clock, std::chrono::milliseconds open_timeout = std::chrono::seconds{30});
  ~KafkaSink() override;

  /// Kind::keeps: Kafka takes nothing back.
  Result<Kind> open(const std::string& mark) override;
  Status write(std::span<Output> outputs) override;
  /// The mark is "".
  Result<std::string> flush(const Positions& done) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
