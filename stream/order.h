#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stream/position.h"
#include "stream/result.h"

namespace freshet {

/// A piece of the engine order: next come the records of one partition up to an offset.
///
/// The first of them is the first record of that partition which no earlier run took. Offsets may
/// have gaps (transaction markers, compaction), so a run names its end and no count.
struct OrderRun {
  Partition partition = 0;
  Offset end = 0;  ///< the offset after the run's last record

  friend bool operator==(const OrderRun&, const OrderRun&) = default;
};
using Order = std::vector<OrderRun>;

/// Remembers in which order the partitions were taken, beside the state, so that a restart takes
/// them in the same order again and makes the same bytes. Implementations live in state/.
///
/// Threads: `open` before all others; `append`, `sync` and `cut` by one thread (the publisher),
/// `drop_before` by another at the same time (the writer of checkpoints).
class OrderLog {
 public:
  using Segment = std::uint64_t;
  static constexpr Segment no_segment = 0;  ///< before all segments: nothing is dropped

  virtual ~OrderLog() = default;

  /// What was noted and is not yet part of a state at `state`, in order: a run that ends at or
  /// before the state's position of its partition is left out. A torn end, which is what a crash
  /// leaves of a note that was being written, is cut off; other damage is an Error that names the
  /// file.
  virtual Result<Order> open(const Positions& state) = 0;

  /// Notes the runs behind those noted before. When it returns they survive the death of the
  /// process.
  virtual Status append(std::span<const OrderRun> runs) = 0;
  /// When it returns all that was appended survives the death of the machine. Cost: a disk flush,
  /// none if nothing was appended since the last one.
  virtual Status sync() = 0;

  /// Later notes go to a new segment, whose number is returned: a checkpoint is taken here.
  virtual Result<Segment> cut() = 0;
  /// That checkpoint is durable: older segments are not needed any more.
  virtual Status drop_before(Segment segment) = 0;
};

}  // namespace freshet
