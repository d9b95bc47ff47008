#include "stream/executor.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace freshet {
namespace {

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

/// Invariants: 1. `round` grows by one when work begins, and every worker takes part in every round
/// exactly once; 2. `busy` counts the workers that have not left the round; 3. `task`, `count` and
/// `stop` change only while `busy` is 0.
struct Executor::Pool {
  std::vector<std::thread> workers;
  std::atomic<std::uint32_t> round{0};
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> busy{0};
  std::size_t count = 0;
  const std::function<void(std::size_t, std::size_t)>* task = nullptr;
  bool stop = false;

  void share(std::size_t worker) {
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      (*task)(i, worker);
    }
  }

  void work(std::size_t worker) {
    std::uint32_t seen = 0;
    while (true) {
      wait_for_change(seen);
      seen = round.load(std::memory_order_acquire);
      if (stop) return;
      share(worker);
      if (busy.fetch_sub(1, std::memory_order_acq_rel) == 1) busy.notify_one();
    }
  }

  /// Epochs follow each other within microseconds under load, so a short spin comes before the
  /// sleep.
  void wait_for_change(std::uint32_t seen) {
    for (int spin = 0; spin < 2'000; ++spin) {
      if (round.load(std::memory_order_acquire) != seen) return;
      relax();
    }
    round.wait(seen, std::memory_order_acquire);
  }

  void begin() {
    round.fetch_add(1, std::memory_order_release);
    round.notify_all();
  }
};

Executor::Executor(std::size_t threads)
    : threads_(threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency())),
      pool_(std::make_unique<Pool>()) {
  for (std::size_t w = 1; w < threads_; ++w) {
    pool_->workers.emplace_back([this, w] { pool_->work(w); });
  }
}

Executor::~Executor() {
  pool_->stop = true;
  pool_->begin();
  for (std::thread& t : pool_->workers) t.join();
}

void Executor::run(std::size_t count, const std::function<void(std::size_t, std::size_t)>& task) {
  if (threads_ == 1 || count <= 1) {
    for (std::size_t i = 0; i < count; ++i) task(i, 0);
    return;
  }
  Pool& p = *pool_;
  p.task = &task;
  p.count = count;
  p.next.store(0, std::memory_order_relaxed);
  p.busy.store(threads_ - 1, std::memory_order_relaxed);
  p.begin();
  p.share(0);
  for (std::size_t left; (left = p.busy.load(std::memory_order_acquire)) != 0;) {
    p.busy.wait(left, std::memory_order_acquire);
  }
}

}  // namespace freshet
