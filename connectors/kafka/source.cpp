#include "connectors/kafka/source.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "connectors/kafka/client.h"
#include "connectors/kafka/commits.h"
#include "connectors/kafka/errors.h"
#include "connectors/kafka/handle.h"
#include "connectors/kafka/starts.h"

namespace freshet {

using kafka::Trouble;
using std::chrono::milliseconds;

namespace {

constexpr int info_level = 6;
// While no broker is there: how often, and for how long, the reader looks whether one is back.
constexpr std::int64_t probe_interval_ns = 1'000'000'000;
constexpr milliseconds probe_wait{50};
constexpr milliseconds request_wait{5'000};

Record to_record(const rd_kafka_message_t& message) {
  Record record;
  record.partition = message.partition;
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

}  // namespace

// Fixed after `open`: client_. The publisher's: commits_. The reader writes known_, read_to_ and
// the times.
class KafkaSource::Impl {
 public:
  Impl(const KafkaOptions& options, std::string topic, KafkaLog log, const Clock& clock,
       Settings settings)
      : topic_(std::move(topic)), group_(options.group), clock_(clock), settings_(settings) {
    auto made = kafka::Client::make(kafka::Client::Kind::consumer,
                                    kafka::consumer_properties(options, settings.accept_gap),
                                    std::move(log), clock);
    if (made.has_error()) {
      made_ = made.error();
      return;
    }
    client_ = std::move(*made);
    commits_ = std::make_unique<kafka::Commits>(*client_, clock_, topic_, group_);
  }

  Status open(const Positions& from);
  Result<Polled> poll(std::size_t max_records, milliseconds wait, std::vector<Record>& out);
  Status commit(const Positions& done) {
    if (made_.has_error()) return made_;
    return commits_->commit(done, settings_.commit_timeout);
  }
  Result<Positions> committed() {
    if (made_.has_error()) return made_.error();
    if (known_ > 0) return commits_->committed(known_, settings_.open_timeout);
    Result<int> count = client_->partitions(topic_, settings_.open_timeout);
    if (count.has_error()) return count.error();
    return commits_->committed(*count, settings_.open_timeout);
  }

 private:
  Status assign(const Positions& from);
  Status take_new_partitions();
  Status message_error(const rd_kafka_message_t& message);
  Status behind_retention(Partition partition);
  Status idle();

  Status made_;
  const std::string topic_;
  const std::string group_;
  const Clock& clock_;
  const Settings settings_;
  kafka::ClientPtr client_;
  std::unique_ptr<kafka::Commits> commits_;

  std::atomic<int> known_ = 0;  ///< partitions 0 to known_-1 are assigned; `committed` reads it too
  Positions read_to_;           ///< the offset after the last record that `poll` returned
  std::int64_t partitions_checked_ns_ = 0;
  std::int64_t probed_ns_ = 0;
};

Status KafkaSource::Impl::open(const Positions& from) {
  if (made_.has_error()) return made_;
  Result<int> count = client_->partitions(topic_, settings_.open_timeout);
  if (count.has_error()) return count.error();
  known_ = *count;
  partitions_checked_ns_ = clock_.steady_ns();
  client_->hand_over_to_consumer_poll();
  return assign(from);
}

// The one place where partitions are taken. A group membership would call it from its rebalance
// callback with the partitions it is given; all else in this class knows only what is assigned.
Status KafkaSource::Impl::assign(const Positions& from) {
  auto starts = kafka::starting_offsets(*client_, topic_, known_, from, settings_.accept_gap,
                                        settings_.open_timeout);
  if (starts.has_error()) return starts.error();
  read_to_ = from;
  const auto list = kafka::partition_list(topic_, *starts);
  const auto code = rd_kafka_assign(client_->get(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka::kafka_error("taking the partitions of '" + topic_ + "'", code);
  return {};
}

Status KafkaSource::Impl::take_new_partitions() {
  partitions_checked_ns_ = clock_.steady_ns();
  Result<int> count = client_->partitions(topic_, milliseconds{500});
  // A topic that was deleted shows itself as a reading error; a broker that is away is none.
  if (count.has_error() || *count <= known_) return {};
  Positions fresh;
  for (int p = known_; p < *count; ++p) fresh[p] = RD_KAFKA_OFFSET_BEGINNING;
  const auto list = kafka::partition_list(topic_, fresh);
  const kafka::CError failed(rd_kafka_incremental_assign(client_->get(), list.get()));
  if (failed)
    return kafka::kafka_error("taking new partitions of '" + topic_ + "'",
                              rd_kafka_error_code(failed.get()));
  client_->monitor().say(info_level, "topic '" + topic_ + "' has grown from " +
                                         std::to_string(known_) + " to " + std::to_string(*count) +
                                         " partitions; reading the new ones");
  known_ = *count;
  return {};
}

// What the reader does when there is nothing to read.
Status KafkaSource::Impl::idle() {
  const std::int64_t now_ns = clock_.steady_ns();
  if (client_->monitor().in_outage() && now_ns - probed_ns_ >= probe_interval_ns) {
    client_->probe(probe_wait);
    probed_ns_ = clock_.steady_ns();
  }
  // Asked again, as a broker that has just started may not know its topics yet.
  if (client_->monitor().take_topic_doubt() && client_->gone(topic_, request_wait))
    return kafka::unknown_topic_error(topic_);
  return client_->monitor().failure();
}

Result<Source::Polled> KafkaSource::Impl::poll(std::size_t max_records, milliseconds wait,
                                               std::vector<Record>& out) {
  const std::int64_t end_ns = clock_.steady_ns() + wait.count() * 1'000'000;
  if (clock_.steady_ns() - partitions_checked_ns_ >=
      settings_.partitions_interval.count() * 1'000'000)
    if (Status s = take_new_partitions(); s.has_error()) return s.error();
  std::size_t taken = 0;
  std::int64_t left_ms = taken < max_records ? wait.count() : 0;
  while (taken < max_records) {
    // One by one: rd_kafka_consume_batch_queue of 2.0.2 skips and repeats records around a seek.
    const kafka::Message message(
        rd_kafka_consumer_poll(client_->get(), taken > 0 ? 0 : static_cast<int>(left_ms)));
    if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      out.push_back(to_record(*message));
      read_to_[message->partition] = message->offset + 1;
      ++taken;
      continue;
    }
    if (message)
      if (Status s = message_error(*message); s.has_error()) return s.error();
    if (taken > 0) break;
    // Errors and events of the client end a wait early.
    left_ms = (end_ns - clock_.steady_ns()) / 1'000'000;
    if (left_ms <= 0) break;
    if (Status s = idle(); s.has_error()) return s.error();
  }
  if (taken == 0)
    if (Status s = idle(); s.has_error()) return s.error();
  return Polled::more;
}

Status KafkaSource::Impl::message_error(const rd_kafka_message_t& message) {
  const char* detail = rd_kafka_message_errstr(&message);
  switch (kafka::classify(message.err)) {
    case Trouble::transport:
    case Trouble::outage:
    case Trouble::retried:
      client_->monitor().trouble(message.err, detail);
      return {};
    case Trouble::gap:
      return behind_retention(message.partition);
    case Trouble::unknown_topic:
      client_->monitor().trouble(message.err, detail);
      return {};
    default:
      return kafka::kafka_error("reading topic '" + topic_ + "'", message.err, detail);
  }
}

Status KafkaSource::Impl::behind_retention(Partition partition) {
  const auto at = read_to_.find(partition);
  Positions from;
  if (at != read_to_.end()) from.insert(*at);
  auto starts = kafka::starting_offsets(*client_, topic_, known_, from, false, request_wait);
  if (starts.has_error()) return starts.error();
  return error("kafka: records of " + topic_ + "/" + std::to_string(partition) +
               " were deleted before they were read");
}

KafkaSource::KafkaSource(const KafkaOptions& options, std::string topic, KafkaLog log,
                         const Clock& clock, Settings settings)
    : impl_(std::make_unique<Impl>(options, std::move(topic), std::move(log), clock, settings)) {}
KafkaSource::KafkaSource(const KafkaOptions& options, std::string topic, KafkaLog log,
                         const Clock& clock)
    : KafkaSource(options, std::move(topic), std::move(log), clock, Settings{}) {}
KafkaSource::~KafkaSource() = default;

Status KafkaSource::open(const Positions& from, const Order&) { return impl_->open(from); }
std::string KafkaSource::identity() { return ""; }
Result<Source::Polled> KafkaSource::poll(std::size_t max_records, milliseconds wait,
                                         std::vector<Record>& out) {
  return impl_->poll(max_records, wait, out);
}
void KafkaSource::settled(const Positions&) {}
Status KafkaSource::commit(const Positions& done) { return impl_->commit(done); }
Result<Positions> KafkaSource::committed() { return impl_->committed(); }

}  // namespace freshet
