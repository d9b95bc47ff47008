#include "connectors/kafka/monitor.h"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/handle.h"

namespace freshet::kafka {
namespace {

struct HandClock final : Clock {
  std::int64_t wall_ms() const override { return 0; }
  std::int64_t steady_ns() const override { return seconds * 1'000'000'000; }
  std::int64_t seconds = 100;
};

struct Fixture {
  HandClock clock;
  std::vector<std::pair<int, std::string>> lines;
  Monitor monitor{[this](int level, std::string_view line) { lines.emplace_back(level, line); },
                  clock,
                  "b:9092",
                  {"swordfish", ""}};

  std::vector<std::string> at(int level) const {
    std::vector<std::string> found;
    for (const auto& [l, line] : lines)
      if (l == level) found.push_back(line);
    return found;
  }
};

constexpr int transport = RD_KAFKA_RESP_ERR__TRANSPORT;
constexpr int all_down = RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;

}  // namespace

TEST_CASE_METHOD(Fixture, "An outage is one warning and, at its end, one info") {
  monitor.trouble(transport, "b:9092/1: Connection refused (after 1ms)");
  for (int i = 0; i < 1000; ++i) {
    monitor.trouble(all_down, "1/1 brokers are down");
    monitor.trouble(transport, "b:9092/1: Connection refused (after " + std::to_string(i) + "ms)");
    monitor.line(3, "FAIL", "b:9092/1: Connection refused (after " + std::to_string(i) + "ms)");
  }
  CHECK(monitor.in_outage());
  CHECK(at(4) == std::vector<std::string>{
                     "kafka: no broker of b:9092 can be reached (b:9092/1: Connection refused "
                     "(after 1ms)); trying again"});
  CHECK(at(3).empty());
  clock.seconds += 42;
  monitor.contact();
  monitor.contact();
  CHECK_FALSE(monitor.in_outage());
  CHECK(at(6).back() == "kafka: b:9092 can be reached again after 42 s");
  CHECK(at(6).size() == 2);  // the first refusal, the recovery
  CHECK(monitor.failure().has_value());

  monitor.trouble(all_down, "1/1 brokers are down");
  CHECK(at(4).size() == 2);
}

TEST_CASE_METHOD(Fixture,
                 "Lines that differ in numbers only come once a minute, with their count") {
  for (int i = 0; i < 10; ++i) monitor.line(4, "REQTMOUT", "timed out " + std::to_string(i));
  CHECK(at(4) == std::vector<std::string>{"kafka: timed out 0"});
  monitor.line(4, "REQTMOUT", "something else");
  CHECK(at(4).size() == 2);
  clock.seconds += 61;
  monitor.line(4, "REQTMOUT", "timed out 10");
  CHECK(at(4).back() == "kafka: timed out 10 (9 more like it)");
}

TEST_CASE_METHOD(Fixture, "Debug lines are asked for one by one and come all") {
  for (int i = 0; i < 10; ++i) monitor.line(7, "FETCH", "fetched " + std::to_string(i));
  CHECK(at(7).size() == 10);
}

TEST_CASE_METHOD(Fixture, "A secret is blotted out of every line; an empty one does no harm") {
  monitor.line(4, "X", "sasl.password=swordfish, again swordfish");
  monitor.say(6, "swordfish");
  CHECK(at(4)[0] == "kafka: sasl.password=***, again ***");
  CHECK(at(6)[0] == "kafka: ***");
}

TEST_CASE_METHOD(Fixture,
                 "A refused login and a fatal error end the client; the first one is kept") {
  monitor.trouble(RD_KAFKA_RESP_ERR__AUTHENTICATION, "bad user");
  monitor.trouble(RD_KAFKA_RESP_ERR__FATAL, "later");
  REQUIRE(monitor.failure().has_error());
  CHECK(monitor.failure().error().message.find("bad user") != std::string::npos);
  CHECK(at(3).size() == 1);
}

TEST_CASE_METHOD(Fixture, "A TLS failure ends the client unless a broker has answered before") {
  SECTION("before") {
    monitor.trouble(RD_KAFKA_RESP_ERR__SSL, "handshake failed");
    CHECK(monitor.failure().has_error());
  }
  SECTION("after") {
    monitor.contact();
    monitor.trouble(RD_KAFKA_RESP_ERR__SSL, "handshake failed");
    CHECK(monitor.failure().has_value());
  }
}

TEST_CASE("A log that throws harms nobody") {
  const HandClock clock;
  Monitor monitor([](int, std::string_view) { throw std::runtime_error("no"); }, clock, "b", {});
  monitor.say(4, "x");
  monitor.line(4, "X", "x");
  monitor.trouble(all_down, "x");
  CHECK(monitor.in_outage());
}

}  // namespace freshet::kafka
