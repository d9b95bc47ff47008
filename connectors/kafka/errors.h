#pragma once

#include <string>
#include <string_view>

#include "connectors/kafka/options.h"
#include "stream/result.h"

namespace freshet::kafka {

/// What an error code of librdkafka asks of us.
enum class Trouble {
  none,
  transport,  ///< one connection failed; librdkafka connects again
  outage,     ///< no broker is left; librdkafka connects again
  retried,  ///< the cluster is busy with itself (an election, a coordinator that loads); it passes
  authentication,  ///< the broker does not accept who we are: nothing to wait for
  tls,  ///< a handshake failed: a wrong certificate, or a connection that broke in the middle
  authorization,  ///< the broker knows us and forbids what we asked
  unknown_topic,
  gap,         ///< the log does not hold the position
  too_large,   ///< a record is over a size limit
  membership,  ///< the group is rebalancing, or has lost or replaced this member
  fatal,       ///< this client cannot go on
  other,
};

/// `code` is an rd_kafka_resp_err_t.
Trouble classify(int code);

/// Whether waiting may cure it.
bool passes(Trouble trouble);

/// "Broker: Message size too large (MSG_SIZE_TOO_LARGE)".
std::string code_text(int code);

/// One sentence for the person who must act. `doing`: "reading topic 'events'".
Error kafka_error(std::string_view doing, int code, std::string_view detail = {});

/// The sentence for a process whose identity another one has now.
Error taken_over(const KafkaOptions& options);

/// The sentence for a topic that does not exist.
Error unknown_topic_error(const std::string& topic);

}  // namespace freshet::kafka
