#include "connectors/kafka/recognize.h"

#include <string>
#include <utility>

#include "connectors/kafka/errors.h"
#include "connectors/kafka/reading.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int warning_level = 4, slice_ms = 100;

// One record a partition is wanted, so little is fetched at a time. What may wait is not bounded as
// closely: all partitions share the queue, and while it is full librdkafka leaves a partition alone
// for a second.
Properties properties_of(const KafkaOptions& options) {
  Properties p = consumer_properties(options, false);
  p["queued.min.messages"] = "50000";
  p["queued.max.messages.kbytes"] = "16384";
  p["fetch.message.max.bytes"] = "65536";
  p["enable.partition.eof"] = "true";
  p.erase("group.instance.id");
  return p;
}

Error another_log(const Inputs& inputs, Partition partition, Offset offset) {
  return error("kafka: " + inputs.place(partition) + " holds another record at offset " +
               std::to_string(offset) +
               " than the one that was read there: it is not the log that the state was made from "
               "(was the topic made anew?). Give it another state.path and another kafka.group; "
               "--accept-gap goes on behind that record");
}

}  // namespace

Status recognize(const KafkaOptions& options, const Inputs& inputs, KafkaLog log,
                 const Clock& clock, const Fingerprints& last, StartSettings settings,
                 const std::atomic<bool>* stop) {
  if (last.empty()) return {};
  Hooks hooks;
  hooks.stop = stop;
  const auto made = Client::make(Client::Kind::consumer, properties_of(options), std::move(log),
                                 clock, std::move(hooks));
  if (made.has_error()) return made.error();
  Client& client = **made;
  client.hand_over_to_consumer_poll();
  Positions places;
  for (const auto& [partition, record] : last) places[partition] = record.offset;
  rd_kafka_assign(client.get(), partition_list(inputs, places).get());

  Reading reading(client, inputs, clock);
  const std::int64_t end_ns = clock.steady_ns() + settings.timeout.count() * 1'000'000;
  while (!places.empty()) {
    if (clock.steady_ns() >= end_ns)
      return kafka_error("reading the last records of " + inputs.words() + " again",
                         RD_KAFKA_RESP_ERR__TIMED_OUT);
    if (Status over = client.may_wait(); over.has_error()) return over;
    const Message message(rd_kafka_consumer_poll(client.get(), slice_ms));
    if (!message) {
      if (Status s = reading.idle(); s.has_error()) return s;
      continue;
    }
    const Partition partition = inputs.partition_of(*message);
    const Trouble trouble = classify(message->err);
    const bool gone = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || trouble == Trouble::gap;
    if (trouble != Trouble::none && !gone) {
      if (Status s = reading.error_of(*message, RD_KAFKA_OFFSET_INVALID); s.has_error()) return s;
      continue;
    }
    if (places.erase(partition) == 0) continue;
    rd_kafka_pause_partitions(client.get(), partition_list(inputs, {{partition, 0}}).get());
    if (gone) continue;
    const Fingerprint& expected = last.at(partition);
    const Fingerprint found = fingerprint(to_record(*message, inputs));
    if (found.offset != expected.offset || found == expected) continue;
    const Error other = another_log(inputs, partition, expected.offset);
    if (!settings.accept_gap) return other;
    client.monitor().say(warning_level, inputs.place(partition) +
                                            " holds another record at offset " +
                                            std::to_string(expected.offset) +
                                            " than the one that was read there; accepted, going on "
                                            "behind it");
  }
  return {};
}

}  // namespace freshet::kafka
