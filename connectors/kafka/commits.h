#pragma once

#include <chrono>
#include <string>

#include "connectors/kafka/client.h"
#include "stream/clock.h"
#include "stream/position.h"
#include "stream/result.h"

namespace freshet::kafka {

/// The committed offsets of one consumer group for one topic, without being a member of the group.
/// The broker takes such commits only while the group has no members: a stray consumer cannot mix
/// with us.
///
/// `commit` and `committed` are called by one thread, beside the thread that polls the client.
class Commits {
 public:
  Commits(Client& client, const Clock& clock, std::string topic, std::string group);

  /// See KafkaSource::commit.
  Status commit(const Positions& done, std::chrono::milliseconds timeout);
  /// The offsets of partitions 0 to `partitions`-1; those without one are absent.
  Result<Positions> committed(int partitions, std::chrono::milliseconds timeout);

 private:
  Status outcome(int code);

  Client& client_;
  const Clock& clock_;
  const std::string topic_;
  const std::string group_;
  Queue answers_;        ///< of commits
  long sent_ = 0;        ///< number of the latest commit
  bool behind_ = false;  ///< the latest commit had no answer in time, and the log knows
};

}  // namespace freshet::kafka
