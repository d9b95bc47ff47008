// What the publisher tells the source and notes of the order (contract §6.1, §6.2).

#include "stream/publisher.h"

#include <catch2/catch.hpp>
#include <initializer_list>

#include "state/memory_order_log.h"
#include "tests/support/count_model.h"
#include "tests/support/events.h"
#include "tests/support/hand_clock.h"
#include "tests/support/recording_sink.h"
#include "tests/support/scripted_source.h"

using namespace freshet;
using namespace freshet::test;

namespace {

/// A publisher into a sink that keeps; unless told otherwise it settles after every batch.
struct Desk {
  Desk(OrderNotes& notes, Wire& wire_,
       const DeliveryOptions& options = {.commit_interval = config::Millis{0}})
      : wire(wire_), order(notes), delivery(options) {}

  void open(const Positions& state) {
    const Order noted = order.open(state).value();
    publisher.open(state, "", noted).value();
  }
  /// One record that has its outcome.
  void publish(Decoded record, Outcome outcome) {
    after[record.partition] = record.offset + 1;
    std::vector<Decoded> records;
    records.push_back(std::move(record));
    std::vector<Outcome> outcomes;
    outcomes.push_back(std::move(outcome));
    publisher.publish(records, outcomes, after).value();
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
  DeliveryOptions delivery;
  Publisher publisher{
      {source, sink, order, engine, delivery, clock, metrics, [](std::string_view) {}, "events"}};
};

/// Items that are like one another, each with its entry; without one: an item that is like none.
SimilarList similar(std::string_view item, std::initializer_list<std::string_view> to) {
  SimilarList list;
  list.item = item;
  list.time_ms = start_ms;
  for (const std::string_view other : to) list.entries.push_back({other, 0.5, 3});
  return list;
}

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

TEST_CASE("similar items go out behind the list of the record that closed the epoch") {
  OrderNotes notes;
  Wire wire({});
  Desk desk(notes, wire);
  desk.open({});
  Decoded record = decoded(event_of("u", "boots"), 7, 2);
  record.read_ms = 42;
  Outcome outcome;
  outcome.kind = Outcome::Kind::list;
  outcome.list.entries.emplace_back().item = "hat";
  outcome.list.parts = {0, 0};
  outcome.similar = {similar("boots", {"hat", "coat"}), similar("hat", {"boots"})};
  desk.publish(std::move(record), std::move(outcome));

  REQUIRE(desk.box.outputs.size() == 3);
  CHECK(desk.box.outputs[0].channel == Channel::recommendations);
  for (const std::size_t k : {1U, 2U}) {
    const Output& out = desk.box.outputs[k];
    CHECK(out.channel == Channel::similar_items);
    CHECK(out.partition == 2);
    CHECK(out.offset == 7);
    CHECK(out.read_ms == 42);
  }
  CHECK(desk.box.outputs[1].key == "boots");
  CHECK(desk.box.outputs[1].value ==
        R"({"item":"boots","time":1700000000000,"items":[)"
        R"({"item":"hat","score":0.5,"support":3},{"item":"coat","score":0.5,"support":3}]})");
  CHECK(desk.box.outputs[2].key == "hat");
}

TEST_CASE("similar items of an item that has none any more are a tombstone under its name") {
  OrderNotes notes;
  Wire wire({});
  Desk desk(notes, wire);
  desk.open({});
  Outcome outcome;  // the record itself is answered by nothing
  outcome.similar = {similar("boots", {})};
  desk.publish(decoded(event_of("u", "boots")), std::move(outcome));
  REQUIRE(desk.box.outputs.size() == 1);
  CHECK(desk.box.outputs[0].channel == Channel::similar_items);
  CHECK(desk.box.outputs[0].key == "boots");
  CHECK_FALSE(desk.box.outputs[0].value.has_value());
}

TEST_CASE("similar items that were out before a crash are not published again") {
  OrderNotes notes;
  Wire wire({});
  wire.commit({{0, 5}});
  Desk desk(notes, wire);
  desk.open({{0, 3}});
  const auto told = [&desk](Offset at) {
    Outcome outcome;
    outcome.similar = {similar("boots", {"hat"})};
    desk.publish(decoded(event_of("u", "boots"), at), std::move(outcome));
    return desk.box.outputs.size();
  };
  CHECK(told(3) == 0);
  CHECK(told(4) == 0);
  CHECK(told(5) == 1);
}

TEST_CASE("similar items alone bring a commit forward once they are many bytes") {
  OrderNotes notes;
  Wire wire({});
  Desk desk(notes, wire,
            {.commit_interval = config::Millis{60'000}, .commit_bytes = config::Bytes{600}});
  desk.open({});
  Offset at = 0;
  const auto tell = [&] {
    Outcome outcome;
    outcome.similar = {similar("boots", {"hat"})};
    desk.publish(decoded(event_of("u", "boots"), at++), std::move(outcome));
  };
  tell();
  CHECK(wire.committed().empty());
  while (at < 20) tell();
  CHECK(wire.committed().at(0) > 0);
}
