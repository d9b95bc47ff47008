#include "connectors/kafka/errors.h"

#include "connectors/kafka/handle.h"

namespace freshet::kafka {
namespace {

// Until then the client's half of the nonce was sent twice, which Kafka 4 takes from nobody
// (librdkafka's pull request 4895).
constexpr int scram_mended = 0x020601ff;

}  // namespace

Trouble classify(int code) {
  switch (static_cast<rd_kafka_resp_err_t>(code)) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return Trouble::none;
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      return Trouble::outage;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
      return Trouble::transport;
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
      return Trouble::retried;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
      return Trouble::authentication;
    case RD_KAFKA_RESP_ERR__SSL:
      return Trouble::tls;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return Trouble::authorization;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return Trouble::unknown_topic;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return Trouble::gap;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      return Trouble::too_large;
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
      return Trouble::membership;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return Trouble::fatal;
    default:
      return Trouble::other;
  }
}

bool passes(Trouble trouble) {
  return trouble == Trouble::transport || trouble == Trouble::outage || trouble == Trouble::retried;
}

std::string code_text(int code) {
  const auto err = static_cast<rd_kafka_resp_err_t>(code);
  return std::string(rd_kafka_err2str(err)) + " (" + rd_kafka_err2name(err) + ")";
}

Error kafka_error(std::string_view doing, int code, std::string_view detail) {
  std::string reason = detail.empty() ? code_text(code) : std::string(detail);
  std::string text = "kafka: " + std::string(doing) + ": ";
  switch (classify(code)) {
    case Trouble::authentication:
      if (reason.find("SCRAM") != std::string::npos && rd_kafka_version() < scram_mended)
        return error(
            text + "the broker refused the login (" + reason +
            "): check the sasl.* entries in kafka.properties; they may be right, as librdkafka " +
            rd_kafka_version_str() +
            " cannot log in by SCRAM to Kafka 4 at all: use sasl.mechanisms PLAIN over TLS, or "
            "librdkafka 2.6.1 or later");
      return error(text + "the broker refused the login (" + reason +
                   "): check the sasl.* entries in kafka.properties");
    case Trouble::tls:
      return error(text + "TLS failed (" + reason +
                   "): check the ssl.* entries and security.protocol in kafka.properties");
    case Trouble::authorization:
      return error(text + "the broker forbids it (" + reason +
                   "): give Freshet's user the right to it");
    default:
      return error(text + reason);
  }
}

Error taken_over(const KafkaOptions& options) {
  return error("kafka: another process with the same identity (kafka.group '" + options.group +
               "', kafka.instance '" + options.instance +
               "') has taken over; this one stops. If both are to run, give each a kafka.group of "
               "its own");
}

Error unknown_topic_error(const std::string& topic) {
  return error("kafka: there is no topic '" + topic + "': create it with `freshet topics create`");
}

}  // namespace freshet::kafka
