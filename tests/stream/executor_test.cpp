// Threads that share numbered tasks.

#include "stream/executor.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <thread>
#include <vector>

using namespace freshet;

TEST_CASE("each task runs exactly once, whatever the numbers of tasks and threads") {
  for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
    Executor executor(threads);
    CHECK(executor.threads() == threads);
    for (const std::size_t count : {0U, 1U, 2U, 7U, 8U, 1'000U}) {
      std::vector<std::atomic<int>> done(count);
      executor.run(count, [&](std::size_t i, std::size_t) { ++done.at(i); });
      for (const auto& n : done) REQUIRE(n == 1);
    }
  }
}

TEST_CASE("0 threads means one per core") {
  const Executor executor(0);
  CHECK(executor.threads() == std::max(1U, std::thread::hardware_concurrency()));
}

TEST_CASE("a worker is one thread at a time, so what belongs to it needs no lock") {
  Executor executor(4);
  struct alignas(64) Mine {
    std::size_t sum = 0;
    bool inside = false;
    bool clash = false;
  };
  std::vector<Mine> mine(4);
  executor.run(5'000, [&](std::size_t i, std::size_t worker) {
    Mine& m = mine.at(worker);
    m.clash = m.clash || m.inside;
    m.inside = true;
    m.sum += i;
    m.inside = false;
  });
  std::size_t sum = 0;
  for (const Mine& m : mine) {
    sum += m.sum;
    CHECK_FALSE(m.clash);
  }
  CHECK(sum == 5'000 * 4'999 / 2);
}

TEST_CASE("what one run wrote the next run reads, whoever wrote it") {
  Executor executor(3);
  std::vector<std::size_t> values(64, 0);
  for (std::size_t round = 1; round <= 2'000; ++round) {
    executor.run(values.size(), [&](std::size_t i, std::size_t) {
      if (values[i] == round - 1) values[i] = round;
    });
  }
  for (const std::size_t v : values) CHECK(v == 2'000);
}

TEST_CASE("one task alone runs in the caller") {
  Executor executor(4);
  std::thread::id where;
  executor.run(1, [&](std::size_t, std::size_t worker) {
    where = std::this_thread::get_id();
    CHECK(worker == 0);
  });
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE("executors come and go without work") {
  for (int i = 0; i < 200; ++i) {
    Executor executor(3);
    if (i % 2 == 0) executor.run(2, [](std::size_t, std::size_t) {});
  }
  SUCCEED("none hangs");
}
