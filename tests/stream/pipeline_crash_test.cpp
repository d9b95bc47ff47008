// Whatever fails, and whenever: the next life goes on as if nothing had happened (contract §6.1,
// §6.2).
//
// Each case lets one part fail at its n-th call, for every n until a life gets through without
// failing.

#include <catch2/catch.hpp>
#include <functional>

#include "tests/stream/pipeline_play.h"

using namespace freshet;
using namespace freshet::test;

namespace {

std::vector<Record> crash_log() { return random_log(60, 120, {.partitions = 2, .forgets = 4}); }

/// Lives until a life ends well; the first one fails as `plan` says. False: the first one did not
/// fail.
bool crashes(World& world, const Delivery& delivery, const std::function<void(Life&)>& plan,
             const std::string& sentence) {
  Life first;
  delivery.configure(first);
  plan(first);
  first.live(world);
  if (first.error.empty()) return false;
  CHECK(first.error == sentence);
  Life second;
  delivery.configure(second);
  second.live(world);
  REQUIRE(second.error.empty());
  return true;
}

/// `all`: not only for sinks that keep what is out.
void check_every_moment(const std::function<void(Life&, std::size_t)>& plan,
                        const std::string& sentence, std::size_t moments_min, bool all = true) {
  const auto log = crash_log();
  const Expected expected(log);
  REQUIRE(expected.error.empty());
  REQUIRE(expected.lines.size() > 80);
  for (const Delivery& delivery : deliveries) {
    if (!all && delivery.kind != Sink::Kind::keeps) continue;
    INFO(delivery.name);
    std::size_t n = 0;
    for (bool crashed = true; crashed; ++n) {
      INFO("at call " << n);
      World world(log);
      crashed = crashes(
          world, delivery, [&](Life& life) { plan(life, n); }, sentence);
      REQUIRE(problem_of(world, expected, delivery.kind) == "");
    }
    CHECK(n > moments_min);
  }
}

}  // namespace

TEST_CASE("a sink that fails at any call loses nothing") {
  check_every_moment([](Life& life, std::size_t n) { life.sink.fail_at_call = n; },
                     "the scripted sink failed", 15);
}

TEST_CASE("a store that fails at any write loses nothing") {
  // The numbers of writes differ from life to life: at least the first and the last checkpoint are
  // there.
  check_every_moment([](Life& life, std::size_t n) { life.store.fail_at_write = n; },
                     "the scripted store failed", 2);
}

TEST_CASE("a source that fails at any poll loses nothing") {
  check_every_moment([](Life& life, std::size_t n) { life.source.fail_at_poll = n; },
                     "the scripted source failed", 15);
}

TEST_CASE("a commit that fails at any time loses nothing") {
  check_every_moment([](Life& life, std::size_t n) { life.source.fail_at_commit = n; },
                     "the scripted commit failed", 1, false);
}

TEST_CASE("a sink that takes back moves no committed position: it says nothing of other sinks") {
  for (const Delivery& delivery : deliveries) {
    INFO(delivery.name);
    World world(crash_log());
    Life life;
    delivery.configure(life);
    life.live(world);
    REQUIRE(life.error.empty());
    CHECK(world.wire.committed().empty() == (delivery.kind == Sink::Kind::takes_back));
  }
}

TEST_CASE("crash after crash, the end is the same") {
  const auto log = random_log(61, 400, {.partitions = 3});
  const Expected expected(log);
  for (const Delivery& delivery : deliveries) {
    INFO(delivery.name);
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
      INFO("seed " << seed);
      Random random(seed);
      World world(log);
      std::size_t lives = 0;
      for (bool ended = false; !ended; ++lives) {
        Life life;
        delivery.configure(life);
        life.source.batch_records = 1 + random.below(20);
        const std::size_t n = 1 + random.below(12);
        // After twenty lives it is enough.
        switch (lives < 20 ? random.below(5) : 4) {
          case 0:
            life.sink.fail_at_call = n;
            break;
          case 1:
            life.store.fail_at_write = n / 3;
            break;
          case 2:
            life.source.fail_at_poll = n;
            break;
          case 3:
            life.source.fail_at_commit = n / 3;
            break;
          default:
            if (lives < 20) {
              life.source.before_poll = [&](std::size_t taken) { life.stop = taken > 10 * n; };
            }
        }
        life.live(world);
        ended = lives >= 20 && life.error.empty();
      }
      CHECK(lives == 21);
      CHECK(problem_of(world, expected, delivery.kind) == "");
    }
  }
}
