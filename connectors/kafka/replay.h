#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/inputs.h"
#include "connectors/kafka/options.h"
#include "connectors/kafka/reading.h"
#include "stream/order.h"

namespace freshet::kafka {

/// Reads records again in the order in which they were once taken (stream/order.h).
///
/// A client of its own, a member of no group, in which every partition has its own queue: a run is
/// read from its partition's queue until it is over, however far other partitions have been
/// fetched. It is dropped when all is read.
///
/// Invariants: what lies in `held` is the next record of its partition, and belongs to a later run
/// or to none.
///
/// Called by one thread. Memory: the fetch limits of the consumer, shared by the partitions.
class Replay {
 public:
  struct Settings {
    PartitionCounts partitions;  ///< that there are
    bool accept_gap = false;
    std::chrono::milliseconds open_timeout{30'000};
    const std::atomic<bool>* stop = nullptr;
  };

  /// Begins at `from`; a partition that is not named there at its beginning. `clock` must outlive
  /// this. Error: no broker answers, or the log does not hold what the order names.
  static Result<std::unique_ptr<Replay>> open(const KafkaOptions& options, const Inputs& inputs,
                                              KafkaLog log, const Clock& clock, Settings settings,
                                              const Positions& from, Order order);
  ~Replay();

  /// Appends the next records, as Source::poll does.
  Status poll(std::size_t max_records, std::chrono::milliseconds wait, std::vector<Record>& out);

  bool finished() const { return run_ == order_.size(); }

 private:
  struct Part {
    Queue queue;
    Offset next = RD_KAFKA_OFFSET_INVALID;  ///< after the last record that was delivered
    Offset end = RD_KAFKA_OFFSET_INVALID;   ///< the log's, once it has been reached
    Message held;
  };
  enum class Took { record, run_end, nothing };

  Replay(const Clock& clock, Inputs inputs, Settings settings, Order order)
      : clock_(clock), inputs_(std::move(inputs)), settings_(settings), order_(std::move(order)) {}
  Status check(const Positions& from);
  Status assign(const Positions& starts);
  Result<Took> step(std::chrono::milliseconds wait, std::vector<Record>& out);
  Status must_reach(Partition partition, Offset end);
  Status serve();

  const Clock& clock_;
  const Inputs inputs_;
  const Settings settings_;
  const Order order_;
  std::size_t run_ = 0;  ///< the run that is being read
  ClientPtr client_;
  std::unique_ptr<Reading> reading_;
  std::map<Partition, Part> parts_;  ///< dropped before the client
};

/// Where reading goes on when `order` has been read from `from` on.
Positions after(const Positions& from, const Order& order);

}  // namespace freshet::kafka
