#pragma once

#include <map>
#include <string>

#include "connectors/kafka/options.h"

namespace freshet::kafka {

/// librdkafka properties of one client. Strength, the weakest first: our defaults, the user's
/// `kafka.properties`, what a guarantee of Freshet's rests on.
using Properties = std::map<std::string, std::string>;

Properties consumer_properties(const KafkaOptions& options, bool accept_gap);
/// With `transactional` every record is part of a transaction.
Properties producer_properties(const KafkaOptions& options, bool transactional = false);
Properties admin_properties(const KafkaOptions& options);

/// The id under which transactions survive a process: "group/instance".
std::string transactional_id(const KafkaOptions& options);

/// Why a user may not set this property; nullptr when he may.
const char* reserved_because(const std::string& name);

}  // namespace freshet::kafka
