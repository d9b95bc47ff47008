#pragma once

#include <mutex>

#include "stream/order.h"

namespace freshet {

/// What survives a MemoryOrderLog: the runs, and which of them would survive a loss of power.
struct OrderNotes {
  struct Note {
    OrderLog::Segment segment;
    OrderRun run;
  };
  std::vector<Note> notes;
  std::size_t synced = 0;  ///< so many of the first notes

  /// As after the machine's death, while no log is over them.
  void lose_power() { notes.resize(synced); }
};

/// An order log that is gone when its notes are: for a state in memory, demos and tests.
class MemoryOrderLog final : public OrderLog {
 public:
  MemoryOrderLog() : notes_(own_) {}
  explicit MemoryOrderLog(OrderNotes& notes) : notes_(notes) {}

  Result<Order> open(const Positions& state) override;
  Status append(std::span<const OrderRun> runs) override;
  Status sync() override;
  Result<Segment> cut() override;
  Status drop_before(Segment segment) override;

 private:
  std::mutex mutex_;
  OrderNotes own_;
  OrderNotes& notes_;
  Segment current_ = 0;
};

}  // namespace freshet
