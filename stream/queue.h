#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace freshet {

/// A queue between two threads that is bounded by weight (bytes): a full queue makes the producer
/// wait.
///
/// Invariant: the weight of what waits exceeds the limit only by one entry that is alone heavier
/// than it.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t weight_max) : weight_max_(weight_max) {}

  /// Waits for room. False if the queue was closed: the entry is dropped.
  bool push(T entry, std::size_t weight) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return closed_ || entries_.empty() || weight_ + weight <= weight_max_; });
    if (closed_) return false;
    entries_.emplace_back(std::move(entry), weight);
    weight_ += weight;
    changed_.notify_all();
    return true;
  }

  /// Waits at most `wait` for an entry. Nothing: none came in time, or the queue is closed and
  /// empty.
  std::optional<T> pop(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [&] { return closed_ || !entries_.empty(); });
    if (entries_.empty()) return std::nullopt;
    T entry = std::move(entries_.front().first);
    weight_ -= entries_.front().second;
    entries_.pop_front();
    changed_.notify_all();
    return entry;
  }

  /// No more entries are taken; those that wait can still be popped.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  /// Nothing will ever come again.
  bool finished() {
    const std::lock_guard lock(mutex_);
    return closed_ && entries_.empty();
  }

 private:
  const std::size_t weight_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<T, std::size_t>> entries_;
  std::size_t weight_ = 0;
  bool closed_ = false;
};

}  // namespace freshet
