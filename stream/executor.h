#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace freshet {

/// A few threads that share numbered tasks. With one thread everything runs in the caller.
class Executor {
 public:
  /// `threads` counts the caller too; 0: one per core.
  explicit Executor(std::size_t threads);
  ~Executor();

  std::size_t threads() const { return threads_; }

  /// Calls `task(i, worker)` once for each i in 0 … count-1, from any worker in 0 … threads()-1; a
  /// worker is one thread at a time. Returns when all are done. Only one thread may call `run`.
  /// Cost: some microseconds to wake the others, none for a count of 1.
  void run(std::size_t count, const std::function<void(std::size_t i, std::size_t worker)>& task);

 private:
  struct Pool;
  std::size_t threads_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace freshet
