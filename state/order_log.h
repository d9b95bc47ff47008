#pragma once

#include <memory>
#include <string>

#include "state/disk.h"
#include "stream/order.h"

namespace freshet {

/// The order log in files order-000001.log, … of the state directory, beside RocksDB's, which
/// leaves them alone. Open the RocksStore first: it makes the directory, and its lock is this log's
/// too.
///
/// `append` is one write. One that failed (no space) is taken back, so that it may be tried again.
/// After a failed `sync` nobody knows what is safe: all later calls fail with the same words.
class FileOrderLog final : public OrderLog {
 public:
  explicit FileOrderLog(std::string directory, Disk* disk = nullptr);
  ~FileOrderLog() override;

  Result<Order> open(const Positions& state) override;
  Status append(std::span<const OrderRun> runs) override;
  Status sync() override;
  Result<Segment> cut() override;
  Status drop_before(Segment segment) override;

 private:
  struct Files;
  std::unique_ptr<Files> files_;
};

}  // namespace freshet
