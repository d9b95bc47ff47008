#include "connectors/kafka/reading.h"

#include "connectors/kafka/errors.h"
#include "connectors/kafka/starts.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

// While no broker is there: how often, and for how long, the reader looks whether one is back.
constexpr std::int64_t probe_interval_ns = 1'000'000'000;
constexpr milliseconds probe_wait{50};
constexpr milliseconds request_wait{5'000};

}  // namespace

Record to_record(const rd_kafka_message_t& message, const Inputs& inputs) {
  Record record;
  record.partition = inputs.partition_of(message);
  record.offset = message.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t time_ms = rd_kafka_message_timestamp(&message, &type);
  if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) record.time_ms = time_ms;
  if (message.key != nullptr)
    record.key.emplace(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr)
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  return record;
}

Status Reading::error_of(const rd_kafka_message_t& message, Offset position) {
  const char* detail = rd_kafka_message_errstr(&message);
  switch (classify(message.err)) {
    case Trouble::transport:
    case Trouble::outage:
    case Trouble::retried:
    case Trouble::unknown_topic:  // only a doubt: `idle` asks the cluster
      client_.monitor().trouble(message.err, detail);
      return {};
    case Trouble::gap:
      return behind_retention(inputs_.partition_of(message), position);
    default:
      if (Status failed = client_.failure(); failed.has_error()) return failed;
      if (client_.fenced()) return {};
      return kafka_error("reading " + inputs_.words(), message.err, detail);
  }
}

Status Reading::behind_retention(Partition partition, Offset position) {
  if (position >= 0) {
    const auto start =
        starting_offset(client_, inputs_, partition, position, {false, request_wait});
    if (start.has_error()) return start.error();
  }
  return error("kafka: records of " + inputs_.place(partition) +
               " were deleted before they were read");
}

Status Reading::idle() {
  const std::int64_t now_ns = clock_.steady_ns();
  if (client_.monitor().in_outage() && now_ns - probed_ns_ >= probe_interval_ns) {
    client_.probe(probe_wait);
    probed_ns_ = clock_.steady_ns();
  }
  // Asked again, as a broker that has just started may not know its topics yet.
  if (client_.monitor().take_topic_doubt())
    for (const std::string& topic : {inputs_.events, inputs_.catalog})
      if (!topic.empty() && client_.gone(topic, request_wait)) return unknown_topic_error(topic);
  return client_.failure();
}

}  // namespace freshet::kafka
