#include "connectors/kafka/commits.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "connectors/kafka/errors.h"
#include "connectors/kafka/membership.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int warning_level = 4, info_level = 6;

void* as_opaque(long number) { return reinterpret_cast<void*>(static_cast<std::intptr_t>(number)); }

}  // namespace

Commits::Commits(const Membership& membership, const Clock& clock, Inputs inputs, std::string group)
    : membership_(membership),
      clock_(clock),
      inputs_(std::move(inputs)),
      group_(std::move(group)) {}

Positions Commits::raised(const Positions& done) const {
  Positions positions = done;
  for (const auto& [partition, offset] : found_) {
    const auto at = positions.find(partition);
    if (at != positions.end()) at->second = std::max(at->second, offset);
  }
  return positions;
}

Result<bool> Commits::commit(const Positions& done, milliseconds timeout) {
  if (done.empty()) return true;
  const PartitionList list = partition_list(inputs_, raised(done));
  ++sent_;
  const ConsumerPtr consumer = membership_.consumer();
  Client& client = *consumer->client;
  rd_kafka_queue_t* answers = consumer->answers.get();
  const auto code =
      rd_kafka_commit_queue(client.get(), list.get(), answers, nullptr, as_opaque(sent_));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return outcome(client, code);
  const std::int64_t end_ns = clock_.steady_ns() + timeout.count() * 1'000'000;
  for (;;) {
    const std::int64_t left_ms = (end_ns - clock_.steady_ns()) / 1'000'000;
    if (left_ms <= 0) return outcome(client, RD_KAFKA_RESP_ERR__TIMED_OUT);
    const Event event(rd_kafka_queue_poll(answers, static_cast<int>(left_ms)));
    if (!event || rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_OFFSET_COMMIT) continue;
    // The answer to an earlier commit, which we did not wait for to the end.
    if (rd_kafka_event_opaque(event.get()) != as_opaque(sent_)) continue;
    int answer = rd_kafka_event_error(event.get());
    const auto* parts = rd_kafka_event_topic_partition_list(event.get());
    for (int i = 0; answer == RD_KAFKA_RESP_ERR_NO_ERROR && parts != nullptr && i < parts->cnt; ++i)
      answer = parts->elems[i].err;
    return outcome(client, answer);
  }
}

Result<bool> Commits::outcome(Client& client, int code) {
  const Trouble trouble = classify(code);
  if (trouble == Trouble::none) {
    if (std::exchange(behind_, false))
      client.monitor().say(info_level, "offsets of group '" + group_ + "' are committed again");
    return true;
  }
  if (Status over = client.failure(); over.has_error()) return over.error();
  if (passes(trouble) || trouble == Trouble::membership || client.fenced()) {
    if (!std::exchange(behind_, true))
      client.monitor().say(warning_level, "offsets of group '" + group_ +
                                              "' cannot be committed for now (" + code_text(code) +
                                              "); trying again");
    return false;
  }
  return kafka_error("committing offsets of group '" + group_ + "'", code);
}

Result<Positions> Commits::committed(const PartitionCounts& partitions, milliseconds timeout) {
  const ConsumerPtr consumer = membership_.consumer();
  Client& client = *consumer->client;
  const PartitionList list = partition_list(inputs_, partitions.all(RD_KAFKA_OFFSET_INVALID));
  const Result<int> code = client.ask(timeout, [&](int wait_ms) {
    int answer = rd_kafka_committed(client.get(), list.get(), wait_ms);
    for (int i = 0; answer == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; ++i)
      answer = list->elems[i].err;
    return answer;
  });
  if (code.has_error()) return code.error();
  if (*code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka_error("asking for the committed offsets of group '" + group_ + "'", *code);
  Positions found = positions_of(inputs_, *list);
  std::erase_if(found, [](const auto& position) { return position.second < 0; });
  found_ = found;
  return found;
}

}  // namespace freshet::kafka
