#include "connectors/kafka/writer.h"

#include <utility>

#include "connectors/kafka/producer.h"

namespace freshet {

class KafkaWriter::Impl {
 public:
  std::string topic;
  std::chrono::milliseconds open_timeout;
  Result<std::unique_ptr<kafka::Producer>> producer;
};

KafkaWriter::KafkaWriter(const KafkaOptions& options, std::string topic, KafkaLog log,
                         const Clock& clock, std::chrono::milliseconds open_timeout)
    : impl_(new Impl{std::move(topic), open_timeout,
                     kafka::Producer::make(options, std::move(log), clock)}) {}
KafkaWriter::~KafkaWriter() = default;

Status KafkaWriter::open() {
  if (impl_->producer.has_error()) return impl_->producer.error();
  return (*impl_->producer)->require_topics({&impl_->topic, 1}, impl_->open_timeout);
}

Status KafkaWriter::write(std::string_view key, std::optional<std::string_view> value,
                          std::int64_t time_ms) {
  if (impl_->producer.has_error()) return impl_->producer.error();
  if (Status s = (*impl_->producer)->send(impl_->topic, {key, value, {}, time_ms}); s.has_error())
    return s;
  return (*impl_->producer)->look();
}

Status KafkaWriter::flush() {
  if (impl_->producer.has_error()) return impl_->producer.error();
  return (*impl_->producer)->flush();
}

}  // namespace freshet
