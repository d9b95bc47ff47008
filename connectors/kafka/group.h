#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"
#include "stream/clock.h"
#include "stream/result.h"

namespace freshet::kafka {

/// A member of a consumer group, as the group's coordinator knows it.
struct GroupMember {
  std::string instance;  ///< "": it has none
  std::string client_id;
  std::string host;
};

/// The members that the group has now; a process that was killed is one until its session ends.
/// Waits for the coordinator until `timeout` is over.
Result<std::vector<GroupMember>> group_members(Client& client, const Clock& clock,
                                               const std::string& group,
                                               std::chrono::milliseconds timeout);

/// Those whose instance is another than `instance`.
std::vector<GroupMember> others(std::vector<GroupMember> members, const std::string& instance);

/// Of processes that joined at once one may stay, and each knows which: the one with the smallest
/// instance name. A member without a name knows nothing of that, so nobody stays beside one.
bool may_stay(const std::string& instance, const std::vector<GroupMember>& others);

/// "client 'freshet' (instance '1') on 10.0.0.7".
std::string words(const GroupMember& member);

/// The sentence for whoever is not alone in the group.
Error not_alone(const std::string& group, const GroupMember& other,
                std::chrono::milliseconds session_timeout);

}  // namespace freshet::kafka
