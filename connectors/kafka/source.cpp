#include "connectors/kafka/source.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "connectors/kafka/client.h"
#include "connectors/kafka/commits.h"
#include "connectors/kafka/errors.h"
#include "connectors/kafka/group_of.h"
#include "connectors/kafka/membership.h"
#include "connectors/kafka/reading.h"
#include "connectors/kafka/recognize.h"
#include "connectors/kafka/replay.h"
#include "connectors/kafka/starts.h"

namespace freshet {

using std::chrono::milliseconds;

namespace {

constexpr int info_level = 6;

kafka::Membership::Settings membership_settings(const KafkaOptions& options,
                                                const KafkaSource::Settings& settings) {
  kafka::Membership::Settings s;
  s.options = options;
  s.open_timeout = settings.open_timeout;
  s.drain_timeout = settings.drain_timeout;
  s.partitions_interval = settings.partitions_interval;
  s.stop = settings.stop;
  return s;
}

}  // namespace

// Fixed after `open`: inputs_, membership_, partitions_. The publisher's: commits_. The reader's:
// replay_, read_to_.
class KafkaSource::Impl {
 public:
  Impl(const KafkaOptions& options, std::string events, KafkaLog log, const Clock& clock,
       const Settings& settings);
  ~Impl() { membership_.leave(); }

  void expect(const Fingerprints& last) { expected_ = last; }
  Status open(const Positions& from, const Order& replay);
  std::string identity();
  Result<Polled> poll(std::size_t max_records, milliseconds wait, std::vector<Record>& out);
  Status commit(const Positions& done);
  void settled(const Positions& done) { membership_.confirm(done); }
  Result<Positions> committed();
  kafka::GroupOf group_of() { return {membership_, commits_}; }

 private:
  Status find_partitions();
  Status start_replay(const Positions& from, const Order& replay);
  Status read(std::size_t max_records, milliseconds wait, std::vector<Record>& out);
  Status take(const rd_kafka_message_t& message, std::vector<Record>& out);

  Result<kafka::ClientPtr> make_client();
  kafka::Client& client() { return *membership_.consumer()->client; }

  Status made_;
  const KafkaOptions options_;
  const KafkaLog log_;
  const Clock& clock_;
  const Settings settings_;
  kafka::Inputs inputs_;
  kafka::Membership membership_;
  kafka::Commits commits_;
  std::unique_ptr<kafka::Replay> replay_;  ///< while records are read again
  kafka::PartitionCounts partitions_;
  Fingerprints expected_;
  Positions read_to_;  ///< the offset after the last record that `poll` returned
};

KafkaSource::Impl::Impl(const KafkaOptions& options, std::string events, KafkaLog log,
                        const Clock& clock, const Settings& settings)
    : options_(options),
      log_(std::move(log)),
      clock_(clock),
      settings_(settings),
      inputs_{std::move(events), settings.catalog},
      membership_(clock, membership_settings(options, settings), [this] { return make_client(); }),
      commits_(membership_, clock, inputs_, options.group) {
  made_ = membership_.prepare();
}

Result<kafka::ClientPtr> KafkaSource::Impl::make_client() {
  kafka::Hooks hooks;
  hooks.stop = settings_.stop;
  hooks.rebalances = &membership_;
  return kafka::Client::make(kafka::Client::Kind::consumer,
                             kafka::consumer_properties(options_, settings_.accept_gap), log_,
                             clock_, std::move(hooks));
}

Status KafkaSource::Impl::open(const Positions& from, const Order& replay) {
  if (made_.has_error()) return made_;
  if (Status s = find_partitions(); s.has_error()) return s;
  kafka::Inputs found = inputs_;
  if (partitions_.catalog == 0) found.catalog.clear();
  auto starts = kafka::starting_offsets(client(), inputs_, partitions_, kafka::after(from, replay),
                                        {settings_.accept_gap, settings_.open_timeout});
  if (starts.has_error()) return starts.error();
  if (Status s = kafka::recognize(options_, inputs_, log_, clock_, expected_,
                                  {settings_.accept_gap, settings_.open_timeout}, settings_.stop);
      s.has_error())
    return s;
  const auto catalog = kafka::catalog_first(client(), inputs_, *starts, settings_.open_timeout);
  if (catalog.has_error()) return catalog.error();
  Order first = replay;
  first.insert(first.end(), catalog->begin(), catalog->end());
  for (const OrderRun& run : *catalog) (*starts)[run.partition] = run.end;
  if (Status s = start_replay(from, first); s.has_error()) return s;
  read_to_ = from;
  return membership_.join(found, partitions_, from, std::move(*starts));
}

Status KafkaSource::Impl::find_partitions() {
  const Result<int> events = client().partitions(inputs_.events, settings_.open_timeout);
  if (events.has_error()) return events.error();
  partitions_ = {*events, 0};
  if (inputs_.catalog.empty()) return {};
  const Result<int> catalog = client().find_partitions(inputs_.catalog, settings_.open_timeout);
  if (catalog.has_error()) return catalog.error();
  partitions_.catalog = *catalog;
  if (*catalog > 0) return {};
  client().monitor().say(info_level, "there is no topic '" + inputs_.catalog +
                                         "': going on without a catalogue; one that is made later "
                                         "is read after the next start");
  return {};
}

Status KafkaSource::Impl::start_replay(const Positions& from, const Order& replay) {
  if (replay.empty()) return {};
  auto opened = kafka::Replay::open(
      options_, inputs_, log_, clock_,
      {partitions_, settings_.accept_gap, settings_.open_timeout, settings_.stop}, from, replay);
  if (opened.has_error()) return opened.error();
  replay_ = std::move(*opened);
  return {};
}

std::string KafkaSource::Impl::identity() {
  const std::string cluster =
      made_.has_error() ? std::string() : client().cluster_id(settings_.open_timeout);
  return cluster.empty() ? "" : "topic '" + inputs_.events + "' of cluster " + cluster;
}

Result<Source::Polled> KafkaSource::Impl::poll(std::size_t max_records, milliseconds wait,
                                               std::vector<Record>& out) {
  const std::int64_t end_ns = clock_.steady_ns() + wait.count() * 1'000'000;
  const std::size_t before = out.size();
  const Result<bool> may_read = membership_.begin_reading(wait);
  if (may_read.has_error()) return may_read.error();
  Status s;
  if (*may_read) {
    s = read(max_records, milliseconds((end_ns - clock_.steady_ns()) / 1'000'000), out);
    membership_.end_reading(read_to_);
  }
  if (s.has_value() && out.size() == before) s = membership_.consumer()->reading->idle();
  if (s.has_error()) return s.error();
  return Polled::more;
}

Status KafkaSource::Impl::read(std::size_t max_records, milliseconds wait,
                               std::vector<Record>& out) {
  const std::int64_t end_ns = clock_.steady_ns() + wait.count() * 1'000'000;
  const std::size_t before = out.size();
  if (replay_) {
    Status s = replay_->poll(max_records, wait, out);
    for (std::size_t i = before; i < out.size(); ++i)
      read_to_[out[i].partition] = out[i].offset + 1;
    if (s.has_error() || !replay_->finished()) return s;
    replay_.reset();
  }
  const kafka::ConsumerPtr consumer = membership_.consumer();
  while (out.size() - before < max_records) {
    // One by one: rd_kafka_consume_batch_queue of 2.0.2 skips and repeats records around a seek.
    const std::int64_t left_ms =
        out.size() > before ? 0 : (end_ns - clock_.steady_ns()) / 1'000'000;
    const kafka::Message message(rd_kafka_consume_queue(
        consumer->records.get(), static_cast<int>(std::max<std::int64_t>(left_ms, 0))));
    if (!message) break;
    if (Status s = take(*message, out); s.has_error()) return s;
  }
  return {};
}

Status KafkaSource::Impl::take(const rd_kafka_message_t& message, std::vector<Record>& out) {
  const Partition partition = inputs_.partition_of(message);
  const auto at = read_to_.find(partition);
  const Offset position = at == read_to_.end() ? RD_KAFKA_OFFSET_INVALID : at->second;
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return membership_.consumer()->reading->error_of(message, position);
  // Fetched once more around a rebalance.
  if (message.offset < position) return {};
  out.push_back(kafka::to_record(message, inputs_));
  read_to_[partition] = message.offset + 1;
  return {};
}

Status KafkaSource::Impl::commit(const Positions& done) {
  if (made_.has_error()) return made_;
  const Result<bool> committed = commits_.commit(done, settings_.commit_timeout);
  if (committed.has_error()) return committed.error();
  if (*committed) membership_.confirm(done);
  return membership_.failure();
}

Result<Positions> KafkaSource::Impl::committed() {
  if (made_.has_error()) return made_.error();
  if (partitions_.events == 0)
    if (Status s = find_partitions(); s.has_error()) return s.error();
  return commits_.committed(partitions_, settings_.open_timeout);
}

KafkaSource::KafkaSource(const KafkaOptions& options, std::string events, KafkaLog log,
                         const Clock& clock, const Settings& settings)
    : impl_(std::make_unique<Impl>(options, std::move(events), std::move(log), clock, settings)) {}
KafkaSource::KafkaSource(const KafkaOptions& options, std::string events, KafkaLog log,
                         const Clock& clock)
    : KafkaSource(options, std::move(events), std::move(log), clock, Settings{}) {}
KafkaSource::~KafkaSource() = default;

Status KafkaSource::open(const Positions& from, const Order& replay) {
  return impl_->open(from, replay);
}
void KafkaSource::expect(const Fingerprints& last) { impl_->expect(last); }
std::string KafkaSource::identity() { return impl_->identity(); }
Result<Source::Polled> KafkaSource::poll(std::size_t max_records, milliseconds wait,
                                         std::vector<Record>& out) {
  return impl_->poll(max_records, wait, out);
}
void KafkaSource::settled(const Positions& done) { impl_->settled(done); }
Status KafkaSource::commit(const Positions& done) { return impl_->commit(done); }
Result<Positions> KafkaSource::committed() { return impl_->committed(); }
kafka::GroupOf KafkaSource::group_of() const { return impl_->group_of(); }

}  // namespace freshet
