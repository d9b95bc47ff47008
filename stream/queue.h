#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace freshet {

/// A queue from one producer to one consumer that is bounded by weight (bytes): while it is full
/// the producer waits for room.
///
/// Invariant: what waits weighs at most the limit and one entry more, if each push follows a
/// `wait_for_room` that returned true.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t weight_max) : weight_max_(weight_max) {}

  /// Waits at most `wait` until less than the limit waits. A closed queue has room: it drops what
  /// is pushed.
  bool wait_for_room(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    return wait_until(lock, wait, [&] { return closed_ || weight_ < weight_max_; });
  }

  /// False if the queue was closed: the entry is dropped.
  bool push(T entry, std::size_t weight) {
    const std::lock_guard lock(mutex_);
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
    wait_until(lock, wait, [&] { return closed_ || !entries_.empty(); });
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
  bool finished() const {
    const std::lock_guard lock(mutex_);
    return closed_ && entries_.empty();
  }

  /// Weight of what waits.
  std::size_t weight() const {
    const std::lock_guard lock(mutex_);
    return weight_;
  }

 private:
  /// Whether it became true. No wait is none: asked for zero, the system sleeps 0.1 ms.
  template <class Condition>
  bool wait_until(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds wait,
                  const Condition& condition) {
    return wait.count() > 0 ? changed_.wait_for(lock, wait, condition) : condition();
  }

  const std::size_t weight_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<T, std::size_t>> entries_;
  std::size_t weight_ = 0;
  bool closed_ = false;
};

}  // namespace freshet
