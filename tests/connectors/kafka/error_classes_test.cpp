#include "connectors/kafka/handle.h"
// It wants to come after the header that the line above brings.
#include <librdkafka/rdkafka_mock.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/sink.h"
#include "connectors/kafka/starts.h"
#include "tests/connectors/kafka/cluster.h"

// Which errors are tried again, which abort, which end: errors of single requests, which no real
// broker gives at will, from librdkafka's mock cluster. It shows aborted records to everybody, so
// it says nothing of what readers see; transactions_test.cpp does.

namespace freshet {
namespace {

using test::Log;

// Kafka's numbers for its requests.
constexpr int produce_api = 0, list_offsets_api = 2, init_api = 22, partitions_api = 24,
              offsets_api = 25, end_api = 26, offset_commit_api = 28;

class Mock {
 public:
  explicit Mock(const TopicOptions& topics) {
    char text[256];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", text, sizeof text);
    owner_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text));
    cluster_.reset(rd_kafka_mock_cluster_new(owner_.get(), 1));
    for (const auto& name :
         {topics.events, topics.recommendations, topics.similar_items, topics.rejected})
      rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), 1, 1);
  }
  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }
  void answer(int api, int code, std::size_t count = 1) {
    const std::vector<rd_kafka_resp_err_t> codes(count, static_cast<rd_kafka_resp_err_t>(code));
    rd_kafka_mock_push_request_errors_array(cluster_.get(), static_cast<std::int16_t>(api), count,
                                            codes.data());
  }

 private:
  kafka::ClientHandle owner_;
  kafka::Handle<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster_;
};

struct Fixture {
  Fixture() {
    options.brokers = mock.brokers();
    KafkaSink::Settings settings;
    settings.exactly_once = true;
    settings.open_timeout = std::chrono::seconds{20};
    sink = std::make_unique<KafkaSink>(options, topics, log.sink(), system_clock(), settings);
  }
  std::string open() {
    const auto opened = sink->open("");
    return opened.has_error() ? opened.error().message : "";
  }
  // One transaction with one list; the Error, "" when it was committed.
  std::string send() {
    Output out;
    out.key = "u";
    out.value = "{}";
    if (const Status s = sink->write({&out, 1}); s.has_error()) return s.error().message;
    const auto flushed = sink->flush({{0, ++done}});
    return flushed.has_error() ? flushed.error().message : "";
  }
  // What a reader of its own is told of a topic's only partition, waiting a minute at most.
  Result<kafka::LogRange> range_of(const std::string& topic) {
    const auto client =
        kafka::Client::make(kafka::Client::Kind::consumer, {{"bootstrap.servers", options.brokers}},
                            log.sink(), system_clock());
    REQUIRE(client.has_value());
    return kafka::log_of(**client, {topic, ""}, 0, std::chrono::seconds{60});
  }

  TopicOptions topics;
  Mock mock{topics};
  KafkaOptions options;
  Log log;
  std::unique_ptr<KafkaSink> sink;
  Offset done = 0;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Injected {
  int api;
  int code;
  std::size_t count;
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "A cluster that is busy with itself is asked again, and nothing is aborted") {
  const Injected injected =
      GENERATE(Injected{init_api, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 3},
               Injected{init_api, RD_KAFKA_RESP_ERR__TRANSPORT, 2},
               Injected{partitions_api, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, 3},
               Injected{partitions_api, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 2},
               Injected{produce_api, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 2},
               Injected{produce_api, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 2},
               Injected{produce_api, RD_KAFKA_RESP_ERR__TRANSPORT, 1},
               Injected{offsets_api, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 3},
               Injected{offsets_api, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 2},
               Injected{offset_commit_api, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2},
               Injected{offset_commit_api, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 2},
               Injected{end_api, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 3},
               Injected{end_api, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 2},
               Injected{end_api, RD_KAFKA_RESP_ERR__TRANSPORT, 1});
  CAPTURE(injected.api, injected.code);
  mock.answer(injected.api, injected.code, injected.count);
  REQUIRE(open() == "");
  CHECK(send() == "");
  CHECK(send() == "");
  CHECK(log.count(4, "was aborted") == 0);
  CHECK(log.lines(3).empty());
}

TEST_CASE_METHOD(Fixture, "A cluster that is busy with itself is asked for its offsets again") {
  const Injected injected =
      GENERATE(Injected{list_offsets_api, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 3},
               Injected{list_offsets_api, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, 3},
               Injected{list_offsets_api, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, 2});
  CAPTURE(injected.api, injected.code);
  REQUIRE(open() == "");
  REQUIRE(send() == "");
  mock.answer(injected.api, injected.code, injected.count);
  const auto range = range_of(topics.recommendations);
  REQUIRE((range.has_error() ? range.error().message : "") == "");
  CHECK(range->begin == 0);
  CHECK(range->end > 0);
}

TEST_CASE_METHOD(Fixture, "An answer that waiting cannot cure is an Error at once") {
  mock.answer(list_offsets_api, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 100);
  const auto start = std::chrono::steady_clock::now();
  const auto range = range_of(topics.events);
  REQUIRE(range.has_error());
  CHECK(contains(range.error().message, "the broker forbids it"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{30});
}

TEST_CASE_METHOD(Fixture, "A transaction that must be aborted is sent again") {
  const Injected injected =
      GENERATE(Injected{offset_commit_api, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1},
               Injected{offset_commit_api, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 2},
               Injected{offset_commit_api, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, 1},
               Injected{offsets_api, RD_KAFKA_RESP_ERR_INVALID_REQUEST, 1},
               Injected{produce_api, RD_KAFKA_RESP_ERR_INVALID_RECORD, 1},
               Injected{end_api, RD_KAFKA_RESP_ERR_INVALID_REQUEST, 1});
  CAPTURE(injected.api, injected.code);
  REQUIRE(open() == "");
  REQUIRE(send() == "");
  mock.answer(injected.api, injected.code, injected.count);
  CHECK(send() == "");
  CHECK(log.count(4, "a transaction of 1 records was aborted") >= static_cast<int>(injected.count));
  CHECK(log.lines(3).empty());
  CHECK(send() == "");
}

TEST_CASE_METHOD(Fixture, "A transaction that is aborted again and again is an Error in the end") {
  REQUIRE(open() == "");
  mock.answer(offset_commit_api, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 100);
  CHECK(contains(send(),
                 "was aborted (Broker: Specified group generation id is not valid "
                 "(ILLEGAL_GENERATION)) 6 times in a row; nothing of it is visible"));
}

TEST_CASE_METHOD(Fixture, "A producer that was replaced ends, whichever request tells it") {
  const Injected injected =
      GENERATE(Injected{partitions_api, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1},
               Injected{partitions_api, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1},
               Injected{produce_api, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1},
               Injected{offsets_api, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1},
               Injected{offset_commit_api, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1},
               Injected{end_api, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1});
  CAPTURE(injected.api, injected.code);
  REQUIRE(open() == "");
  mock.answer(injected.api, injected.code, injected.count);
  const std::string message = send();
  CHECK(contains(message, "another process with the same identity"));
  CHECK(send() == message);
  CHECK(log.lines(3) == std::vector<std::string>{message});
}

TEST_CASE_METHOD(Fixture, "A transaction that was not allowed to begin names what is missing") {
  SECTION("the right") {
    mock.answer(init_api, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    CHECK(contains(open(), "forbids transactions of 'freshet/0'"));
  }
  SECTION("the time") {
    mock.answer(init_api, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT);
    CHECK(contains(open(), "transaction.timeout.ms (300000 ms)"));
  }
}

}  // namespace freshet
