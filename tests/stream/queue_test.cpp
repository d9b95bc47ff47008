// The queue between two stages.

#include "stream/queue.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>

using namespace freshet;
using std::chrono::milliseconds;

namespace {
constexpr milliseconds no_wait{0};
constexpr milliseconds long_wait{60'000};
}  // namespace

TEST_CASE("entries come out in the order in which they went in") {
  BoundedQueue<int> queue(100);
  for (int i = 0; i < 10; ++i) CHECK(queue.push(i, 10));
  for (int i = 0; i < 10; ++i) CHECK(queue.pop(no_wait) == i);
  CHECK_FALSE(queue.pop(no_wait));
}

TEST_CASE("a full queue makes the producer wait until there is room") {
  BoundedQueue<int> queue(10);
  CHECK(queue.wait_for_room(no_wait));
  CHECK(queue.push(1, 6));
  CHECK(queue.wait_for_room(no_wait));
  CHECK(queue.push(2, 8));  // one entry goes beyond
  CHECK(queue.weight() == 14);
  CHECK_FALSE(queue.wait_for_room(no_wait));
  std::atomic<bool> room{false};
  std::thread producer([&] { room = queue.wait_for_room(long_wait); });
  CHECK(queue.pop(long_wait) == 1);
  producer.join();
  CHECK(room);
  CHECK(queue.pop(no_wait) == 2);
  CHECK(queue.weight() == 0);
}

TEST_CASE("what waits between two threads never outweighs the limit by more than one entry") {
  BoundedQueue<int> queue(50);
  std::atomic<int> in_flight{0}, most{0};
  std::thread producer([&] {
    for (int i = 0; i < 5'000; ++i) {
      const int weight = 1 + i % 20;
      queue.wait_for_room(long_wait);
      queue.push(weight, static_cast<std::size_t>(weight));
      const int now = in_flight += weight;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
    }
    queue.close();
  });
  int sum = 0;
  while (!queue.finished()) {
    if (const auto weight = queue.pop(long_wait)) {
      sum += *weight;
      in_flight -= *weight;
    }
  }
  producer.join();
  CHECK(sum == 5'000 / 20 * 210);
  // What was popped may not yet be subtracted when the next one is pushed: one entry more again.
  CHECK(most <= 50 + 20 + 20);
}

TEST_CASE("an entry heavier than the limit passes alone") {
  BoundedQueue<int> queue(10);
  CHECK(queue.push(1, 1'000));
  CHECK_FALSE(queue.wait_for_room(no_wait));
  CHECK(queue.pop(no_wait) == 1);
  CHECK(queue.wait_for_room(no_wait));
}

TEST_CASE("a closed queue takes nothing, and gives what it holds") {
  BoundedQueue<int> queue(10);
  CHECK(queue.push(1, 1));
  CHECK_FALSE(queue.finished());
  queue.close();
  CHECK_FALSE(queue.push(2, 1));
  CHECK_FALSE(queue.finished());
  CHECK(queue.pop(no_wait) == 1);
  CHECK(queue.finished());
  CHECK_FALSE(queue.pop(long_wait));  // does not wait for what cannot come
  queue.close();                      // twice is once
}

TEST_CASE("closing wakes a producer who waits for room, whose entry is dropped") {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  CHECK(queue.push(std::make_unique<int>(1), 1));
  bool taken = true;
  std::thread producer([&] {
    queue.wait_for_room(long_wait);
    taken = queue.push(std::make_unique<int>(2), 1);
  });
  queue.close();
  producer.join();
  CHECK_FALSE(taken);
  CHECK(*queue.pop(no_wait).value() == 1);
  CHECK(queue.finished());
}

TEST_CASE("closing wakes a consumer who waits for an entry") {
  BoundedQueue<int> queue(1);
  std::optional<int> got = 7;
  std::thread consumer([&] { got = queue.pop(long_wait); });
  queue.close();
  consumer.join();
  CHECK_FALSE(got);
}
