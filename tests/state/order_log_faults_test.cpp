// The order log on disks that are full, lose power, or flip bits.

#include <rocksdb/env.h>

#include <catch2/catch.hpp>

#include "state/order_log.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/status.h"

using namespace freshet;
using namespace freshet::test;

namespace {

const std::string path = "/state", first_file = "/state/order-000001.log";
constexpr std::size_t header_bytes = 24, note_bytes = 36 + 12;  // with one run
const Order three = {{0, 10}, {1, 10}, {0, 20}};

struct World {
  explicit World(std::uint64_t seed = 1) : disk(seed) {
    (void)disk.disk()->CreateDir(path);
    disk.write("/safe", "");  // makes the names beside it safe too
  }
  Result<Order> opened(const Positions& state = {}) {
    return FileOrderLog(path, disk.disk()).open(state);
  }
  FaultyDisk disk;
};

/// The bytes of a segment with three notes of one run each, every one synced before the next.
std::string three_notes() {
  World world;
  FileOrderLog log(path, world.disk.disk());
  log.open({}).value();
  for (const OrderRun& run : three) {
    log.append({&run, 1}).value();
    log.sync().value();
  }
  return *world.disk.read(first_file);
}

/// Run `n` of an endless order that changes its partition with every run.
OrderRun run_at(std::size_t n) {
  return {static_cast<Partition>(n % 3), static_cast<Offset>(n / 3 + 1)};
}

}  // namespace

TEST_CASE("a torn end is cut off, wherever the tear is") {
  const std::string bytes = three_notes();
  REQUIRE(bytes.size() == header_bytes + 3 * note_bytes);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    World world;
    world.disk.write(first_file, std::string_view(bytes).substr(0, size));
    const std::size_t whole = size < header_bytes ? 0 : (size - header_bytes) / note_bytes;
    const Order left(three.begin(), three.begin() + static_cast<std::ptrdiff_t>(whole));
    INFO("cut to " << size << " bytes");
    CHECK(world.opened().value() == left);
    CHECK(world.opened().value() == left);  // no damage later, when the file is an older one
  }
}

TEST_CASE("a bit that flips is never a note less, but for the last one") {
  const std::string whole = three_notes();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      World world;
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      world.disk.write(first_file, bytes);
      const auto order = world.opened();
      INFO("byte " << i << ", bit " << bit);
      if (i < whole.size() - note_bytes) {
        CHECK_THAT(message_of(order), Catch::Contains(first_file + "' is damaged at byte "));
      } else {
        // The last note looks like one that was being written.
        CHECK(order.value() == Order{{0, 10}, {1, 10}});
      }
    }
  }
}

TEST_CASE("power that goes at any moment loses no note that was synced, and makes none up") {
  for (std::uint64_t stop = 0; stop < 400; ++stop) {
    World world(stop);
    const std::uint64_t begin = world.disk.operations();
    world.disk.stop_at(begin + stop % 80);
    std::size_t appended = 0, synced = 0, dropped = 0;
    {
      FileOrderLog log(path, world.disk.disk());
      bool alive = log.open({}).has_value();
      for (std::size_t round = 0; alive && round < 100; ++round) {
        const OrderRun runs[] = {run_at(appended), run_at(appended + 1)};
        alive = log.append(runs).has_value();
        appended += 2;  // a note that failed may be there or not
        if (alive && round % 3 == 2) {
          alive = log.sync().has_value();
          if (alive) synced = appended;
        }
        if (alive && round % 7 == 6) {
          const auto segment = log.cut();
          alive = segment.has_value();
          if (alive) synced = dropped = appended;
          if (alive) alive = log.drop_before(*segment).has_value();
        }
      }
      REQUIRE_FALSE(alive);
    }
    world.disk.lose_power();
    // The state that the last drop spoke of.
    Positions state;
    for (std::size_t n = 0; n < dropped; ++n) state[run_at(n).partition] = run_at(n).end;
    INFO("stopped at operation " << stop << ", synced " << synced << ", appended " << appended);
    const auto order = world.opened(state);
    REQUIRE(message_of(order).empty());
    CHECK(dropped + order->size() >= synced);
    CHECK(dropped + order->size() <= appended);
    for (std::size_t i = 0; i < order->size(); ++i) CHECK((*order)[i] == run_at(dropped + i));
    CHECK(world.opened(state).value() == *order);
  }
}

TEST_CASE("what a process noted before it died is safe once the next one has read it") {
  const std::vector<OrderRun> runs = {run_at(0), run_at(1), run_at(2), run_at(3)};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    World world(seed);
    {
      FileOrderLog log(path, world.disk.disk());
      log.open({}).value();
      log.append({runs.data(), 3}).value();
      world.disk.kill_process();
    }
    {
      FileOrderLog log(path, world.disk.disk());
      CHECK(log.open({}).value() == Order(runs.begin(), runs.begin() + 3));
      log.append({runs.data() + 3, 1}).value();
      log.sync().value();
    }
    world.disk.lose_power();
    CHECK(world.opened().value() == runs);
  }
}

TEST_CASE("a full disk is an error, and appending goes on when there is space again") {
  for (std::uint64_t room = 0; room < 2 * note_bytes; ++room) {
    World world;
    FileOrderLog log(path, world.disk.disk());
    log.open({}).value();
    log.append(Order{{0, 10}}).value();
    log.sync().value();
    world.disk.limit_space(world.disk.bytes_used() + room);
    INFO("room for " << room << " bytes");
    Order expected = {{0, 10}};
    for (int i = 0; i < 3; ++i) {
      const OrderRun run{i % 2 == 0 ? 1 : 0, 20 + i};
      const Status s = log.append({&run, 1});
      if (s) expected.push_back(run);
      if (s) continue;
      CHECK(s.error().message ==
            "state: the order log's file '" + first_file + "': no space is left on the disk");
    }
    CHECK(expected.size() == 1 + room / note_bytes);
    if (room < header_bytes)
      CHECK_THAT(message_of(log.cut()), Catch::Contains("no space is left on the disk"));
    world.disk.limit_space(FaultyDisk::no_limit);
    log.append(Order{{2, 1}}).value();
    expected.push_back({2, 1});
    log.cut().value();
    log.append(Order{{3, 1}}).value();
    expected.push_back({3, 1});
    CHECK(world.opened().value() == expected);
  }
}

TEST_CASE("after a failed sync nothing is promised any more") {
  World world;
  FileOrderLog log(path, world.disk.disk());
  log.open({}).value();
  log.append(Order{{0, 10}}).value();
  world.disk.make_read_only(true);
  const std::string message = message_of(log.sync());
  CHECK(message == "state: the order log's file '" + first_file + "': the disk can only be read");
  world.disk.make_read_only(false);
  CHECK(message_of(log.sync()) == message);
  CHECK(message_of(log.append(Order{{0, 20}})) == message);
  CHECK(message_of(log.cut()) == message);
  CHECK(world.opened().value() == Order{{0, 10}});  // a new start reads what is there
}
