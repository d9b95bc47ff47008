#include "connectors/kafka/producer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "connectors/kafka/errors.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

// How long one wait may last before we look whether the client has failed.
constexpr int slice_ms = 100;
constexpr std::int64_t probe_interval_ns = 1'000'000'000;

std::string_view header_of(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return {};
  return {static_cast<const char*>(value), size};
}

std::string describe(const rd_kafka_message_t& message) {
  std::string text = "a record of " + std::to_string(message.len) + " bytes";
  if (message.key != nullptr)
    text +=
        " with key '" + std::string(static_cast<const char*>(message.key), message.key_len) + "'";
  for (const char* name : {"freshet-source", "source"})
    if (const auto source = header_of(message, name); !source.empty())
      text += ", caused by " + std::string(source) + ",";
  return text + " for topic '" + rd_kafka_topic_name(message.rkt) + "'";
}

}  // namespace

Result<std::unique_ptr<Producer>> Producer::make(const KafkaOptions& options, KafkaLog log,
                                                 const Clock& clock, Settings settings) {
  std::unique_ptr<Producer> self(new Producer(clock, settings));
  Hooks hooks;
  hooks.deliveries = self.get();
  hooks.stop = settings.stop;
  hooks.explain = [producer = self.get()](int code) {
    return producer->transactions_ ? producer->transactions_->explain(code) : std::string();
  };
  auto client =
      Client::make(Client::Kind::producer, producer_properties(options, settings.transactional),
                   std::move(log), clock, std::move(hooks));
  if (client.has_error()) return client.error();
  self->client_ = std::move(*client);
  if (settings.transactional)
    self->transactions_ = std::make_unique<Transactions>(*self->client_, clock, options);
  return self;
}

Status Producer::require_topics(std::span<const std::string> names, milliseconds timeout) {
  // All topics are asked for, as a producer that asks for one may make the broker create it.
  const std::int64_t end_ns = clock_.steady_ns() + 1'000'000'000;
  for (;;) {
    auto found = client_->topics(timeout);
    if (found.has_error()) return found.error();
    const std::string* missing = nullptr;
    for (const std::string& name : names)
      if (missing == nullptr && found->find(name) == found->end()) missing = &name;
    if (missing == nullptr) return {};
    // A topic that was just created is not known to every broker at once.
    if (clock_.steady_ns() >= end_ns) return unknown_topic_error(*missing);
    rd_kafka_poll(client_->get(), slice_ms);
  }
}

Result<rd_kafka_topic_t*> Producer::topic_handle(const std::string& name) {
  auto at = topics_.find(name);
  if (at == topics_.end()) {
    TopicHandle handle(rd_kafka_topic_new(client_->get(), name.c_str(), nullptr));
    if (!handle) return kafka_error("opening topic '" + name + "'", rd_kafka_last_error());
    at = topics_.emplace(name, std::move(handle)).first;
  }
  return at->second.get();
}

rd_kafka_resp_err_t Producer::produce(rd_kafka_topic_t* topic, const Outgoing& record, Tag tag) {
  Headers headers(record.headers.empty() ? nullptr : rd_kafka_headers_new(record.headers.size()));
  for (const Header& h : record.headers)
    rd_kafka_header_add(headers.get(), h.name, -1, h.value.data(),
                        static_cast<ssize_t>(h.value.size()));
  std::array<rd_kafka_vu_t, 7> parts{};
  std::size_t count = 0;
  const auto next = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    parts[count].vtype = type;
    return parts[count++];
  };
  // librdkafka takes data without const and copies it; "" is not null, so it is no tombstone.
  const auto bytes = [](std::optional<std::string_view> s) {
    return s ? const_cast<char*>(s->data() != nullptr ? s->data() : "") : nullptr;
  };
  next(RD_KAFKA_VTYPE_RKT).u.rkt = topic;
  next(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
  next(RD_KAFKA_VTYPE_VALUE).u.mem = {bytes(record.value), record.value ? record.value->size() : 0};
  next(RD_KAFKA_VTYPE_OPAQUE).u.ptr = reinterpret_cast<void*>(tag);
  if (record.key) next(RD_KAFKA_VTYPE_KEY).u.mem = {bytes(record.key), record.key->size()};
  if (record.time_ms >= 0) next(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = record.time_ms;
  if (headers) next(RD_KAFKA_VTYPE_HEADERS).u.headers = headers.get();
  const CError failed(rd_kafka_produceva(client_->get(), parts.data(), count));
  if (failed) return rd_kafka_error_code(failed.get());
  (void)headers.release();  // the record owns them now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

Status Producer::send(const std::string& name, const Outgoing& record, Tag tag) {
  Result<rd_kafka_topic_t*> topic = topic_handle(name);
  if (topic.has_error()) return topic.error();
  for (;;) {
    const auto code = produce(*topic, record, tag);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      // Back-pressure. Returns as soon as a record is delivered, which makes room.
      rd_kafka_poll(client_->get(), slice_ms);
      if (Status s = outcome(); s.has_error()) return s;
      continue;
    }
    if (Status s = outcome(); s.has_error()) return s;
    if (code == RD_KAFKA_RESP_ERR__STATE && settings_.transactional) return {};
    if (classify(code) == Trouble::too_large && tag != 0) {
      too_large_.push_back(tag);
      return {};
    }
    const std::size_t size = record.value ? record.value->size() : 0;
    return kafka_error("writing a record of " + std::to_string(size) + " bytes" +
                           (record.key ? " with key '" + std::string(*record.key) + "'" : "") +
                           " to topic '" + name + "'",
                       code);
  }
}

Status Producer::look() {
  rd_kafka_poll(client_->get(), 0);
  return outcome();
}

Status Producer::flush() {
  for (;;) {
    const auto code = rd_kafka_flush(client_->get(), slice_ms);
    if (Status s = outcome(); s.has_error()) return s;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && rd_kafka_outq_len(client_->get()) == 0) return {};
    if (client_->monitor().in_outage() && clock_.steady_ns() - probed_ns_ >= probe_interval_ns) {
      client_->probe(milliseconds{slice_ms});
      probed_ns_ = clock_.steady_ns();
    }
  }
}

Status Producer::outcome() {
  if (!failure_.empty()) return error(failure_);
  return client_->may_wait();
}

std::vector<Producer::Tag> Producer::take_too_large() {
  std::sort(too_large_.begin(), too_large_.end());
  return std::exchange(too_large_, {});
}

void Producer::delivered(const rd_kafka_message_t& message) noexcept try {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return client_->monitor().contact();
  const Trouble trouble = classify(message.err);
  const Tag tag = reinterpret_cast<Tag>(message._private);
  if (trouble == Trouble::too_large && tag != 0) return too_large_.push_back(tag);
  // The transaction is aborted, and its owner sends the record again, unless that would be in vain.
  if (settings_.transactional && trouble != Trouble::unknown_topic &&
      trouble != Trouble::authorization)
    return;
  if (!failure_.empty()) return;
  const std::string topic = rd_kafka_topic_name(message.rkt);
  failure_ = trouble == Trouble::unknown_topic
                 ? unknown_topic_error(topic).message
                 : kafka_error("writing " + describe(message), message.err).message;
} catch (...) {
  // Out of memory while reporting: the record is lost all the same, and that must not pass unseen.
  if (failure_.empty()) failure_ = "a record is lost";
}

}  // namespace freshet::kafka
