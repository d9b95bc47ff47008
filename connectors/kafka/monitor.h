#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/log.h"
#include "stream/clock.h"
#include "stream/result.h"

namespace freshet::kafka {

/// Turns what a librdkafka client reports (log lines, error callbacks) into few lines that matter:
/// one warning when the brokers are gone, one info when they are back, and of lines that differ
/// only in numbers one a minute. Secret values are blotted out of every line. Remembers the error
/// that ends the client.
///
/// Thread-safe; no member throws. The log is called under no lock of librdkafka's but under ours.
class Monitor {
 public:
  /// `brokers`: as configured, for the sentences. `secrets`: values never to be shown.
  Monitor(KafkaLog log, const Clock& clock, std::string brokers, std::vector<std::string> secrets);

  /// How many connections have failed or broken so far.
  std::uint64_t broken() const { return broken_.load(); }
  /// A line of librdkafka's own log.
  void line(int level, std::string_view facility, std::string_view text) noexcept;
  /// An error that the client reports; `code` is an rd_kafka_resp_err_t.
  void trouble(int code, std::string_view reason) noexcept;
  /// Freshet's own line.
  void say(int level, std::string_view text) noexcept;
  /// A broker answered: ends an outage. Cheap when there is none.
  void contact() noexcept;

  /// The client is over, with this sentence.
  void end(std::string_view sentence) noexcept;

  /// When it returns nobody is in the log or the clock, and nobody will be: both may go.
  void mute() noexcept;

  /// Whether the client has doubted, since the last call, that its topic exists.
  bool take_topic_doubt() noexcept {
    return topic_doubt_.load(std::memory_order_relaxed) && topic_doubt_.exchange(false);
  }
  bool in_outage() const noexcept { return outage_.load(std::memory_order_relaxed); }
  /// No broker has answered yet, or none does any more.
  bool out_of_reach() const noexcept { return in_outage() || !met_.load(); }
  /// The error that ends this client, once there is one.
  Status failure() const;
  /// The latest reason why a connection failed; empty: none did.
  std::string last_reason() const;

 private:
  struct Seen {
    std::int64_t said_ns = 0;
    std::uint64_t held_back = 0;
  };
  void emit(int level, std::string text);
  void emit_seldom(int level, std::string_view facility, std::string_view text);
  void fail(std::string message);

  const Clock& clock_;
  const std::string brokers_;
  const std::vector<std::string> secrets_;

  std::atomic<bool> outage_{false};
  std::atomic<bool> topic_doubt_{false};
  std::atomic<std::uint64_t> broken_{0};
  std::atomic<bool> muted_{false};
  std::atomic<bool> met_{false};  ///< a broker has answered since the start
  mutable std::mutex mutex_;      ///< guards what follows, and the use of clock_
  KafkaLog log_;
  std::map<std::string, Seen> seen_;
  std::string last_reason_;
  std::string failure_;
  std::int64_t outage_began_ns_ = 0;
};

}  // namespace freshet::kafka
