#include "connectors/kafka/properties.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "connectors/kafka/handle.h"

namespace freshet {
namespace kafka {
namespace {

struct Reserved {
  const char* name;
  const char* because;
};

// Each of these carries a guarantee; a user who changes one would lose it unawares.
constexpr std::array<Reserved, 17> reserved = {{
    {"bootstrap.servers", "set kafka.brokers instead"},
    {"metadata.broker.list", "set kafka.brokers instead"},
    {"group.id", "set kafka.group instead"},
    {"group.instance.id", "set kafka.instance instead"},
    {"enable.auto.commit", "offsets are committed only after their effect"},
    {"auto.commit.enable", "offsets are committed only after their effect"},
    {"enable.auto.offset.store", "offsets are committed only after their effect"},
    {"auto.offset.reset", "a gap in the log stops the program instead of being skipped"},
    {"isolation.level", "records of aborted transactions must not be read"},
    {"enable.partition.eof", "the end of a partition is no end of the source"},
    {"enable.idempotence", "lists must arrive once and in order"},
    {"acks", "lists must survive the loss of a broker"},
    {"request.required.acks", "lists must survive the loss of a broker"},
    {"transactional.id", "set delivery.guarantee, kafka.group and kafka.instance instead"},
    {"delivery.report.only.error", "every delivery is waited for"},
    {"allow.auto.create.topics", "`freshet topics create` creates topics with the right settings"},
    {"log.queue", "log lines go to Freshet's own log"},
}};

Properties common(const KafkaOptions& options) {
  return {
      {"client.id", "freshet"},
      // The default waits up to ten seconds after a broker is back.
      {"reconnect.backoff.max.ms", "1000"},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      // A broker that closes an idle connection is no news.
      {"log.connection.close", "false"},
      {"bootstrap.servers", options.brokers},
  };
}

// A property that is no number is librdkafka's to refuse.
int number_of(const std::string& text) {
  int number = 60'000;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Properties layered(Properties defaults, const KafkaOptions& options, const Properties& fixed) {
  for (const auto& [name, value] : options.properties)
    if (reserved_because(name) == nullptr) defaults[name] = value;
  for (const auto& [name, value] : fixed) defaults[name] = value;
  return defaults;
}

}  // namespace

Properties consumer_properties(const KafkaOptions& options, bool accept_gap) {
  Properties defaults = common(options);
  // Bounds the records fetched ahead: bytes, and what librdkafka spends on each record besides.
  defaults["queued.max.messages.kbytes"] = "16384";
  defaults["queued.min.messages"] = "50000";
  // One process holds all partitions, so there is nothing for cooperation to win.
  defaults["partition.assignment.strategy"] = "range";
  // How long a broker may be away before the membership is lost, and how long a process that was
  // stopped for good keeps another instance out; the same instance takes over at once.
  defaults["session.timeout.ms"] = "300000";
  return layered(std::move(defaults), options,
                 {{"group.id", options.group},
                  {"group.instance.id", options.instance},
                  {"enable.auto.commit", "false"},
                  {"enable.auto.offset.store", "false"},
                  {"isolation.level", "read_committed"},
                  // Partitions without a position are assigned at their beginning explicitly, so a
                  // reset only ever means that records were lost.
                  {"auto.offset.reset", accept_gap ? "earliest" : "error"},
                  {"enable.partition.eof", "false"},
                  {"allow.auto.create.topics", "false"}});
}

Properties producer_properties(const KafkaOptions& options, bool transactional) {
  Properties defaults = common(options);
  // Batches form by themselves while requests are under way: 1 or 5 ms more were no faster, only
  // later.
  defaults["linger.ms"] = "0";
  defaults["compression.type"] = "lz4";
  defaults["partitioner"] = "murmur2_random";
  // A broker that is away for long slows us down; it must not lose a record.
  defaults["message.timeout.ms"] = "0";
  defaults["queue.buffering.max.kbytes"] = "65536";
  // A rejected record is copied whole with its reason, whatever its size; the topic's own limit
  // decides.
  defaults["message.max.bytes"] = "16777216";
  // The largest batch. A topic's limit holds for batches too, and one that is refused takes small
  // records with it.
  defaults["batch.size"] = "131072";
  Properties fixed = {{"enable.idempotence", "true"}, {"acks", "all"}};
  if (transactional) {
    // Longer than any pause: a broker that was away ends the transactions that are older.
    defaults["transaction.timeout.ms"] = "300000";
    // Left alone, librdkafka would wait for one answer as long as a transaction may last.
    const auto given = options.properties.find("transaction.timeout.ms");
    defaults["socket.timeout.ms"] =
        given == options.properties.end()
            ? "60000"
            : std::to_string(std::min(60'000, number_of(given->second)));
    fixed["transactional.id"] = transactional_id(options);
  }
  return layered(std::move(defaults), options, fixed);
}

std::string transactional_id(const KafkaOptions& options) {
  return options.group + "/" + options.instance;
}

Properties admin_properties(const KafkaOptions& options) {
  return layered(common(options), options, {});
}

const char* reserved_because(const std::string& name) {
  for (const Reserved& r : reserved)
    if (name == r.name) return r.because;
  return nullptr;
}

}  // namespace kafka

std::string property_problem(const std::string& name, const std::string& value) {
  if (const char* because = kafka::reserved_because(name))
    return std::string("cannot be set here: ") + because;
  const kafka::Conf conf(rd_kafka_conf_new());
  char text[512];
  switch (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text, sizeof text)) {
    case RD_KAFKA_CONF_OK:
      return "";
    case RD_KAFKA_CONF_UNKNOWN:
      return "is no property of librdkafka " + std::string(rd_kafka_version_str());
    default:
      // librdkafka's sentence quotes the value.
      if (is_secret_property(name)) return "has a value that librdkafka refuses";
      std::string reason = text;
      while (!reason.empty() && reason.back() == '\n') reason.pop_back();
      return "is refused by librdkafka: " + reason;
  }
}

}  // namespace freshet
