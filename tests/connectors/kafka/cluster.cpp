#include "tests/connectors/kafka/cluster.h"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "connectors/kafka/handle.h"

namespace freshet::test {

using namespace kafka;

namespace {

void must(bool good, const std::string& what) {
  if (!good) throw std::runtime_error("test cluster: " + what);
}
void must(rd_kafka_resp_err_t code, const std::string& what) {
  must(code == RD_KAFKA_RESP_ERR_NO_ERROR, what + ": " + rd_kafka_err2str(code));
}
void must(rd_kafka_error_t* failed, const std::string& what) {
  const CError error(failed);
  must(!error, what + ": " + (error ? rd_kafka_error_string(error.get()) : ""));
}

ClientHandle client(rd_kafka_type_t type, const std::string& brokers,
                    std::map<std::string, std::string> properties = {},
                    int* undelivered = nullptr) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_opaque(conf, undelivered);
  if (undelivered != nullptr)
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* m, void* count) {
      if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++*static_cast<int*>(count);
    });
  properties["bootstrap.servers"] = brokers;
  properties["log_level"] = "0";
  char text[512];
  for (const auto& [name, value] : properties)
    must(
        rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof text) == RD_KAFKA_CONF_OK,
        text);
  ClientHandle made(rd_kafka_new(type, conf, text, sizeof text));
  must(made != nullptr, text);
  return made;
}

PartitionList partition_list(const std::string& topic, const Positions& positions) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const auto& [partition, offset] : positions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  return list;
}

template <class Send>
Event ask(rd_kafka_t* client, const std::string& what, Send send) {
  const Queue answers(rd_kafka_queue_new(client));
  send(answers.get());
  Event event(rd_kafka_queue_poll(answers.get(), 60'000));
  must(event != nullptr, what + ": no answer");
  must(rd_kafka_event_error(event.get()), what);
  return event;
}

Stored stored(const rd_kafka_message_t& message) {
  Stored s;
  s.record.partition = message.partition;
  s.record.offset = message.offset;
  rd_kafka_timestamp_type_t type;
  s.record.time_ms = rd_kafka_message_timestamp(&message, &type);
  if (message.key != nullptr)
    s.record.key.emplace(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr)
    s.record.value.emplace(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return s;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i)
    s.headers[name] = std::string(static_cast<const char*>(value), size);
  return s;
}

}  // namespace

std::string bootstrap() {
  const char* given = ::getenv("KAFKA_BOOTSTRAP");
  must(given != nullptr, "KAFKA_BOOTSTRAP is not set; run this by tests/broker/kafka run");
  return given;
}

std::string unique(const std::string& stem) {
  static int count = 0;
  return stem + "-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

KafkaOptions kafka_options() {
  KafkaOptions options;
  options.brokers = bootstrap();
  options.group = unique("group");
  return options;
}

void create_topic(const std::string& brokers, const std::string& topic, int partitions,
                  const TopicConfig& config) {
  const ClientHandle admin = client(RD_KAFKA_PRODUCER, brokers);
  char text[512];
  const NewTopic wanted(rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, text, sizeof text));
  for (const auto& [name, value] : config)
    rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
  rd_kafka_NewTopic_t* list[] = {wanted.get()};
  ask(admin.get(), "create " + topic,
      [&](auto* answers) { rd_kafka_CreateTopics(admin.get(), list, 1, nullptr, answers); });
}

void grow_topic(const std::string& brokers, const std::string& topic, int partitions) {
  const ClientHandle admin = client(RD_KAFKA_PRODUCER, brokers);
  char text[512];
  rd_kafka_NewPartitions_t* list[] = {
      rd_kafka_NewPartitions_new(topic.c_str(), partitions, text, sizeof text)};
  ask(admin.get(), "grow " + topic,
      [&](auto* answers) { rd_kafka_CreatePartitions(admin.get(), list, 1, nullptr, answers); });
  rd_kafka_NewPartitions_destroy(list[0]);
}

void delete_topic(const std::string& brokers, const std::string& topic) {
  const ClientHandle admin = client(RD_KAFKA_PRODUCER, brokers);
  rd_kafka_DeleteTopic_t* list[] = {rd_kafka_DeleteTopic_new(topic.c_str())};
  ask(admin.get(), "delete " + topic,
      [&](auto* answers) { rd_kafka_DeleteTopics(admin.get(), list, 1, nullptr, answers); });
  rd_kafka_DeleteTopic_destroy(list[0]);
}

std::string topic_config(const std::string& brokers, const std::string& topic,
                         const std::string& name) {
  const ClientHandle admin = client(RD_KAFKA_PRODUCER, brokers);
  const ConfigResource wanted(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_ConfigResource_t* list[] = {wanted.get()};
  const Event event = ask(admin.get(), "describe " + topic, [&](auto* answers) {
    rd_kafka_DescribeConfigs(admin.get(), list, 1, nullptr, answers);
  });
  std::size_t count = 0;
  const auto** found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  must(count == 1, "describe " + topic);
  const auto** entries = rd_kafka_ConfigResource_configs(found[0], &count);
  for (std::size_t i = 0; i < count; ++i)
    if (name == rd_kafka_ConfigEntry_name(entries[i]))
      return rd_kafka_ConfigEntry_value(entries[i]);
  return "";
}

void produce(const std::string& brokers, const std::string& topic,
             const std::vector<Record>& records, std::optional<bool> commit) {
  std::map<std::string, std::string> properties = {{"partitioner", "murmur2_random"},
                                                   {"enable.idempotence", "true"}};
  if (commit) properties["transactional.id"] = unique("transaction");
  int undelivered = 0;
  const ClientHandle producer = client(RD_KAFKA_PRODUCER, brokers, properties, &undelivered);
  if (commit) {
    must(rd_kafka_init_transactions(producer.get(), 60'000), "init transactions");
    must(rd_kafka_begin_transaction(producer.get()), "begin transaction");
  }
  for (const Record& r : records) {
    const void* value = r.value ? r.value->data() : nullptr;
    const void* key = r.key ? r.key->data() : nullptr;
    const std::size_t value_size = r.value ? r.value->size() : 0;
    const std::size_t key_size = r.key ? r.key->size() : 0;
    const std::int64_t time_ms = r.time_ms < 0 ? 0 : r.time_ms;
    must(rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                           RD_KAFKA_V_PARTITION(r.partition),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
                           RD_KAFKA_V_VALUE(const_cast<void*>(value), value_size),
                           RD_KAFKA_V_KEY(const_cast<void*>(key), key_size),
                           RD_KAFKA_V_TIMESTAMP(time_ms), RD_KAFKA_V_END),
         "produce");
  }
  must(rd_kafka_flush(producer.get(), 60'000), "flush");
  must(undelivered == 0, "records for " + topic + " were refused");
  if (commit && *commit)
    must(rd_kafka_commit_transaction(producer.get(), 60'000), "commit transaction");
  if (commit && !*commit)
    must(rd_kafka_abort_transaction(producer.get(), 60'000), "abort transaction");
}

std::vector<Stored> read_all(const std::string& brokers, const std::string& topic,
                             Isolation isolation) {
  const ClientHandle consumer =
      client(RD_KAFKA_CONSUMER, brokers,
             {{"group.id", "test"},
              {"enable.auto.commit", "false"},
              {"enable.partition.eof", "true"},
              {"isolation.level",
               isolation == Isolation::read_committed ? "read_committed" : "read_uncommitted"}});
  const TopicHandle handle(rd_kafka_topic_new(consumer.get(), topic.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  must(rd_kafka_metadata(consumer.get(), 0, handle.get(), &raw, 60'000), "metadata of " + topic);
  const MetadataHandle found(raw);
  Positions from;
  for (int p = 0; p < found->topics[0].partition_cnt; ++p) from[p] = RD_KAFKA_OFFSET_BEGINNING;
  must(rd_kafka_assign(consumer.get(), partition_list(topic, from).get()), "assign");
  std::map<Partition, std::vector<Stored>> parts;
  std::size_t ends = 0;
  while (ends < from.size()) {
    const Message message(rd_kafka_consumer_poll(consumer.get(), 60'000));
    must(message != nullptr, "nothing to read from " + topic);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
      ++ends;
    else {
      must(message->err, "read " + topic);
      parts[message->partition].push_back(stored(*message));
    }
  }
  std::vector<Stored> all;
  for (auto& [partition, records] : parts)
    for (Stored& s : records) all.push_back(std::move(s));
  return all;
}

Positions committed(const std::string& brokers, const std::string& group, const std::string& topic,
                    int partitions) {
  const ClientHandle consumer = client(RD_KAFKA_CONSUMER, brokers, {{"group.id", group}});
  Positions asked, found;
  for (int p = 0; p < partitions; ++p) asked[p] = RD_KAFKA_OFFSET_INVALID;
  const PartitionList list = partition_list(topic, asked);
  must(rd_kafka_committed(consumer.get(), list.get(), 60'000), "committed offsets");
  for (int i = 0; i < list->cnt; ++i)
    if (list->elems[i].offset >= 0) found[list->elems[i].partition] = list->elems[i].offset;
  return found;
}

void commit(const std::string& brokers, const std::string& group, const std::string& topic,
            const Positions& positions) {
  const ClientHandle consumer = client(RD_KAFKA_CONSUMER, brokers, {{"group.id", group}});
  must(rd_kafka_commit(consumer.get(), partition_list(topic, positions).get(), 0), "commit");
}

void delete_before(const std::string& brokers, const std::string& topic, Partition partition,
                   Offset begin) {
  const ClientHandle admin = client(RD_KAFKA_PRODUCER, brokers);
  const PartitionList list = partition_list(topic, {{partition, begin}});
  rd_kafka_DeleteRecords_t* wanted[] = {rd_kafka_DeleteRecords_new(list.get())};
  const Event event = ask(admin.get(), "delete records", [&](auto* answers) {
    rd_kafka_DeleteRecords(admin.get(), wanted, 1, nullptr, answers);
  });
  rd_kafka_DeleteRecords_destroy(wanted[0]);
  const auto* offsets =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
  for (int i = 0; i < offsets->cnt; ++i) must(offsets->elems[i].err, "delete records");
}

struct Member::Impl {
  ClientHandle consumer;
};

Member::Member(const std::string& brokers, const std::string& group, const std::string& topic,
               const std::map<std::string, std::string>& properties) {
  auto all = properties;
  all.insert({{"group.id", group}, {"enable.auto.commit", "false"}});
  impl_.reset(new Impl{client(RD_KAFKA_CONSUMER, brokers, all)});
  const PartitionList list = partition_list(topic, {{RD_KAFKA_PARTITION_UA, 0}});
  must(rd_kafka_subscribe(impl_->consumer.get(), list.get()), "subscribe");
  for (int i = 0; i < 600; ++i) {
    const Message ignored(rd_kafka_consumer_poll(impl_->consumer.get(), 100));
    rd_kafka_topic_partition_list_t* raw = nullptr;
    must(rd_kafka_assignment(impl_->consumer.get(), &raw), "assignment");
    if (PartitionList(raw)->cnt > 0) return;
  }
  must(false, "no assignment in group " + group);
}
Member::~Member() { rd_kafka_consumer_close(impl_->consumer.get()); }

void OwnBroker::command(const std::string& verb) const {
  const std::string line = "tests/broker/kafka " + verb + " '" + dir_ + "'";
  must(std::system(line.c_str()) == 0, line);  // a fixed command
}

OwnBroker::OwnBroker() {
  std::string pattern = (std::filesystem::temp_directory_path() / "freshet-test.XXXXXX").string();
  must(::mkdtemp(pattern.data()) != nullptr, "mkdtemp");
  dir_ = pattern;
  command("start");
  std::ifstream(dir_ + "/bootstrap") >> bootstrap_;
}
OwnBroker::~OwnBroker() {
  try {
    command("stop");
  } catch (const std::exception&) {
  }
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}
void OwnBroker::kill() { command("kill"); }
void OwnBroker::restart() { command("restart"); }

KafkaLog Log::sink() {
  return [shared = shared_](int level, std::string_view line) {
    const std::lock_guard lock(shared->mutex);
    shared->lines.emplace_back(level, line);
  };
}
std::vector<std::string> Log::lines(int level) const {
  const std::lock_guard lock(shared_->mutex);
  std::vector<std::string> found;
  for (const auto& [l, line] : shared_->lines)
    if (l == level) found.push_back(line);
  return found;
}
int Log::count(int level, std::string_view part) const {
  int n = 0;
  for (const std::string& line : lines(level)) n += line.find(part) != std::string::npos ? 1 : 0;
  return n;
}

Record record(Partition partition, std::string key, std::optional<std::string> value,
              std::int64_t time_ms) {
  Record r;
  r.partition = partition;
  r.time_ms = time_ms;
  r.key = std::move(key);
  r.value = std::move(value);
  return r;
}

}  // namespace freshet::test
