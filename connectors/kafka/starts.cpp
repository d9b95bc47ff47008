#include "connectors/kafka/starts.h"

#include <algorithm>

#include "connectors/kafka/errors.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int warning_level = 4;

struct Log {
  Offset begin = 0;
  Offset end = 0;  ///< of what read_committed may see
};

Result<Log> log_of(Client& client, const std::string& topic, Partition partition,
                   milliseconds timeout) {
  Log log;
  const auto code =
      rd_kafka_query_watermark_offsets(client.get(), topic.c_str(), partition, &log.begin, &log.end,
                                       static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka_error("asking for the offsets of " + topic + "/" + std::to_string(partition),
                       code);
  return log;
}

// The sentence for a position before the log; empty when it is not.
std::string gap(const std::string& where, Offset position, const Log& log) {
  if (position >= log.begin) return "";
  return "the log of " + where + " begins at offset " + std::to_string(log.begin) +
         ", but reading must go on at " + std::to_string(position) + ": " +
         std::to_string(log.begin - position) +
         " offsets were deleted before they were read (retention?)";
}

// Nothing can be gone on with: to read on at the log's end, or from its beginning, would pass over
// records that nobody read, or give their lists names that others have.
Error too_short(const std::string& where, Offset position, const Log& log) {
  return error("kafka: the log of " + where + " ends at offset " + std::to_string(log.end) +
               ", but reading must go on at " + std::to_string(position) + ", " +
               std::to_string(position - log.end) +
               " offsets beyond it: it is not the log that the state was made from (was the topic "
               "made anew?). Give it another state.path and another kafka.group");
}

}  // namespace

Result<Positions> starting_offsets(Client& client, const std::string& topic, int partitions,
                                   const Positions& from, bool accept_gap, milliseconds timeout) {
  Positions starts;
  for (int p = 0; p < partitions; ++p) starts[p] = RD_KAFKA_OFFSET_BEGINNING;
  for (const auto& [partition, position] : from) {
    const std::string where = topic + "/" + std::to_string(partition);
    if (partition < 0 || partition >= partitions)
      return error("kafka: reading must go on in " + where + ", but topic '" + topic + "' has " +
                   std::to_string(partitions) +
                   " partitions: it is not the topic that the state was made from");
    Result<Log> log = log_of(client, topic, partition, timeout);
    if (log.has_error()) return log.error();
    if (position > log->end) return too_short(where, position, *log);
    const std::string problem = gap(where, position, *log);
    if (!problem.empty() && !accept_gap)
      return error("kafka: " + problem + ". --accept-gap goes on behind them");
    starts[partition] = std::max(position, log->begin);
    if (!problem.empty())
      client.monitor().say(warning_level, problem + "; gap accepted, going on at " +
                                              std::to_string(starts[partition]));
  }
  return starts;
}

}  // namespace freshet::kafka
