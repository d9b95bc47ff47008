#include "connectors/kafka/replay.h"

#include <algorithm>
#include <utility>

#include "connectors/kafka/errors.h"
#include "connectors/kafka/starts.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds request_wait{5'000};

// Each partition has a queue, and librdkafka takes its limits for each queue.
Properties replay_properties(const KafkaOptions& options, bool accept_gap, std::size_t partitions) {
  Properties p = consumer_properties(options, accept_gap);
  const auto share = [&](std::size_t all, std::size_t least) {
    return std::to_string(std::max(all / std::max<std::size_t>(partitions, 1), least));
  };
  p["queued.max.messages.kbytes"] = share(16'384, 128);
  p["queued.min.messages"] = share(50'000, 1'000);
  p["enable.partition.eof"] = "true";
  p.erase("group.instance.id");
  return p;
}

}  // namespace

Positions after(const Positions& from, const Order& order) {
  Positions positions = from;
  for (const OrderRun& run : order) {
    Offset& at = positions.try_emplace(run.partition, run.end).first->second;
    at = std::max(at, run.end);
  }
  return positions;
}

Result<std::unique_ptr<Replay>> Replay::open(const KafkaOptions& options, const Inputs& inputs,
                                             KafkaLog log, const Clock& clock, Settings settings,
                                             const Positions& from, Order order) {
  std::unique_ptr<Replay> self(new Replay(clock, inputs, settings, std::move(order)));
  for (const OrderRun& run : self->order_) self->parts_[run.partition];
  Hooks hooks;
  hooks.stop = settings.stop;
  auto client = Client::make(Client::Kind::consumer,
                             replay_properties(options, settings.accept_gap, self->parts_.size()),
                             std::move(log), clock, std::move(hooks));
  if (client.has_error()) return client.error();
  self->client_ = std::move(*client);
  self->reading_ = std::make_unique<Reading>(*self->client_, inputs, clock);
  if (Status s = self->check(from); s.has_error()) return s.error();
  return self;
}

Replay::~Replay() = default;

Status Replay::check(const Positions& from) {
  const StartSettings reaching{settings_.accept_gap, settings_.open_timeout};
  Positions begins;
  for (const auto& [partition, part] : parts_)
    if (const auto at = from.find(partition); at != from.end()) begins.insert(*at);
  const auto starts = starting_offsets(*client_, inputs_, settings_.partitions, begins, reaching);
  if (starts.has_error()) return starts.error();
  // A run beyond the log's end would be waited for in vain.
  const auto ends =
      starting_offsets(*client_, inputs_, settings_.partitions, after({}, order_), reaching);
  if (ends.has_error()) return ends.error();
  client_->hand_over_to_consumer_poll();
  return assign(*starts);
}

Status Replay::assign(const Positions& starts) {
  Positions mine;
  for (auto& [partition, part] : parts_) {
    part.queue.reset(rd_kafka_queue_get_partition(
        client_->get(), inputs_.topic_of(partition).c_str(), Inputs::number_of(partition)));
    // From now on librdkafka leaves the queue alone instead of joining it to the consumer's.
    rd_kafka_queue_forward(part.queue.get(), nullptr);
    mine[partition] = starts.at(partition);
  }
  const PartitionList list = partition_list(inputs_, mine);
  const auto code = rd_kafka_assign(client_->get(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka_error("reading " + inputs_.words() + " again", code);
  return {};
}

Status Replay::poll(std::size_t max_records, milliseconds wait, std::vector<Record>& out) {
  const std::int64_t end_ns = clock_.steady_ns() + wait.count() * 1'000'000;
  milliseconds left = wait;
  for (std::size_t taken = 0; taken < max_records && !finished();) {
    const Result<Took> took = step(taken > 0 ? milliseconds{0} : left, out);
    if (took.has_error()) return took.error();
    if (*took == Took::record) ++taken;
    if (*took == Took::run_end) ++run_;
    if (*took != Took::nothing) continue;
    if (Status s = serve(); s.has_error()) return s;
    left = milliseconds((end_ns - clock_.steady_ns()) / 1'000'000);
    if (taken > 0 || left.count() <= 0) break;
  }
  return {};
}

Result<Replay::Took> Replay::step(milliseconds wait, std::vector<Record>& out) {
  const OrderRun& run = order_[run_];
  Part& part = parts_.at(run.partition);
  if (part.next >= run.end) return Took::run_end;
  Message message = std::move(part.held);
  if (!message && part.end >= 0) {
    if (part.end >= run.end || settings_.accept_gap) return Took::run_end;
    if (Status s = must_reach(run.partition, run.end); s.has_error()) return s.error();
    part.end = RD_KAFKA_OFFSET_INVALID;
  }
  if (!message)
    message.reset(rd_kafka_consume_queue(part.queue.get(), static_cast<int>(wait.count())));
  if (!message) return Took::nothing;
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    part.end = message->offset;
    return part.end >= run.end || settings_.accept_gap ? Took::run_end : Took::nothing;
  }
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (Status s = reading_->error_of(*message, part.next); s.has_error()) return s.error();
    return Took::nothing;
  }
  if (message->offset >= run.end) {
    part.held = std::move(message);
    return Took::run_end;
  }
  part.next = message->offset + 1;
  out.push_back(to_record(*message, inputs_));
  return Took::record;
}

// The end that a fetch reports can lag behind, after a broker has failed: the log is asked anew.
Status Replay::must_reach(Partition partition, Offset end) {
  const auto start = starting_offset(*client_, inputs_, partition, end, {false, request_wait});
  if (start.has_error()) return start.error();
  return {};
}

// Errors and events of the client itself.
Status Replay::serve() {
  const Message message(rd_kafka_consumer_poll(client_->get(), 0));
  if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    if (Status s = reading_->error_of(*message, RD_KAFKA_OFFSET_INVALID); s.has_error()) return s;
  return reading_->idle();
}

}  // namespace freshet::kafka
