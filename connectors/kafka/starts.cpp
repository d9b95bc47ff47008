#include "connectors/kafka/starts.h"

#include <algorithm>

#include "connectors/kafka/errors.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int info_level = 6, warning_level = 4;

// The sentence for a position before the log.
std::string gap(const std::string& where, Offset position, const LogRange& log) {
  return "the log of " + where + " begins at offset " + std::to_string(log.begin) +
         ", but reading must go on at " + std::to_string(position) + ": " +
         std::to_string(log.begin - position) +
         " offsets were deleted before they were read (retention?)";
}

// Nothing can be gone on with: to read on at the log's end, or from its beginning, would pass over
// records that nobody read, or give their lists names that others have.
Error too_short(const std::string& where, Offset position, const LogRange& log) {
  return error("kafka: the log of " + where + " ends at offset " + std::to_string(log.end) +
               ", but reading must go on at " + std::to_string(position) + ", " +
               std::to_string(position - log.end) +
               " offsets beyond it: it is not the log that the state was made from (was the topic "
               "made anew?). Give it another state.path and another kafka.group");
}

Error no_such_partition(const Inputs& inputs, const PartitionCounts& partitions,
                        Partition partition) {
  const int count = is_catalog(partition) ? partitions.catalog : partitions.events;
  const std::string& topic = inputs.topic_of(partition);
  const std::string found =
      count == 0 ? "there is no topic '" + topic +
                       "': bring it back, or give it another state.path and another kafka.group"
                 : "topic '" + topic + "' has " + std::to_string(count) +
                       " partitions: it is not the topic that the state was made from";
  return error("kafka: reading must go on in " + inputs.place(partition) + ", but " + found);
}

}  // namespace

Result<LogRange> log_of(Client& client, const Inputs& inputs, Partition partition,
                        milliseconds timeout) {
  const auto query = [&](LogRange& log, int wait_ms) {
    return rd_kafka_query_watermark_offsets(client.get(), inputs.topic_of(partition).c_str(),
                                            Inputs::number_of(partition), &log.begin, &log.end,
                                            wait_ms);
  };
  LogRange log;
  const Result<int> code = client.ask(timeout, [&](int wait_ms) {
    rd_kafka_resp_err_t answer = query(log, wait_ms);
    if (answer != RD_KAFKA_RESP_ERR_NO_ERROR || log.begin != log.end) return answer;
    // An empty log, or one end was refused: librdkafka 2.0.2 may forget that, and give the other
    // for both.
    LogRange again;
    answer = query(again, wait_ms);
    const bool same = again.begin == log.begin && again.end == log.end;
    return answer != RD_KAFKA_RESP_ERR_NO_ERROR || same ? answer : RD_KAFKA_RESP_ERR__RETRY;
  });
  if (code.has_error()) return code.error();
  if (*code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka_error("asking for the offsets of " + inputs.place(partition), *code);
  return log;
}

Result<Offset> starting_offset(Client& client, const Inputs& inputs, Partition partition,
                               Offset position, StartSettings settings) {
  const std::string where = inputs.place(partition);
  const Result<LogRange> log = log_of(client, inputs, partition, settings.timeout);
  if (log.has_error()) return log.error();
  if (position > log->end) return too_short(where, position, *log);
  if (position >= log->begin) return position;
  if (is_catalog(partition)) {
    client.monitor().say(info_level, "the log of " + where + " begins at offset " +
                                         std::to_string(log->begin) + ", and was read to " +
                                         std::to_string(position) + "; going on at its beginning");
    return log->begin;
  }
  const std::string problem = gap(where, position, *log);
  if (!settings.accept_gap)
    return error("kafka: " + problem + ". --accept-gap goes on behind them");
  client.monitor().say(warning_level,
                       problem + "; gap accepted, going on at " + std::to_string(log->begin));
  return log->begin;
}

Result<Positions> starting_offsets(Client& client, const Inputs& inputs,
                                   const PartitionCounts& partitions, const Positions& from,
                                   StartSettings settings) {
  Positions starts = partitions.all(RD_KAFKA_OFFSET_BEGINNING);
  for (const auto& [partition, position] : from) {
    if (!partitions.holds(partition)) return no_such_partition(inputs, partitions, partition);
    const auto start = starting_offset(client, inputs, partition, position, settings);
    if (start.has_error()) return start.error();
    starts[partition] = *start;
  }
  return starts;
}

Result<Order> catalog_first(Client& client, const Inputs& inputs, const Positions& starts,
                            milliseconds timeout) {
  Order order;
  for (const auto& [partition, start] : starts) {
    if (!is_catalog(partition)) continue;
    const auto log = log_of(client, inputs, partition, timeout);
    if (log.has_error()) return log.error();
    if (log->end > std::max(start, log->begin)) order.push_back({partition, log->end});
  }
  return order;
}

}  // namespace freshet::kafka
