#pragma once

#include <chrono>
#include <string>

#include "connectors/kafka/client.h"
#include "connectors/kafka/inputs.h"
#include "stream/clock.h"
#include "stream/position.h"
#include "stream/result.h"

namespace freshet::kafka {

class Membership;

/// The committed offsets of one consumer group for the topics that are read.
///
/// By the client that is the member then. `commit` and `committed` are called by one thread, beside
/// the thread that polls the client.
class Commits {
 public:
  Commits(const Membership& membership, const Clock& clock, Inputs inputs, std::string group);

  /// Whether they are committed now. `false`: the coordinator is away, or the group rebalances, and
  /// the log knows; later positions carry these too.
  Result<bool> commit(const Positions& done, std::chrono::milliseconds timeout);
  /// The offsets of `partitions`; those without one are absent. What was published
  /// once is so for good: from then on `raised` goes nowhere before them.
  Result<Positions> committed(const PartitionCounts& partitions, std::chrono::milliseconds timeout);
  /// `done`, or what was committed before where that is further.
  Positions raised(const Positions& done) const;

 private:
  Result<bool> outcome(Client& client, int code);

  const Membership& membership_;
  const Clock& clock_;
  const Inputs inputs_;
  const std::string group_;
  Positions found_;      ///< when `committed` was asked
  long sent_ = 0;        ///< number of the latest commit
  bool behind_ = false;  ///< the latest commit had no answer in time, and the log knows
};

}  // namespace freshet::kafka
