#include "state/memory_order_log.h"

#include <algorithm>
#include <cassert>

#include "state/order_runs.h"

namespace freshet {

Result<Order> MemoryOrderLog::open(const Positions& state) {
  const std::lock_guard lock(mutex_);
  assert(current_ == 0);
  PendingOrder pending(state);
  for (const OrderNotes::Note& note : notes_.notes) pending.add({&note.run, 1});
  current_ = notes_.notes.empty() ? 1 : notes_.notes.back().segment + 1;
  return pending.take();
}

Status MemoryOrderLog::append(std::span<const OrderRun> runs) {
  const std::lock_guard lock(mutex_);
  assert(current_ != 0);
  for (const OrderRun& run : runs) notes_.notes.push_back({current_, run});
  return {};
}

Status MemoryOrderLog::sync() {
  const std::lock_guard lock(mutex_);
  notes_.synced = notes_.notes.size();
  return {};
}

Result<OrderLog::Segment> MemoryOrderLog::cut() {
  const std::lock_guard lock(mutex_);
  assert(current_ != 0);
  notes_.synced = notes_.notes.size();
  return ++current_;
}

Status MemoryOrderLog::drop_before(Segment segment) {
  const std::lock_guard lock(mutex_);
  assert(segment <= current_);
  auto& notes = notes_.notes;
  const auto kept =
      std::partition_point(notes.begin(), notes.end(),
                           [&](const OrderNotes::Note& note) { return note.segment < segment; });
  const auto dropped = static_cast<std::size_t>(kept - notes.begin());
  notes_.synced -= std::min(notes_.synced, dropped);
  notes.erase(notes.begin(), kept);
  return {};
}

}  // namespace freshet
