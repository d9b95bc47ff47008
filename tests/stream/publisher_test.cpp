// What the publisher tells the source and notes of the order (contract §6.1, §6.2).

#include "stream/publisher.h"

#include <catch2/catch.hpp>

#include "state/memory_order_log.h"
#include "tests/support/count_model.h"
#include "tests/support/events.h"
#include "tests/support/hand_clock.h"
#include "tests/support/recording_sink.h"
#include "tests/support/scripted_source.h"

using namespace freshet;
using namespace freshet::test;

namespace {

/// A publisher that settles after every batch, into a sink that keeps.
struct Desk {
  Desk(OrderNotes& notes, Wire& wire_) : wire(wire_), order(notes) {}

  void open(const Positions& state) {
    const Order noted = order.open(state).value();
    publisher.open(state, "", noted).value();
  }
  /// Records from an offset up to another, of which nothing goes out.
  void publish(Partition partition, Offset from, Offset to) {
    std::vector<Decoded> records;
    for (Offset at = from; at < to; ++at) {
      records.push_back(decoded(event_of("u", "i"), at, partition));
    }
    const std::vector<Outcome> outcomes(records.size());
    after[partition] = to;
    publisher.publish(records, outcomes, after).value();
  }

  Wire& wire;
  Outbox box;
  ScriptedSource source{wire};
  RecordingSink sink{box};
  MemoryOrderLog order;
  Engine engine{count_parts()};
  HandClock clock;
  LiveMetrics metrics;
  Positions after;
  Publisher publisher{{source, sink, order, engine,
                       DeliveryOptions{.commit_interval = config::Millis{0}}, clock, metrics,
                       [](std::string_view) {}, "events"}};
};

Order runs_of(const OrderNotes& notes) {
  Order runs;
  for (const OrderNotes::Note& note : notes.notes) runs.push_back(note.run);
  return runs;
}

}  // namespace

TEST_CASE("the order is noted while one partition alone has come: another may be first next time") {
  OrderNotes notes;
  Wire wire({});
  Desk desk(notes, wire);
  desk.open({});
  desk.publish(0, 0, 3);
  CHECK(runs_of(notes) == Order{{0, 3}});
}

TEST_CASE("while records are learned again, the group is not taken back behind what is out") {
  OrderNotes notes;
  Wire wire({});
  wire.commit({{0, 10}});
  Desk desk(notes, wire);
  desk.open({{0, 2}});
  desk.publish(0, 2, 5);
  CHECK(wire.committed() == Positions{{0, 10}});
  desk.publish(0, 5, 12);
  CHECK(wire.committed() == Positions{{0, 12}});
}

TEST_CASE("a checkpoint taken while records are learned again keeps the notes of the rest") {
  OrderNotes notes;
  Wire wire({});
  {
    Desk first(notes, wire);
    first.open({});
    first.publish(1, 0, 4);
    first.publish(0, 0, 4);
  }
  Desk second(notes, wire);
  second.open({});
  second.publish(1, 0, 2);
  const auto early = second.publisher.border({{1, 2}}).value();
  second.order.drop_before(early.segment).value();
  CHECK(runs_of(notes) == Order{{1, 4}, {0, 4}});
  second.publish(1, 2, 4);
  second.publish(0, 0, 4);
  const auto late = second.publisher.border({{0, 4}, {1, 4}}).value();
  second.order.drop_before(late.segment).value();
  CHECK(runs_of(notes).empty());
}
