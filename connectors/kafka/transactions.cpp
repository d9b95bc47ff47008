#include "connectors/kafka/transactions.h"

#include <cassert>
#include <limits>

#include "connectors/kafka/errors.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int info_level = 6, warning_level = 4;
// How long one call may hold us before we look whether the client has failed.
constexpr int slice_ms = 500;
// An offset commit that has had no answer for so long is given up, and its transaction aborted.
constexpr int offsets_wait_ms = 30'000;
constexpr milliseconds pause_ms{50};
constexpr std::int64_t probe_interval_ns = 1'000'000'000;
constexpr std::int64_t tell_after_ns = 5'000'000'000;
constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();

std::int64_t transaction_timeout_ms(rd_kafka_t* client) {
  char text[32] = "";
  std::size_t size = sizeof text;
  rd_kafka_conf_get(rd_kafka_conf(client), "transaction.timeout.ms", text, &size);
  return std::atoll(text);
}

}  // namespace

Transactions::Transactions(Client& client, const Clock& clock, const KafkaOptions& options)
    : client_(client),
      clock_(clock),
      id_(transactional_id(options)),
      options_(options),
      timeout_ms_(transaction_timeout_ms(client.get())) {}

// Calls `call` until it succeeds or its transaction must be aborted. librdkafka goes on with a call
// that took longer than its slice; calling again asks for the outcome.
template <class Call>
Result<Transactions::Step> Transactions::drive(const char* doing, std::int64_t end_ns, Call call) {
  waiting_since_ns_ = clock_.steady_ns();
  told_ = false;
  for (;;) {
    const CError failed(call());
    if (!failed) {
      client_.monitor().contact();
      if (told_)
        client_.monitor().say(info_level, std::string(doing) + " of '" + id_ + "' has succeeded");
      return Step::done;
    }
    const int code = rd_kafka_error_code(failed.get());
    if (rd_kafka_error_is_fatal(failed.get()) != 0) {
      if (Status over = client_.failure(); over.has_error()) return over.error();
      return kafka_error(doing, code, rd_kafka_error_string(failed.get()));
    }
    if (rd_kafka_error_txn_requires_abort(failed.get()) != 0) {
      aborted_by_ = code;
      return Step::must_abort;
    }
    if (rd_kafka_error_is_retriable(failed.get()) == 0)
      return kafka_error(doing, code, rd_kafka_error_string(failed.get()));
    if (clock_.steady_ns() >= end_ns)
      return kafka_error(doing, code, rd_kafka_error_string(failed.get()));
    if (Status s = pause(doing, code); s.has_error()) return s.error();
  }
}

Status Transactions::pause(const char* doing, int code) {
  // Returns early when a record is delivered or the client reports an error; never spins, as the
  // call before it takes its slice or this takes its time.
  rd_kafka_poll(client_.get(), static_cast<int>(pause_ms.count()));
  const std::int64_t now_ns = clock_.steady_ns();
  if (client_.monitor().in_outage() && now_ns - probed_ns_ >= probe_interval_ns) {
    client_.probe(milliseconds{slice_ms});
    probed_ns_ = clock_.steady_ns();
  }
  if (!told_ && !client_.monitor().in_outage() && now_ns - waiting_since_ns_ >= tell_after_ns) {
    told_ = true;
    client_.monitor().say(warning_level, std::string(doing) + " of '" + id_ + "' takes long (" +
                                             code_text(code) + "); trying again");
  }
  return client_.may_wait();
}

Status Transactions::init(milliseconds timeout) {
  const std::int64_t end_ns = clock_.steady_ns() + timeout.count() * 1'000'000;
  const auto step = drive("taking over the transactions", end_ns,
                          [&] { return rd_kafka_init_transactions(client_.get(), slice_ms); });
  if (step.has_error()) return step.error();
  return {};
}

Status Transactions::begin() {
  assert(!open_);
  const auto step = drive("beginning a transaction", for_ever,
                          [&] { return rd_kafka_begin_transaction(client_.get()); });
  if (step.has_error()) return step.error();
  began_ns_ = clock_.steady_ns();
  open_ = true;
  return {};
}

Result<Transactions::End> Transactions::commit(const rd_kafka_topic_partition_list_t& offsets,
                                               const rd_kafka_consumer_group_metadata_t& group) {
  assert(open_);
  auto step = Result<Step>(Step::done);
  if (offsets.cnt > 0)
    step = drive("committing the offsets", for_ever, [&] {
      return rd_kafka_send_offsets_to_transaction(client_.get(), &offsets, &group, offsets_wait_ms);
    });
  if (step.has_value() && *step == Step::done)
    step = drive("committing a transaction", for_ever,
                 [&] { return rd_kafka_commit_transaction(client_.get(), slice_ms); });
  if (step.has_error()) return step.error();
  if (*step == Step::must_abort) {
    if (Status s = abort(); s.has_error()) return s.error();
    return End::aborted;
  }
  open_ = false;
  return End::committed;
}

Status Transactions::abort() {
  assert(open_);
  const auto step = drive("aborting a transaction", for_ever,
                          [&] { return rd_kafka_abort_transaction(client_.get(), slice_ms); });
  if (step.has_error()) return step.error();
  if (*step == Step::must_abort) return kafka_error("aborting a transaction", aborted_by_);
  open_ = false;
  return {};
}

std::string Transactions::explain(int code) const {
  const std::string limit = std::to_string(timeout_ms_) + " ms";
  switch (code) {
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_INVALID_TXN_STATE:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING:
      if (open_ && clock_.steady_ns() - began_ns_ >= timeout_ms_ * 1'000'000)
        return "kafka: the broker has ended a transaction of '" + id_ +
               "' that was open longer than transaction.timeout.ms (" + limit +
               "); nothing of it is visible. Start Freshet again, it goes on where the last "
               "transaction ended; if that happens without an outage, raise the limit in "
               "kafka.properties";
      return taken_over(options_).message +
             ". The last transaction of this one was aborted, nothing of it is visible";
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      return "kafka: the broker does not allow transactions as long as transaction.timeout.ms (" +
             limit +
             "): set kafka.properties.transaction.timeout.ms to at most the broker's "
             "transaction.max.timeout.ms, or raise that";
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return "kafka: the broker forbids transactions of '" + id_ +
             "': give Freshet's user the rights to write and describe that transactional id";
    default:
      return "";
  }
}

}  // namespace freshet::kafka
