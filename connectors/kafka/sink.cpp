#include "connectors/kafka/sink.h"

#include <array>
#include <cassert>
#include <utility>

#include "connectors/kafka/producer.h"

namespace freshet {

class KafkaSink::Impl {
 public:
  Impl(const KafkaOptions& options, TopicOptions topics, KafkaLog log, const Clock& clock,
       std::chrono::milliseconds open_timeout)
      : topics_(std::move(topics)),
        clock_(clock),
        open_timeout_(open_timeout),
        producer_(kafka::Producer::make(options, std::move(log), clock)) {
    if (producer_.has_value()) (*producer_)->may_omit_value(topics_.rejected);
  }

  Result<Kind> open() {
    if (producer_.has_error()) return producer_.error();
    const std::array names = {topics_.recommendations, topics_.similar_items, topics_.rejected};
    if (Status s = (*producer_)->require_topics(names, open_timeout_); s.has_error())
      return s.error();
    return Kind::keeps;
  }
  Status write(std::span<Output> outputs) {
    if (producer_.has_error()) return producer_.error();
    for (const Output& output : outputs)
      if (Status s = write(output); s.has_error()) return s;
    return (*producer_)->look();
  }
  Result<std::string> flush() {
    if (producer_.has_error()) return producer_.error();
    if (Status s = (*producer_)->flush(); s.has_error()) return s.error();
    return Result<std::string>(boost::system::in_place_value, "");
  }

 private:
  Status write(const Output& output);

  const TopicOptions topics_;
  const Clock& clock_;
  const std::chrono::milliseconds open_timeout_;
  Result<std::unique_ptr<kafka::Producer>> producer_;
};

Status KafkaSink::Impl::write(const Output& output) {
  kafka::Outgoing record{output.key, output.value, {}, -1};
  if (output.channel == Channel::similar_items)
    return (*producer_)->send(topics_.similar_items, record);

  const std::string source =
      topics_.events + "/" + std::to_string(output.partition) + "/" + std::to_string(output.offset);
  if (output.channel == Channel::rejected) {
    const std::array<kafka::Header, 2> headers = {{{"reason", output.reason}, {"source", source}}};
    record.headers = headers;
    return (*producer_)->send(topics_.rejected, record);
  }
  assert(output.channel == Channel::recommendations);
  const std::string read = std::to_string(output.read_ms);
  const std::string published = std::to_string(clock_.wall_ms());
  const std::array<kafka::Header, 3> headers = {
      {{"freshet-source", source}, {"freshet-read-ms", read}, {"freshet-published-ms", published}}};
  record.headers = headers;
  return (*producer_)->send(topics_.recommendations, record);
}

KafkaSink::KafkaSink(const KafkaOptions& options, const TopicOptions& topics, KafkaLog log,
                     const Clock& clock, std::chrono::milliseconds open_timeout)
    : impl_(std::make_unique<Impl>(options, topics, std::move(log), clock, open_timeout)) {}
KafkaSink::~KafkaSink() = default;

Result<Sink::Kind> KafkaSink::open(const std::string&) { return impl_->open(); }
Status KafkaSink::write(std::span<Output> outputs) { return impl_->write(outputs); }
Result<std::string> KafkaSink::flush(const Positions&) { return impl_->flush(); }

}  // namespace freshet
