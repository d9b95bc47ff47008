#include "connectors/kafka/sink.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <thread>
#include <utility>
#include <vector>

#include "connectors/kafka/errors.h"
#include "connectors/kafka/group_of.h"
#include "connectors/kafka/inputs.h"
#include "connectors/kafka/producer.h"
#include "connectors/kafka/source.h"

namespace freshet {

using kafka::Producer;
using kafka::Transactions;

namespace {

constexpr int warning_level = 4, info_level = 6;
// A transaction that was aborted so often in a row will not succeed.
constexpr int aborts_limit = 5;
constexpr std::int64_t outside_limit_ns = 120'000'000'000;
constexpr std::chrono::milliseconds outside_pause{200};

/// An output since the last flush, kept until it is out.
struct Kept {
  Output output;
  bool alone = false;  ///< a batch with it was too large: it is sent in one of its own
  /// 1: it goes to `rejected` without its value; 2: without its key too.
  int omitted = 0;
};

std::size_t size_of(const Output& output) { return output.value ? output.value->size() : 0; }

}  // namespace

class KafkaSink::Impl {
 public:
  Impl(const KafkaOptions& options, TopicOptions topics, KafkaLog log, const Clock& clock,
       Settings settings)
      : options_(options),
        topics_(std::move(topics)),
        inputs_{topics_.events, topics_.catalog},
        clock_(clock),
        settings_(settings),
        producer_(Producer::make(options, std::move(log), clock,
                                 {settings.exactly_once, settings.stop})) {}

  Result<Kind> open();
  Status write(std::span<Output> outputs);
  Result<std::string> flush(const Positions& done);

 private:
  Status send(const Kept& kept, Producer::Tag tag);
  Status send_all();
  Status deliver();
  Status send_too_large();
  Status commit(const Positions& done);
  Status try_again(int code);
  Status wait_for_the_group();
  Positions raised(const Positions& done) const;
  kafka::GroupMetadata group() const;
  bool take_too_large();
  void omit(Kept& kept);
  const std::string& topic_of(const Output& output) const;
  /// "events/3/1234", "catalog/0/17": the record that caused it.
  std::string source_of(const Output& output) const {
    return inputs_.place(output.partition) + "/" + std::to_string(output.offset);
  }

  const KafkaOptions options_;
  const TopicOptions topics_;
  const kafka::Inputs inputs_;
  const Clock& clock_;
  const Settings settings_;
  Result<std::unique_ptr<Producer>> producer_;
  std::vector<Kept> kept_;             ///< the tag of kept_[i] is i + 1
  Positions settled_;                  ///< what the latest transaction committed
  int aborts_ = 0;                     ///< in a row
  std::int64_t outside_since_ns_ = 0;  ///< the group did not take our offsets; 0: it did
};

Result<Sink::Kind> KafkaSink::Impl::open() {
  if (producer_.has_error()) return producer_.error();
  const std::array names = {topics_.recommendations, topics_.similar_items, topics_.rejected};
  if (Status s = (*producer_)->require_topics(names, settings_.open_timeout); s.has_error())
    return s.error();
  if (!settings_.exactly_once) return Kind::keeps;
  if (Status s = (*producer_)->transactions().init(settings_.open_timeout); s.has_error())
    return s.error();
  return Kind::transactional;
}

Status KafkaSink::Impl::write(std::span<Output> outputs) {
  if (producer_.has_error()) return producer_.error();
  if (settings_.exactly_once && !outputs.empty() && !(*producer_)->transactions().is_open())
    if (Status s = (*producer_)->transactions().begin(); s.has_error()) return s;
  for (Output& output : outputs) {
    kept_.push_back({std::move(output)});
    if (Status s = send(kept_.back(), kept_.size()); s.has_error()) return s;
  }
  return (*producer_)->look();
}

Result<std::string> KafkaSink::Impl::flush(const Positions& done) {
  if (producer_.has_error()) return producer_.error();
  const bool nothing_new = kept_.empty() && done == settled_;
  const Status s = !settings_.exactly_once ? deliver() : nothing_new ? Status() : commit(done);
  if (s.has_error()) return s.error();
  kept_.clear();
  return Result<std::string>(boost::system::in_place_value, "");
}

const std::string& KafkaSink::Impl::topic_of(const Output& output) const {
  return output.channel == Channel::recommendations ? topics_.recommendations
         : output.channel == Channel::similar_items ? topics_.similar_items
                                                    : topics_.rejected;
}

Status KafkaSink::Impl::send(const Kept& kept, Producer::Tag tag) {
  const Output& output = kept.output;
  kafka::Outgoing record{output.key, output.value, {}, -1};
  if (output.channel == Channel::similar_items && kept.omitted == 0)
    return (*producer_)->send(topics_.similar_items, record, tag);

  const std::string source = source_of(output);
  if (output.channel == Channel::recommendations && kept.omitted == 0) {
    const std::string read = std::to_string(output.read_ms);
    const std::string published = std::to_string(clock_.wall_ms());
    const std::array<kafka::Header, 3> headers = {{{"freshet-source", source},
                                                   {"freshet-read-ms", read},
                                                   {"freshet-published-ms", published}}};
    record.headers = headers;
    return (*producer_)->send(topics_.recommendations, record, tag);
  }
  std::string omitted;
  std::vector<kafka::Header> headers = {{"reason", output.reason}, {"source", source}};
  if (kept.omitted > 0) {
    omitted = std::to_string(size_of(output)) + " bytes: more than topic '" + topic_of(output) +
              "' takes";
    headers.push_back({"omitted", omitted});
    record.value = "";
    if (kept.omitted > 1) record.key.reset();
  }
  record.headers = headers;
  // What is left when all is omitted must be written.
  return (*producer_)->send(topics_.rejected, record, kept.omitted > 1 ? 0 : tag);
}

Status KafkaSink::Impl::send_all() {
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (kept_[i].alone)
      if (Status s = (*producer_)->flush(); s.has_error()) return s;
    if (Status s = send(kept_[i], i + 1); s.has_error()) return s;
    if (kept_[i].alone)
      if (Status s = (*producer_)->flush(); s.has_error()) return s;
  }
  return {};
}

// A batch that is too large fails as a whole, so its records are tried one by one before one of
// them is believed to be it. Whether there was any.
bool KafkaSink::Impl::take_too_large() {
  const auto tags = (*producer_)->take_too_large();
  for (const Producer::Tag tag : tags) {
    Kept& kept = kept_.at(tag - 1);
    if (std::exchange(kept.alone, true)) omit(kept);
  }
  return !tags.empty();
}

void KafkaSink::Impl::omit(Kept& kept) {
  Output& output = kept.output;
  if (kept.omitted++ > 0) return;
  const bool rejected = output.channel == Channel::rejected;
  const std::string what = rejected                                     ? "a rejected record"
                           : output.channel == Channel::recommendations ? "a list"
                                                                        : "similar items";
  if (!rejected)
    output.reason = what + " of " + std::to_string(size_of(output)) + " bytes for '" +
                    output.key.value_or("") + "' is more than topic '" + topic_of(output) +
                    "' takes: raise its max.message.bytes, or make lists shorter";
  (*producer_)
      ->monitor()
      .say(warning_level,
           rejected
               ? what + " (" + source_of(output) + ") is written without its value, " +
                     std::to_string(size_of(output)) + " bytes"
               : output.reason + "; it is left out, and noted in topic '" + topics_.rejected + "'");
}

// --- without transactions

Status KafkaSink::Impl::deliver() {
  if (Status s = (*producer_)->flush(); s.has_error()) return s;
  while (take_too_large())
    if (Status s = send_too_large(); s.has_error()) return s;
  return {};
}

// Those that failed are sent again, each in a batch of its own, and behind them whatever else their
// keys have had since, so that a key's newest record stays its newest.
Status KafkaSink::Impl::send_too_large() {
  std::vector<Kept> again;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    const Kept& kept = kept_[i];
    const auto same_key = [&](const Kept& earlier) {
      return earlier.output.channel == kept.output.channel && earlier.output.key == kept.output.key;
    };
    if (kept.alone || std::any_of(again.begin(), again.end(), same_key))
      again.push_back(std::move(kept_[i]));
  }
  kept_ = std::move(again);
  if (Status s = send_all(); s.has_error()) return s;
  return (*producer_)->flush();
}

// --- with transactions

Status KafkaSink::Impl::commit(const Positions& done) {
  Transactions& transactions = (*producer_)->transactions();
  const auto offsets = kafka::partition_list(inputs_, raised(done));
  for (aborts_ = 0;;) {
    if (!transactions.is_open()) {
      if (Status s = transactions.begin(); s.has_error()) return s;
      if (Status s = send_all(); s.has_error()) return s;
    }
    if (Status s = (*producer_)->flush(); s.has_error()) return s;
    if (take_too_large()) {
      // They are written otherwise, with all the others: progress, so it is not counted.
      if (Status s = transactions.abort(); s.has_error()) return s;
      continue;
    }
    const auto end = transactions.commit(*offsets, *group());
    if (end.has_error()) return end.error();
    if (*end == Transactions::End::committed) break;
    (void)take_too_large();
    if (Status s = try_again(transactions.aborted_by()); s.has_error()) return s;
  }
  settled_ = done;
  outside_since_ns_ = 0;
  return {};
}

Positions KafkaSink::Impl::raised(const Positions& done) const {
  return settings_.source == nullptr ? done : settings_.source->group_of().commits.raised(done);
}

// Asked for each transaction, as every rebalance changes it.
kafka::GroupMetadata KafkaSink::Impl::group() const {
  return settings_.source == nullptr
             ? kafka::GroupMetadata(rd_kafka_consumer_group_metadata_new(options_.group.c_str()))
             : settings_.source->group_of().membership.group();
}

Status KafkaSink::Impl::try_again(int code) {
  if (kafka::classify(code) == kafka::Trouble::membership && settings_.source != nullptr)
    return wait_for_the_group();
  ++aborts_;
  const std::string what = "a transaction of " + std::to_string(kept_.size()) +
                           " records was aborted (" + kafka::code_text(code) + ")";
  if (aborts_ > aborts_limit)
    return error("kafka: " + what + " " + std::to_string(aborts_) +
                 " times in a row; nothing of it is visible");
  (*producer_)->monitor().say(warning_level, what + "; sending it again");
  return {};
}

// The source joins again by itself; until it has, its group takes offsets from nobody.
Status KafkaSink::Impl::wait_for_the_group() {
  const std::int64_t now_ns = clock_.steady_ns();
  if (outside_since_ns_ == 0) {
    outside_since_ns_ = now_ns;
    (*producer_)
        ->monitor()
        .say(info_level,
             "group '" + options_.group + "' rebalances; the transaction is sent again");
  }
  if (now_ns - outside_since_ns_ >= outside_limit_ns)
    return error("kafka: group '" + options_.group + "' has not taken offsets for " +
                 std::to_string(outside_limit_ns / 1'000'000'000) + " s");
  if (Status s = settings_.source->group_of().membership.failure(); s.has_error()) return s;
  std::this_thread::sleep_for(outside_pause);
  return {};
}

KafkaSink::KafkaSink(const KafkaOptions& options, const TopicOptions& topics, KafkaLog log,
                     const Clock& clock, Settings settings)
    : impl_(std::make_unique<Impl>(options, topics, std::move(log), clock, settings)) {}
KafkaSink::KafkaSink(const KafkaOptions& options, const TopicOptions& topics, KafkaLog log,
                     const Clock& clock)
    : KafkaSink(options, topics, std::move(log), clock, Settings{}) {}
KafkaSink::~KafkaSink() = default;

Result<Sink::Kind> KafkaSink::open(const std::string&) { return impl_->open(); }
Status KafkaSink::write(std::span<Output> outputs) { return impl_->write(outputs); }
Result<std::string> KafkaSink::flush(const Positions& done) { return impl_->flush(done); }

}  // namespace freshet
