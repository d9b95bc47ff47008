#include "connectors/kafka/client.h"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "connectors/kafka/errors.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds last_try_wait{2'000};
constexpr std::chrono::seconds drop_wait{3};
// How long one request may hold us before we look whether the client has failed.
constexpr int slice_ms = 500;
constexpr milliseconds again_wait{50};
// A topic that was just created is not known to every broker at once.
constexpr std::int64_t propagation_ns = 1'000'000'000;

std::vector<std::string> secret_values(const Properties& properties) {
  std::vector<std::string> values;
  for (const auto& [name, value] : properties)
    if (is_secret_property(name)) values.push_back(value);
  return values;
}

std::string value_of(const Properties& properties, const std::string& name) {
  const auto at = properties.find(name);
  return at == properties.end() ? "" : at->second;
}

}  // namespace

void DropClient::operator()(Client* client) const noexcept {
  // The thread below may delete the client at any moment, so nothing of it is touched after that.
  const std::shared_ptr<Monitor> monitor = client->monitor_;
  std::promise<void> dropped;
  std::future<void> done = dropped.get_future();
  std::thread dropping([client, dropped = std::move(dropped)]() mutable {
    delete client;
    dropped.set_value();
  });
  if (done.wait_for(drop_wait) == std::future_status::ready) return dropping.join();
  monitor->mute();
  dropping.detach();
}

Client::Client(KafkaLog log, const Clock& clock, const Properties& properties, Hooks hooks)
    : monitor_(std::make_shared<Monitor>(std::move(log), clock,
                                         value_of(properties, "bootstrap.servers"),
                                         secret_values(properties))),
      clock_(clock),
      brokers_(value_of(properties, "bootstrap.servers")),
      hooks_(std::move(hooks)) {}

Result<ClientPtr> Client::make(Kind kind, const Properties& properties, KafkaLog log,
                               const Clock& clock, Hooks hooks) {
  ClientPtr self(new Client(std::move(log), clock, properties, std::move(hooks)));
  Conf conf(rd_kafka_conf_new());
  char text[512];
  for (const auto& [name, value] : properties) {
    const auto res = rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text, sizeof text);
    if (res == RD_KAFKA_CONF_OK) continue;
    return error("kafka.properties." + name + ": " +
                 (is_secret_property(name) ? "librdkafka refuses the value" : text));
  }
  rd_kafka_conf_set_opaque(conf.get(), self.get());
  rd_kafka_conf_set_log_cb(conf.get(), &Client::on_log);
  rd_kafka_conf_set_error_cb(conf.get(), &Client::on_error);
  if (self->hooks_.deliveries != nullptr)
    rd_kafka_conf_set_dr_msg_cb(conf.get(), &Client::on_delivery);
  if (self->hooks_.rebalances != nullptr)
    rd_kafka_conf_set_rebalance_cb(conf.get(), &Client::on_rebalance);
  const auto type = kind == Kind::consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  self->handle_.reset(rd_kafka_new(type, conf.get(), text, sizeof text));
  if (!self->handle_) return error("kafka: the client cannot be set up: " + std::string(text));
  (void)conf.release();  // the client owns it now
  return self;
}

// librdkafka calls these from its own threads or from within our calls; no exception may cross it.

void Client::on_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  if (client == nullptr) return;
  static_cast<Client*>(rd_kafka_opaque(client))->monitor_->line(level, facility, text);
}

void Client::on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  Client& self = *static_cast<Client*>(opaque);
  // `failure` asks librdkafka for a fatal error; here it would come without its cause.
  if (code != RD_KAFKA_RESP_ERR__FATAL) self.monitor_->trouble(code, reason);
}

void Client::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  static_cast<Client*>(self)->hooks_.deliveries->delivered(*message);
}

void Client::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code,
                          rd_kafka_topic_partition_list_t* partitions, void* self) {
  static_cast<Client*>(self)->hooks_.rebalances->rebalanced(code, *partitions);
}

Status Client::failure() {
  if (Status failed = monitor_->failure(); failed.has_error()) return failed;
  char text[512];
  const auto code = rd_kafka_fatal_error(get(), text, sizeof text);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) return {};
  const std::string sentence = hooks_.explain ? hooks_.explain(code) : "";
  monitor_->end(sentence.empty() ? kafka_error("talking to " + brokers_, code, text).message
                                 : sentence);
  return monitor_->failure();
}

bool Client::fenced() const {
  return rd_kafka_fatal_error(get(), nullptr, 0) == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

Status Client::may_wait() {
  if (Status failed = failure(); failed.has_error()) return failed;
  if (hooks_.stop == nullptr || !hooks_.stop->load() || !monitor_->out_of_reach()) return {};
  // It may have come back meanwhile, and nobody asked.
  probe(last_try_wait);
  if (!monitor_->out_of_reach()) return {};
  return error("kafka: stopped while waiting for a broker of " + brokers_);
}

std::string Client::cluster_id(milliseconds timeout) {
  char* id = rd_kafka_clusterid(get(), static_cast<int>(timeout.count()));
  if (id == nullptr) return "";
  std::string text = id;
  rd_kafka_mem_free(get(), id);
  return text;
}

Error Client::unreachable(milliseconds timeout) const {
  const std::string reason = monitor_->last_reason();
  return error("kafka: no broker of " + brokers_ + " answered within " +
               std::to_string(timeout.count()) + " ms" +
               (reason.empty() ? "" : " (" + reason + ")"));
}

Result<int> Client::ask(milliseconds timeout, const std::function<int(int wait_ms)>& request) {
  const std::int64_t start_ns = clock_.steady_ns();
  for (;;) {
    const std::int64_t left_ms = timeout.count() - (clock_.steady_ns() - start_ns) / 1'000'000;
    const int code = request(static_cast<int>(std::clamp<std::int64_t>(left_ms, 1, slice_ms)));
    serve(milliseconds{0});
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      monitor_->contact();
      return code;
    }
    if (Status over = may_wait(); over.has_error()) return over.error();
    const std::int64_t waited_ns = clock_.steady_ns() - start_ns;
    const Trouble trouble = classify(code);
    const bool late = trouble == Trouble::unknown_topic && waited_ns < propagation_ns;
    if (!passes(trouble) && !late) return code;
    if (waited_ns >= timeout.count() * 1'000'000) return code;
    serve(again_wait);
  }
}

Result<MetadataHandle> Client::metadata(rd_kafka_topic_t* topic, milliseconds timeout) {
  MetadataHandle found;
  const Result<int> code = ask(timeout, [&](int wait_ms) {
    const rd_kafka_metadata_t* raw = nullptr;
    const int answer = rd_kafka_metadata(get(), topic == nullptr ? 1 : 0, topic, &raw, wait_ms);
    found.reset(raw);
    return answer;
  });
  if (code.has_error()) return code.error();
  if (*code == RD_KAFKA_RESP_ERR_NO_ERROR) return found;
  if (!passes(classify(*code))) return kafka_error("asking for the topics", *code);
  return unreachable(timeout);
}

Result<std::map<std::string, int>> Client::topics(milliseconds timeout) {
  Result<MetadataHandle> found = metadata(nullptr, timeout);
  if (found.has_error()) return found.error();
  std::map<std::string, int> topics;
  for (int i = 0; i < (*found)->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& topic = (*found)->topics[i];
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) topics[topic.topic] = topic.partition_cnt;
  }
  return topics;
}

Result<int> Client::find_partitions(const std::string& name, milliseconds timeout) {
  const TopicHandle topic(rd_kafka_topic_new(get(), name.c_str(), nullptr));
  if (!topic) return kafka_error("opening topic '" + name + "'", rd_kafka_last_error());
  const std::int64_t start_ns = clock_.steady_ns();
  for (;;) {
    Result<MetadataHandle> found = metadata(topic.get(), timeout);
    if (found.has_error()) return found.error();
    const int code = (*found)->topic_cnt == 1 ? (*found)->topics[0].err
                                              : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    const int count = (*found)->topic_cnt == 1 ? (*found)->topics[0].partition_cnt : 0;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && count > 0) return count;
    const std::int64_t waited_ns = clock_.steady_ns() - start_ns;
    const Trouble trouble = classify(code);
    if (trouble == Trouble::unknown_topic && waited_ns >= propagation_ns) return 0;
    if (trouble != Trouble::unknown_topic && !passes(trouble) && trouble != Trouble::none)
      return kafka_error("opening topic '" + name + "'", code);
    if (waited_ns >= timeout.count() * 1'000'000)
      return kafka_error("opening topic '" + name + "'", code);
    serve(again_wait);
  }
}

Result<int> Client::partitions(const std::string& name, milliseconds timeout) {
  Result<int> count = find_partitions(name, timeout);
  if (count.has_value() && *count == 0) return unknown_topic_error(name);
  return count;
}

bool Client::gone(const std::string& topic, milliseconds timeout) {
  const Result<int> count = find_partitions(topic, timeout);
  return count.has_value() && *count == 0;
}

void Client::hand_over_to_consumer_poll() {
  rd_kafka_poll_set_consumer(get());
  handed_over_ = true;
}

void Client::serve(milliseconds wait) {
  if (handed_over_)
    std::this_thread::sleep_for(wait);
  else
    rd_kafka_poll(get(), static_cast<int>(wait.count()));
}

void Client::probe(milliseconds timeout) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code = rd_kafka_metadata(get(), 0, nullptr, &raw, static_cast<int>(timeout.count()));
  const MetadataHandle found(raw);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) monitor_->contact();
}

}  // namespace freshet::kafka
