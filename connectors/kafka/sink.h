#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "connectors/kafka/log.h"
#include "connectors/kafka/options.h"
#include "stream/clock.h"
#include "stream/sink.h"

namespace freshet {

class KafkaSource;

/// Writes each channel to its topic, key = user or item, so that Kafka keeps the order per key.
///
/// A list carries the headers `freshet-source` (topic/partition/offset of its cause),
/// `freshet-read-ms` and `freshet-published-ms` (wall clock); a rejected record its bytes and the
/// headers `reason` and `source`. Nothing is too large to go on: what its topic does not take goes
/// to `rejected` without its value, with a header `omitted` (a list or similar items: with a
/// `reason` that says what to do), and is warned of.
///
/// Settings::exactly_once: all that was written since the last `flush`, and the positions given to
/// `flush`, are one transaction. A transaction that is aborted on the way is sent again from a
/// copy; `write` moves from its outputs.
///
/// A broker that is away blocks `write`, once the buffer is full, and `flush`, however long it
/// takes. Errors: a topic does not exist, the login is refused, a record cannot be written (named
/// with topic and reason), another process has taken over the identity; stopped while no broker
/// answers. After an Error from `write` or `flush` every later call returns it too.
///
/// Memory: `queue.buffering.max.kbytes` and `queue.buffering.max.messages`, and the outputs since
/// the last `flush`.
class KafkaSink final : public Sink {
 public:
  struct Settings {
    bool exactly_once = false;
    /// Whose positions are committed. Must outlive the sink. Without one they are committed to a
    /// group that has no members.
    const KafkaSource* source = nullptr;
    std::chrono::milliseconds open_timeout{30'000};  ///< for a broker to answer in `open`
    /// Set: a broker that is away is not waited for. Must outlive the sink.
    const std::atomic<bool>* stop = nullptr;
  };

  /// `clock` must outlive the sink. What is wrong with the properties is the Error of `open`.
  KafkaSink(const KafkaOptions& options, const TopicOptions& topics, KafkaLog log,
            const Clock& clock, Settings settings);
  KafkaSink(const KafkaOptions& options, const TopicOptions& topics, KafkaLog log,
            const Clock& clock);
  ~KafkaSink() override;

  /// Kind::transactional with Settings::exactly_once: an earlier process of the same identity can
  /// commit nothing from then on. Otherwise Kind::keeps: Kafka takes nothing back.
  Result<Kind> open(const std::string& mark) override;
  Status write(std::span<Output> outputs) override;
  /// The mark is "". With nothing written and no new positions since the last call it does nothing.
  Result<std::string> flush(const Positions& done) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
