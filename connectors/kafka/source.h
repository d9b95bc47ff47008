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

namespace kafka {
struct GroupOf;
}

/// Reads all partitions of the topic of events, and of the catalogue's when there is one, from
/// positions that the caller keeps, as the one member of a consumer group; commits to it so that
/// lag tools, and the next process, see what has had its effect.
///
/// The catalogue is read to the end that it has while opening before the first event, so that no
/// list is made without it; after that both are followed together.
///
/// When the group rebalances (the topic has grown), `poll` returns nothing until all that it gave
/// out before has been confirmed by `commit` or `settled`; then reading goes on where it was. A
/// membership that was lost (the process was frozen, the broker away for long) is taken up again.
///
/// Threads, lifetime and waiting as Source says. A broker that is away is no error: `poll` returns
/// nothing meanwhile, and the log gets one line when it goes and one when it is back. Errors, each
/// one sentence: no broker answers while opening; the topic does not exist; the login is refused;
/// the log is not the one whose records were read (it was made anew);
/// the log does not hold a position (named with the gap), be it while opening or because reading
/// fell behind retention; another member is in the group; a newer process of the same instance has
/// taken over.
///
/// Memory: what is fetched ahead is bounded by `queued.max.messages.kbytes` and
/// `queued.min.messages`.
class KafkaSource final : public Source {
 public:
  struct Settings {
    /// The topic of the catalogue; one that does not exist while opening is done without. "": none.
    std::string catalog;
    bool accept_gap = false;  ///< go on behind a gap, with a warning, instead of an Error
    std::chrono::milliseconds open_timeout{
        30'000};  ///< for a broker to answer in `open`, `committed`
    std::chrono::milliseconds commit_timeout{5'000};        ///< see `commit`
    std::chrono::milliseconds drain_timeout{60'000};        ///< for what was read to be confirmed
    std::chrono::milliseconds partitions_interval{60'000};  ///< between looks for new partitions
    /// Set: a broker that is away is not waited for. Must outlive the source.
    const std::atomic<bool>* stop = nullptr;
  };

  /// `clock` must outlive the source. What is wrong with the properties is the Error of `open`.
  KafkaSource(const KafkaOptions& options, std::string events, KafkaLog log, const Clock& clock,
              const Settings& settings);
  KafkaSource(const KafkaOptions& options, std::string events, KafkaLog log, const Clock& clock);
  ~KafkaSource() override;

  void expect(const Fingerprints& last) override;
  /// Joins the group and returns when it holds all partitions. Few round trips a partition before
  /// that. A position in a partition that its topic does not have is an Error.
  Status open(const Positions& from, const Order& replay) override;
  std::string identity() override;

  /// Order: as the records arrive; within a partition by offset. Offsets may skip (transaction
  /// markers, aborted records, compaction).
  Result<Polled> poll(std::size_t max_records, std::chrono::milliseconds wait,
                      std::vector<Record>& out) override;

  /// Waits for the group's coordinator at most `commit_timeout`. One that is away is no error, and
  /// no more is a group that rebalances: positions are absolute, so the next commit carries these
  /// too. Never goes back before what `committed` has told.
  Status commit(const Positions& done) override;
  void settled(const Positions& done) override;

  Result<Positions> committed() override;

  /// For a KafkaSink; good while the source lives.
  kafka::GroupOf group_of() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
