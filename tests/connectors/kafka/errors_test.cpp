#include "connectors/kafka/errors.h"

#include <catch2/catch.hpp>
#include <utility>

#include "connectors/kafka/group.h"
#include "connectors/kafka/handle.h"

namespace freshet::kafka {

TEST_CASE("Errors are sorted by what they ask of us") {
  const std::pair<int, Trouble> table[] = {
      {RD_KAFKA_RESP_ERR_NO_ERROR, Trouble::none},
      {RD_KAFKA_RESP_ERR__TRANSPORT, Trouble::transport},
      {RD_KAFKA_RESP_ERR__RESOLVE, Trouble::transport},
      {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, Trouble::outage},
      {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Trouble::retried},
      {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, Trouble::retried},
      {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, Trouble::retried},
      {RD_KAFKA_RESP_ERR__AUTHENTICATION, Trouble::authentication},
      {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, Trouble::authentication},
      {RD_KAFKA_RESP_ERR__SSL, Trouble::tls},
      {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Trouble::authorization},
      {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Trouble::unknown_topic},
      {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, Trouble::unknown_topic},
      {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, Trouble::gap},
      {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, Trouble::gap},
      {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Trouble::too_large},
      {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, Trouble::membership},
      {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, Trouble::membership},
      {RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, Trouble::membership},
      {RD_KAFKA_RESP_ERR__FATAL, Trouble::fatal},
      {RD_KAFKA_RESP_ERR__FENCED, Trouble::fatal},
      {RD_KAFKA_RESP_ERR__BAD_MSG, Trouble::other},
  };
  for (const auto& [code, trouble] : table) {
    CAPTURE(code_text(code));
    CHECK(classify(code) == trouble);
  }
}

TEST_CASE("Only what passes by itself is waited for") {
  for (const Trouble t : {Trouble::transport, Trouble::outage, Trouble::retried}) CHECK(passes(t));
  for (const Trouble t : {Trouble::none, Trouble::authentication, Trouble::tls,
                          Trouble::authorization, Trouble::unknown_topic, Trouble::gap,
                          Trouble::too_large, Trouble::membership, Trouble::fatal, Trouble::other})
    CHECK_FALSE(passes(t));
}

TEST_CASE("An error says what was done, what came of it and what to do") {
  CHECK(kafka_error("reading topic 'events'", RD_KAFKA_RESP_ERR__AUTHENTICATION, "no such user")
            .message ==
        "kafka: reading topic 'events': the broker refused the login (no such user): check the "
        "sasl.* "
        "entries in kafka.properties");
  CHECK(kafka_error("reading topic 'events'", RD_KAFKA_RESP_ERR__BAD_MSG).message ==
        "kafka: reading topic 'events': Local: Bad message format (_BAD_MSG)");
  CHECK(unknown_topic_error("t").message ==
        "kafka: there is no topic 't': create it with `freshet topics create`");
}

TEST_CASE("Of members that started at once the one with the smallest name stays") {
  const GroupMember a{"a", "freshet", "h1"}, c{"c", "freshet", "h2"}, nameless{"", "kcat", "h3"};
  CHECK(may_stay("b", {c}));
  CHECK_FALSE(may_stay("b", {a, c}));
  CHECK_FALSE(may_stay("b", {nameless}));
  CHECK(others({a, c, nameless}, "c").size() == 2);
  CHECK(words(c) == "client 'freshet' (instance 'c') on h2");
  CHECK(words(nameless) == "client 'kcat' on h3");
}

}  // namespace freshet::kafka
