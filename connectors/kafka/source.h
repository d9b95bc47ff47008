#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/log.h"
#include "connectors/kafka/options.h"
#include "stream/clock.h"
#include "stream/source.h"

namespace freshet {

/// Reads all partitions of one topic, from positions that the caller keeps; commits to the consumer
/// group so that lag tools, and the next process, see what has had its effect.
///
/// Threads, lifetime and waiting as Source says. A broker that is away is no error: `poll` returns
/// nothing meanwhile, and the log gets one line when it goes and one when it is back. Errors, each
/// one sentence: no broker answers while opening; the topic does not exist; the login is refused;
/// the log does not hold a position (named with the gap), be it while opening or because reading
/// fell behind retention.
///
/// Memory: what is fetched ahead is bounded by `queued.max.messages.kbytes` and
/// `queued.min.messages`.
class KafkaSource final : public Source {
 public:
  struct Settings {
    bool accept_gap = false;  ///< go on behind a gap, with a warning, instead of an Error
    std::chrono::milliseconds open_timeout{
        30'000};  ///< for a broker to answer in `open`, `committed`
    std::chrono::milliseconds commit_timeout{5'000};        ///< see `commit`
    std::chrono::milliseconds partitions_interval{60'000};  ///< between looks for new partitions
    /// Set: a broker that is away is not waited for. Must outlive the source.
    const std::atomic<bool>* stop = nullptr;
  };

  /// `clock` must outlive the source. What is wrong with the properties is the Error of `open`.
  KafkaSource(const KafkaOptions& options, std::string topic, KafkaLog log, const Clock& clock,
              Settings settings);
  KafkaSource(const KafkaOptions& options, std::string topic, KafkaLog log, const Clock& clock);
  ~KafkaSource() override;

  /// One round trip a partition. A position in a partition that the topic does not have is an
  /// Error.
  Status open(const Positions& from, const Order& replay) override;
  std::string identity() override;

  /// Order: as the records arrive; within a partition by offset. Offsets may skip (transaction
  /// markers, aborted records, compaction).
  Result<Polled> poll(std::size_t max_records, std::chrono::milliseconds wait,
                      std::vector<Record>& out) override;

  /// Waits for the group's coordinator at most `commit_timeout`. One that is away is no error:
  /// positions are absolute, so the next commit carries these too. Members of the group elsewhere
  /// are an Error.
  Status commit(const Positions& done) override;
  void settled(const Positions& done) override;

  Result<Positions> committed() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
