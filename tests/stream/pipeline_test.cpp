// Records in, lists out: one life of the pipeline without crashes.

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "stream/bytes.h"
#include "stream/state_format.h"
#include "tests/stream/pipeline_play.h"
#include "tests/support/hostile_corpus.h"

using namespace freshet;
using namespace freshet::test;

namespace {

std::vector<Record> views(std::size_t n) {
  std::vector<Record> log;
  for (std::size_t i = 0; i < n; ++i) {
    log.push_back(record_of(EventLine("user-" + std::to_string(i % 7), "i" + std::to_string(i % 11),
                                      "view", start_ms + static_cast<std::int64_t>(i))
                                .json(),
                            static_cast<Offset>(i)));
  }
  return log;
}

}  // namespace

TEST_CASE("every list arrives, in the order of the records that caused them") {
  World world(views(200));
  Life life;
  life.live(world);
  CHECK(life.error.empty());
  REQUIRE(world.box.outputs.size() == 200);
  for (std::size_t i = 0; i < 200; ++i) {
    const Output& o = world.box.outputs[i];
    CHECK(o.offset == static_cast<Offset>(i));
    CHECK(o.channel == Channel::recommendations);
    CHECK(o.key == "user-" + std::to_string(i % 7));
    CHECK(o.read_ms >= HandClock::start_ms);
    CHECK_THAT(o.value.value(), Catch::Contains(R"("list":"0-)" + std::to_string(i) + '"'));
  }
  CHECK(world.box.durable == 200);
  CHECK(world.positions() == Positions{{0, 200}});
  CHECK(world.wire.committed() == Positions{{0, 200}});
  CHECK(life.metrics.snapshot().records == 200);
  CHECK(life.metrics.snapshot().lists == 200);
  CHECK(life.metrics.snapshot().checkpoints >= 1);
}

TEST_CASE("an empty source ends well and leaves a state") {
  World world({});
  Life life;
  life.live(world);
  CHECK(life.error.empty());
  CHECK(world.box.outputs.empty());
  CHECK(message_of(check_format(world.rows)).empty());
}

TEST_CASE("what cannot be used goes out untouched, with its reason, in its place among the lists") {
  std::vector<Record> log;
  for (const HostileRecord& h : hostile_corpus()) {
    log.push_back(h.record);
    log.push_back(record_of(EventLine().json()));
  }
  log[0].key = "a key";
  for (std::size_t i = 0; i < log.size(); ++i) log[i].offset = static_cast<Offset>(i);
  World world(log);
  Life life;
  life.live(world);
  REQUIRE(life.error.empty());
  REQUIRE(world.box.outputs.size() == log.size());
  for (std::size_t i = 0; i < log.size(); ++i) {
    const Output& o = world.box.outputs[i];
    CHECK(o.offset == static_cast<Offset>(i));
    if (i % 2 == 1) {
      CHECK(o.channel == Channel::recommendations);
      continue;
    }
    REQUIRE(o.channel == Channel::rejected);
    CHECK((o.key == log[i].key));
    CHECK((o.value == log[i].value));
    CHECK_FALSE(o.reason.empty());
    CHECK(safe_to_print(o.reason));
  }
  CHECK(life.metrics.snapshot().rejected == log.size() / 2);
  CHECK(life.metrics.snapshot().rejected_by.at("not_utf8") == 9);
}

TEST_CASE("forgetting goes out as a key without a value") {
  std::vector<Record> log = log_of(
      {EventLine("anna", "x").json(), EventLine("anna", "", "forget").without("item").json()});
  log.emplace_back();
  log[2].key = "ben";
  log[2].offset = 2;
  World world(log);
  Life life;
  life.live(world);
  REQUIRE(world.box.outputs.size() == 3);
  CHECK(world.box.outputs[1].key == "anna");
  CHECK_FALSE(world.box.outputs[1].value);
  CHECK(world.box.outputs[2].key == "ben");
  CHECK_FALSE(world.box.outputs[2].value);
}

TEST_CASE("outputs and state do not depend on how the source hands out its records") {
  const auto log = random_log(50, 300, {.partitions = 3});
  const Expected expected(log);
  REQUIRE(expected.error.empty());
  for (const std::size_t batch : {1U, 2U, 64U, 1'000U}) {
    World world(log);
    Life life;
    life.source.batch_records = batch;
    life.live(world);
    CHECK(lines_of(world.box) == expected.lines);
    CHECK(world.digest() == expected.digest);
  }
}

TEST_CASE("the state on disk is never ahead of what was committed to the source") {
  World world(random_log(51, 400, {.partitions = 3}));
  Life life;
  std::size_t compared = 0;
  life.store.before_write = [&](const RowBatch& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows.row(i).space != delivery_space || rows.row(i).key != "positions") continue;
      MemoryStore one;
      RowBatch batch;
      batch.put(delivery_space, "positions", rows.row(i).value);
      one.write(batch).value();
      const Positions committed = world.wire.committed();
      for (const auto& [partition, offset] : stored_place(one).value().positions) {
        const auto at = committed.find(partition);
        CHECK((at != committed.end() && offset <= at->second));
        ++compared;
      }
    }
  };
  life.live(world);
  CHECK(life.error.empty());
  CHECK(compared >= 3);
}

TEST_CASE(
    "told to stop, the pipeline finishes what was read, and the next run goes on from there") {
  const auto log = random_log(52, 300);
  const Expected expected(log);
  for (const Delivery& delivery : deliveries) {
    INFO(delivery.name);
    World world(log);
    Life life;
    delivery.configure(life);
    life.source.before_poll = [&](std::size_t taken) {
      if (taken >= 100) life.stop = true;
    };
    life.live(world);
    CHECK(life.error.empty());
    CHECK(life.taken >= 100);
    CHECK(life.taken < 150);
    CHECK(world.positions() == Positions{{0, static_cast<Offset>(life.taken)}});
    Life next;
    delivery.configure(next);
    next.live(world);
    CHECK(next.opened_at == Positions{{0, static_cast<Offset>(life.taken)}});
    CHECK(lines_of(world.box) == expected.lines);
    CHECK(world.digest() == expected.digest);
  }
}

TEST_CASE("a run without new records changes nothing") {
  World world(random_log(53, 100));
  Life().live(world);
  const std::string digest = world.digest();
  const auto lines = lines_of(world.box);
  Life again;
  again.live(world);
  CHECK(again.error.empty());
  CHECK(world.digest() == digest);
  CHECK(lines_of(world.box) == lines);
}

TEST_CASE("a slow sink slows the source: what is between them stays under a bound") {
  World world(views(3'000));
  Life life;
  life.source.batch_records = 50;
  life.queue_bytes = 64 << 10;
  // Two queues of one batch each, and one batch in each of three hands; with some room.
  constexpr std::size_t bound = 8 * 50;
  std::mutex mutex;
  std::condition_variable more;
  std::size_t taken = 0, most = 0;
  life.source.before_poll = [&](std::size_t now) {
    const std::lock_guard lock(mutex);
    taken = now;
    more.notify_all();
  };
  life.sink.before_write = [&](std::size_t written) {
    std::unique_lock lock(mutex);
    more.wait_for(lock, std::chrono::milliseconds(10), [&] { return taken > written + bound; });
    most = std::max(most, taken - written);
  };
  life.live(world);
  CHECK(life.error.empty());
  CHECK(world.box.outputs.size() == 3'000);
  CHECK(most <= bound);
}

TEST_CASE("a failure is noticed while the source has nothing to say") {
  World world(views(5));
  Life life;
  std::atomic<bool> failed{false};
  life.sink.fail_at_call = 1;  // 0 is the flush of the first checkpoint
  life.sink.before_write = [&](std::size_t) {
    failed = true;
    failed.notify_all();
  };
  life.source.idle_polls = 1'000'000;
  life.source.before_poll = [&](std::size_t taken) {
    if (taken < 5) return;
    failed.wait(false);
    std::this_thread::yield();
  };
  life.live(world);
  CHECK(life.error == "the scripted sink failed");
  CHECK(life.idle < 1'000'000);
}

TEST_CASE("the log says what is learned again without being published, and when the state wins") {
  World world(views(30));
  Life first;
  first.live(world);
  world.wire.commit({{0, 12}});
  Life behind;
  behind.live(world);
  REQUIRE(behind.log.size() == 2);
  CHECK_THAT(behind.log[0], Catch::Contains("the state is restored: partition 0 at offset 30"));
  CHECK_THAT(behind.log[1], Catch::Contains("offset 30") && Catch::Contains("12") &&
                                Catch::Contains("the state wins"));
  World fresh(views(30));
  fresh.wire.commit({{0, 20}});
  Life ahead;
  ahead.live(fresh);
  REQUIRE(ahead.log.size() == 1);
  CHECK_THAT(ahead.log[0], Catch::Contains("learned again"));
  CHECK(fresh.box.outputs.size() == 10);
  CHECK(fresh.box.outputs[0].offset == 20);
  CHECK(fresh.digest() == world.digest());
}
