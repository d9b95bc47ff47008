#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/consumer.h"
#include "connectors/kafka/group.h"
#include "connectors/kafka/inputs.h"
#include "connectors/kafka/options.h"
#include "stream/clock.h"
#include "stream/position.h"
#include "stream/result.h"

namespace freshet::kafka {

/// The one member of a consumer group, which holds all partitions of its topics or reads nothing.
///
/// A thread of its own serves the group, so that it answers whatever the reader and the publisher
/// wait for. Records go past it: every partition's queue is joined to `records`.
///
/// Invariants. 1: reading begins only while all partitions are held. 2: partitions are given back
/// only when nobody reads and what was read has been confirmed (or the time for that is over, or
/// they are lost anyway). 3: a partition is taken at the position that was read, never at the
/// group's committed offset. 4: the client is replaced only while nobody reads.
///
/// Threads: the reader calls begin_reading, end_reading; the publisher confirm, group, failure;
/// `join` before both, `leave` after both.
class Membership final : public RebalanceListener {
 public:
  struct Settings {
    KafkaOptions options;  ///< group, instance, standby
    std::chrono::milliseconds open_timeout{30'000};
    std::chrono::milliseconds drain_timeout{60'000};
    std::chrono::milliseconds partitions_interval{60'000};  ///< between looks for new partitions
    const std::atomic<bool>* stop = nullptr;
  };

  /// `make`: a client with this as its listener.
  Membership(const Clock& clock, Settings settings, MakeClient make);
  ~Membership() override;

  /// Makes the first client; before all else.
  Status prepare();
  /// Joins and returns when all `partitions` of `inputs` are held. `read_to`: what was read, and
  /// confirmed, by earlier processes; `starts`: where to take each partition at first. An Error if
  /// another process is in the group.
  Status join(Inputs inputs, PartitionCounts partitions, Positions read_to, Positions starts);
  /// Ends the thread. The group keeps the membership until the session ends, so that a process of
  /// the same instance gets its partitions at once.
  void leave();

  /// Whether records may be read now; waits at most `wait` until they may. Each `true` is followed
  /// by `end_reading`.
  Result<bool> begin_reading(std::chrono::milliseconds wait);
  void end_reading(const Positions& read_to);
  /// The member of now.
  ConsumerPtr consumer() const;

  /// Everything before `done` has had its effect.
  void confirm(const Positions& done);
  /// What a transaction names itself a member by.
  GroupMetadata group() const;
  Status failure() const;

  void rebalanced(int code, const rd_kafka_topic_partition_list_t& partitions) noexcept override;

 private:
  using Partitions = std::set<Partition>;

  Status enter(Consumer& consumer);
  Status subscribe();
  void renew();
  void watch_join();
  Status wait_until_alone();
  Status wait_until_whole();
  void serve();
  void serve_message(const rd_kafka_message_t& message);
  void look_for_partitions();
  void give_back(bool lost);
  void take();
  Status assign(const Partitions& partitions, bool incremental);
  void look_for_others();
  void abandon();
  bool drained() const;
  Offset start_of(Partition partition) const;
  void tell_of_growth(const PartitionCounts& held);
  void fail(const Error& e);
  void say(int level, const std::string& text);

  // Fixed after `join`.
  const Clock& clock_;
  const Settings settings_;
  const MakeClient make_;
  Inputs inputs_;
  Positions starts_;
  std::chrono::milliseconds session_timeout_{0};

  // The thread's.
  Client* client_ = nullptr;  ///< consumer_'s
  int renewals_ = 0;          ///< since all partitions were held last
  bool cut_off_ = false;      ///< a broker has gone since then, in the middle of a join
  std::uint64_t broken_ = 0;  ///< connections, when they were counted last
  Partitions held_;
  Partitions given_;                 ///< by the group, not taken yet
  bool giving_ = false;              ///< given_ waits for take()
  Partitions asked_;                 ///< back by the group, not given back yet
  std::int64_t drain_until_ns_ = 0;  ///< 0: nothing is asked back
  PartitionCounts partitions_;       ///< of the topics
  std::int64_t looked_ns_ = 0;       ///< for partitions
  std::int64_t others_looked_ns_ = 0;
  std::int64_t partial_until_ns_ = 0;
  std::int64_t join_again_ns_ = 0;  ///< not before, while we are alone and partitions are missing
  bool told_waiting_ = false;

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  ConsumerPtr consumer_;
  bool whole_ = false;  ///< all partitions are held, none is asked back
  bool reading_now_ = false;
  bool yielding_ = false;  ///< we wait for another member to leave
  Positions read_to_, confirmed_;
  std::optional<Error> failure_;

  std::atomic<bool> leaving_{false};
  std::thread thread_;
};

}  // namespace freshet::kafka
