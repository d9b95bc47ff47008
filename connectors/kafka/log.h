#pragma once

#include <functional>
#include <string_view>

namespace freshet {

/// Takes the lines that Kafka clients have to say. `level` is syslog's, as in librdkafka: 3 error
/// (someone must act), 4 warning (an outage), 6 info, 7 debug. Called from librdkafka's threads
/// too, so it must be thread-safe; it must not call back into the connector. What it throws is
/// swallowed.
using KafkaLog = std::function<void(int level, std::string_view line)>;

}  // namespace freshet
