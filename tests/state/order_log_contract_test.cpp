// What stream/order.h promises, of every order log there is.

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <thread>

#include "state/memory_order_log.h"
#include "state/order_log.h"
#include "tests/state/folder.h"
#include "tests/support/status.h"

using namespace freshet;
using namespace freshet::test;

namespace {

struct InMemory {
  OrderNotes notes;
  std::optional<MemoryOrderLog> log;

  /// As a program that begins anew, after the one before it ended or was killed.
  OrderLog& start() { return log.emplace(notes); }
};

struct InFiles {
  TemporaryFolder folder;
  std::optional<FileOrderLog> log;

  OrderLog& start() { return log.emplace(folder / "."); }
};

void note(OrderLog& log, Order runs) { log.append(runs).value(); }

}  // namespace

TEMPLATE_TEST_CASE("an order log keeps the contract of order logs", "", InMemory, InFiles) {
  TestType world;

  SECTION("a new one is empty") {
    CHECK(world.start().open({}).value().empty());
    CHECK(world.start().open({{0, 5}}).value().empty());
  }

  SECTION("what was noted is there after a restart, in order") {
    OrderLog& log = world.start();
    CHECK(log.open({}).value().empty());
    note(log, {{0, 10}, {1, 5}});
    note(log, {{0, 12}});
    note(log, {{2, 1}, {1, 6}});
    const Order all = {{0, 10}, {1, 5}, {0, 12}, {2, 1}, {1, 6}};
    CHECK(world.start().open({}).value() == all);
    CHECK(world.start().open({}).value() == all);
  }

  SECTION("later notes go behind those of earlier runs of the program") {
    for (Offset n = 1; n <= 3; ++n) {
      OrderLog& log = world.start();
      CHECK(log.open({}).value().size() == static_cast<std::size_t>(2 * (n - 1)));
      note(log, {{0, n * 10}, {1, n * 10}});
      log.sync().value();
    }
    CHECK(world.start().open({}).value() ==
          Order{{0, 10}, {1, 10}, {0, 20}, {1, 20}, {0, 30}, {1, 30}});
  }

  SECTION("runs that the state covers are left out, by partition") {
    OrderLog& log = world.start();
    log.open({}).value();
    note(log, {{0, 10}, {1, 10}, {0, 20}, {1, 20}, {2, 3}, {0, 30}});
    CHECK(world.start().open({{0, 10}, {1, 15}}).value() ==
          Order{{0, 20}, {1, 20}, {2, 3}, {0, 30}});
    CHECK(world.start().open({{0, 29}, {1, 20}, {2, 3}}).value() == Order{{0, 30}});
    CHECK(world.start().open({{0, 30}, {1, 20}, {2, 3}}).value().empty());
  }

  SECTION("neighbours of one partition become one run") {
    OrderLog& log = world.start();
    log.open({}).value();
    note(log, {{0, 10}, {0, 20}});
    note(log, {{0, 30}, {1, 5}, {0, 40}});
    CHECK(world.start().open({}).value() == Order{{0, 30}, {1, 5}, {0, 40}});
    // Also those between which the state covers everything.
    CHECK(world.start().open({{1, 5}}).value() == Order{{0, 40}});
  }

  SECTION("a run that takes nothing, because it was noted before, is left out") {
    OrderLog& log = world.start();
    log.open({}).value();
    note(log, {{0, 10}, {1, 10}, {0, 20}});
    note(log, {{0, 10}, {1, 10}, {0, 20}, {1, 20}});
    CHECK(world.start().open({}).value() == Order{{0, 10}, {1, 10}, {0, 20}, {1, 20}});
  }

  SECTION("only what lies before a cut is dropped") {
    OrderLog& log = world.start();
    log.open({}).value();
    note(log, {{0, 10}});
    const auto first = log.cut().value();
    note(log, {{1, 10}});
    const auto second = log.cut().value();
    CHECK(second > first);
    note(log, {{0, 20}});
    log.drop_before(first).value();
    CHECK(world.start().open({}).value() == Order{{1, 10}, {0, 20}});
  }

  SECTION("a cut drops what an earlier run of the program noted") {
    {
      OrderLog& log = world.start();
      log.open({}).value();
      note(log, {{0, 10}});
    }
    OrderLog& log = world.start();
    log.open({}).value();
    note(log, {{1, 10}});
    log.drop_before(log.cut().value()).value();
    log.drop_before(log.cut().value()).value();
    CHECK(world.start().open({}).value().empty());
  }

  SECTION("appending nothing and cutting nothing is fine") {
    OrderLog& log = world.start();
    log.open({}).value();
    log.append({}).value();
    log.sync().value();
    for (int i = 0; i < 3; ++i) log.drop_before(log.cut().value()).value();
    note(log, {{7, 1}});
    CHECK(world.start().open({}).value() == Order{{7, 1}});
  }

  SECTION("any partition and offset is remembered, many at once too") {
    Order many = {{0, 0}, {2'147'483'647, 9'223'372'036'854'775'807}};
    for (Offset n = 1; n <= 10'000; ++n) many.push_back({static_cast<Partition>(n % 5), n});
    OrderLog& log = world.start();
    log.open({}).value();
    note(log, many);
    CHECK(world.start().open({}).value() == many);
  }

  SECTION("another thread drops while notes are written") {
    OrderLog& log = world.start();
    log.open({}).value();
    Order expected;
    for (Offset n = 1; n <= 50; ++n) {
      note(log, {{0, n}, {1, n}});
      const auto segment = log.cut().value();
      std::thread dropper([&log, segment] { log.drop_before(segment).value(); });
      note(log, {{2, n}});
      log.sync().value();
      expected = {{2, n}};
      dropper.join();
    }
    CHECK(world.start().open({}).value() == expected);
  }
}
