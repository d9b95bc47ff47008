#include "connectors/kafka/group.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "connectors/kafka/errors.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int request_ms = 2'000;
constexpr milliseconds pause_ms{100};

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

struct Answer {
  int code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  std::vector<GroupMember> members;
};

Answer ask(rd_kafka_t* client, const std::string& group) {
  const AdminOptions options(
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS));
  char text[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), request_ms, text, sizeof text);
  const Queue answers(rd_kafka_queue_new(client));
  const char* groups[] = {group.c_str()};
  rd_kafka_DescribeConsumerGroups(client, groups, 1, options.get(), answers.get());
  const Event event(rd_kafka_queue_poll(answers.get(), 2 * request_ms));
  Answer answer;
  if (!event) return answer;
  answer.code = rd_kafka_event_error(event.get());
  if (answer.code != RD_KAFKA_RESP_ERR_NO_ERROR) return answer;
  std::size_t count = 0;
  const auto** found = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  for (std::size_t g = 0; g < count; ++g) {
    if (const auto* failed = rd_kafka_ConsumerGroupDescription_error(found[g]))
      answer.code = rd_kafka_error_code(failed);
    for (std::size_t m = 0; m < rd_kafka_ConsumerGroupDescription_member_count(found[g]); ++m) {
      const auto* member = rd_kafka_ConsumerGroupDescription_member(found[g], m);
      std::string host = text_of(rd_kafka_MemberDescription_host(member));
      if (!host.empty() && host.front() == '/') host.erase(0, 1);
      answer.members.push_back({text_of(rd_kafka_MemberDescription_group_instance_id(member)),
                                text_of(rd_kafka_MemberDescription_client_id(member)), host});
    }
  }
  return answer;
}

}  // namespace

Result<std::vector<GroupMember>> group_members(Client& client, const Clock& clock,
                                               const std::string& group, milliseconds timeout) {
  const std::int64_t end_ns = clock.steady_ns() + timeout.count() * 1'000'000;
  for (;;) {
    Answer answer = ask(client.get(), group);
    // A broker of Kafka 4 has no description of a group that never was.
    if (answer.code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) return std::vector<GroupMember>();
    if (answer.code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::move(answer.members);
    if (Status over = client.may_wait(); over.has_error()) return over.error();
    if (!passes(classify(answer.code)) || clock.steady_ns() >= end_ns)
      return kafka_error("asking for the members of group '" + group + "'", answer.code);
    std::this_thread::sleep_for(pause_ms);
  }
}

std::vector<GroupMember> others(std::vector<GroupMember> members, const std::string& instance) {
  std::erase_if(members, [&](const GroupMember& m) { return m.instance == instance; });
  return members;
}

bool may_stay(const std::string& instance, const std::vector<GroupMember>& others) {
  return std::all_of(others.begin(), others.end(), [&](const GroupMember& m) {
    return !m.instance.empty() && instance < m.instance;
  });
}

std::string words(const GroupMember& member) {
  return "client '" + member.client_id + "'" +
         (member.instance.empty() ? "" : " (instance '" + member.instance + "')") + " on " +
         member.host;
}

Error not_alone(const std::string& group, const GroupMember& other, milliseconds session_timeout) {
  return error("kafka: group '" + group + "' has another member, " + words(other) +
               ": the state of all users is in one process, so one alone may read. Stop the other, "
               "or give this one a kafka.group of its own; one that has just been stopped or "
               "killed is out of the group after " +
               std::to_string(session_timeout.count()) + " ms (session.timeout.ms)");
}

}  // namespace freshet::kafka
