#include "connectors/kafka/source.h"

#include <atomic>
#include <utility>

#include "connectors/kafka/client.h"
#include "connectors/kafka/commits.h"
#include "connectors/kafka/errors.h"
#include "connectors/kafka/reading.h"
#include "connectors/kafka/replay.h"
#include "connectors/kafka/starts.h"

namespace freshet {

using std::chrono::milliseconds;

namespace {

constexpr int info_level = 6;
}  // namespace

// Fixed after `open`: client_. The publisher's: commits_. The reader writes known_, read_to_ and
// the times.
class KafkaSource::Impl {
 public:
  Impl(const KafkaOptions& options, std::string topic, KafkaLog log, const Clock& clock,
       Settings settings)
      : options_(options), topic_(std::move(topic)), log_(log), clock_(clock), settings_(settings) {
    kafka::Hooks hooks;
    hooks.stop = settings.stop;
    auto made = kafka::Client::make(kafka::Client::Kind::consumer,
                                    kafka::consumer_properties(options, settings.accept_gap),
                                    std::move(log), clock, std::move(hooks));
    if (made.has_error()) {
      made_ = made.error();
      return;
    }
    client_ = std::move(*made);
    commits_ = std::make_unique<kafka::Commits>(*client_, clock_, topic_, options.group);
    reading_ = std::make_unique<kafka::Reading>(*client_, topic_, clock);
  }

  Status open(const Positions& from, const Order& replay);
  std::string identity();
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
  Offset position(Partition partition) const;

  Status made_;
  const KafkaOptions options_;
  const std::string topic_;
  const KafkaLog log_;
  const Clock& clock_;
  const Settings settings_;
  kafka::ClientPtr client_;
  std::unique_ptr<kafka::Commits> commits_;
  std::unique_ptr<kafka::Reading> reading_;
  std::unique_ptr<kafka::Replay> replay_;  ///< while records are read again

  std::atomic<int> known_ = 0;  ///< partitions 0 to known_-1 are assigned; `committed` reads it too
  Positions read_to_;           ///< the offset after the last record that `poll` returned
  std::int64_t partitions_checked_ns_ = 0;
};

Status KafkaSource::Impl::open(const Positions& from, const Order& replay) {
  if (made_.has_error()) return made_;
  Result<int> count = client_->partitions(topic_, settings_.open_timeout);
  if (count.has_error()) return count.error();
  known_ = *count;
  partitions_checked_ns_ = clock_.steady_ns();
  if (!replay.empty()) {
    auto opened = kafka::Replay::open(
        options_, topic_, log_, clock_,
        {settings_.accept_gap, settings_.open_timeout, settings_.stop}, from, replay);
    if (opened.has_error()) return opened.error();
    replay_ = std::move(*opened);
  }
  client_->hand_over_to_consumer_poll();
  return assign(kafka::after(from, replay));
}

std::string KafkaSource::Impl::identity() {
  const std::string cluster =
      made_.has_error() ? std::string() : client_->cluster_id(settings_.open_timeout);
  return cluster.empty() ? "" : "topic '" + topic_ + "' of cluster " + cluster;
}

Offset KafkaSource::Impl::position(Partition partition) const {
  const auto at = read_to_.find(partition);
  return at == read_to_.end() ? RD_KAFKA_OFFSET_INVALID : at->second;
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

Result<Source::Polled> KafkaSource::Impl::poll(std::size_t max_records, milliseconds wait,
                                               std::vector<Record>& out) {
  const std::int64_t end_ns = clock_.steady_ns() + wait.count() * 1'000'000;
  if (clock_.steady_ns() - partitions_checked_ns_ >=
      settings_.partitions_interval.count() * 1'000'000)
    if (Status s = take_new_partitions(); s.has_error()) return s.error();
  if (replay_) {
    if (Status s = replay_->poll(max_records, wait, out); s.has_error()) return s.error();
    if (!replay_->finished()) return Polled::more;
    replay_.reset();
    if (!out.empty()) return Polled::more;
  }
  std::size_t taken = 0;
  std::int64_t left_ms = taken < max_records ? wait.count() : 0;
  while (taken < max_records) {
    // One by one: rd_kafka_consume_batch_queue of 2.0.2 skips and repeats records around a seek.
    const kafka::Message message(
        rd_kafka_consumer_poll(client_->get(), taken > 0 ? 0 : static_cast<int>(left_ms)));
    if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      out.push_back(kafka::to_record(*message));
      read_to_[message->partition] = message->offset + 1;
      ++taken;
      continue;
    }
    if (message)
      if (Status s = reading_->error_of(*message, position(message->partition)); s.has_error())
        return s.error();
    if (taken > 0) break;
    // Errors and events of the client end a wait early.
    left_ms = (end_ns - clock_.steady_ns()) / 1'000'000;
    if (left_ms <= 0) break;
    if (Status s = reading_->idle(); s.has_error()) return s.error();
  }
  if (taken == 0)
    if (Status s = reading_->idle(); s.has_error()) return s.error();
  return Polled::more;
}

KafkaSource::KafkaSource(const KafkaOptions& options, std::string topic, KafkaLog log,
                         const Clock& clock, Settings settings)
    : impl_(std::make_unique<Impl>(options, std::move(topic), std::move(log), clock, settings)) {}
KafkaSource::KafkaSource(const KafkaOptions& options, std::string topic, KafkaLog log,
                         const Clock& clock)
    : KafkaSource(options, std::move(topic), std::move(log), clock, Settings{}) {}
KafkaSource::~KafkaSource() = default;

Status KafkaSource::open(const Positions& from, const Order& replay) {
  return impl_->open(from, replay);
}
std::string KafkaSource::identity() { return impl_->identity(); }
Result<Source::Polled> KafkaSource::poll(std::size_t max_records, milliseconds wait,
                                         std::vector<Record>& out) {
  return impl_->poll(max_records, wait, out);
}
void KafkaSource::settled(const Positions&) {}
Status KafkaSource::commit(const Positions& done) { return impl_->commit(done); }
Result<Positions> KafkaSource::committed() { return impl_->committed(); }

}  // namespace freshet
