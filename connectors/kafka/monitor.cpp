#include "connectors/kafka/monitor.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "connectors/kafka/errors.h"

namespace freshet::kafka {
namespace {

constexpr int error_level = 3, warning_level = 4, info_level = 6, debug_level = 7;
constexpr std::int64_t seldom_ns = 60'000'000'000;
constexpr std::size_t seen_limit = 256;

// Ports, durations, node ids and thread numbers differ in lines that say the same.
std::string without_numbers(std::string_view text) {
  std::string shape;
  for (const unsigned char c : text) {
    if (std::isdigit(c) == 0)
      shape += static_cast<char>(c);
    else if (shape.empty() || shape.back() != '#')
      shape += '#';
  }
  return shape;
}

}  // namespace

Monitor::Monitor(KafkaLog log, const Clock& clock, std::string brokers,
                 std::vector<std::string> secrets)
    : clock_(clock),
      brokers_(std::move(brokers)),
      secrets_(std::move(secrets)),
      log_(std::move(log)) {}

void Monitor::emit(int level, std::string text) {
  for (const std::string& secret : secrets_) {
    if (secret.size() < 4) continue;  // blotting out "a" would leave nothing to read
    for (std::size_t at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  }
  if (log_) log_(level, text);
}

void Monitor::emit_seldom(int level, std::string_view facility, std::string_view text) {
  const std::int64_t now_ns = clock_.steady_ns();
  if (seen_.size() >= seen_limit) seen_.clear();
  const auto [at, first] = seen_.try_emplace(std::string(facility) + without_numbers(text));
  Seen& seen = at->second;
  if (!first && now_ns - seen.said_ns < seldom_ns) {
    ++seen.held_back;
    return;
  }
  std::string line = "kafka: " + std::string(text);
  if (seen.held_back > 0) line += " (" + std::to_string(seen.held_back) + " more like it)";
  seen = {now_ns, 0};
  emit(level, std::move(line));
}

void Monitor::line(int level, std::string_view facility, std::string_view text) noexcept try {
  const std::lock_guard lock(mutex_);
  if (muted_.load()) return;
  // Lines of debug contexts were asked for one by one.
  if (level >= debug_level)
    return emit(debug_level, std::string(facility) + ": " + std::string(text));
  // A failed connection reaches us as an error too. A consumer's property is none of the
  // producer's. What becomes of a transaction is said by whoever tries it again.
  static constexpr std::array<std::string_view, 7> told = {
      "FAIL", "ERROR", "CONFWARN", "TXNERR", "ADDPARTS", "ADDOFFSETS", "FATAL"};
  const bool told_elsewhere = std::find(told.begin(), told.end(), facility) != told.end();
  emit_seldom(told_elsewhere ? debug_level : level, facility, text);
} catch (...) {
}

void Monitor::trouble(int code, std::string_view reason) noexcept try {
  const std::lock_guard lock(mutex_);
  if (muted_.load()) return;
  switch (classify(code)) {
    case Trouble::none:
      return;
    case Trouble::outage:
      if (outage_.exchange(true)) return;
      outage_began_ns_ = clock_.steady_ns();
      return emit(warning_level, "kafka: no broker of " + brokers_ + " can be reached" +
                                     (last_reason_.empty() ? "" : " (" + last_reason_ + ")") +
                                     "; trying again");
    case Trouble::tls:
      // A handshake also breaks when a broker stops in the middle of one.
      if (!met_.load()) return fail(kafka_error("connecting to " + brokers_, code, reason).message);
      [[fallthrough]];
    case Trouble::transport:
      ++broken_;
      last_reason_ = reason;
      // The warning of an outage says it; one broker of several that is down is worth knowing.
      return emit_seldom(outage_.load() ? debug_level : info_level, "transport", reason);
    case Trouble::authentication:
      return fail(kafka_error("connecting to " + brokers_, code, reason).message);
    case Trouble::authorization:
    case Trouble::fatal:
      return fail(kafka_error("talking to " + brokers_, code, reason).message);
    case Trouble::unknown_topic:
      topic_doubt_.store(true);
      return emit_seldom(info_level, "topic", reason);
    default:
      return emit_seldom(warning_level, "trouble", reason);
  }
} catch (...) {
}

void Monitor::fail(std::string message) {
  if (!failure_.empty()) return;
  failure_ = std::move(message);
  emit(error_level, failure_);
}

void Monitor::end(std::string_view sentence) noexcept try {
  const std::lock_guard lock(mutex_);
  if (!muted_.load()) fail(std::string(sentence));
} catch (...) {
}

void Monitor::mute() noexcept {
  const std::lock_guard lock(mutex_);
  muted_.store(true);
  log_ = nullptr;
}

void Monitor::say(int level, std::string_view text) noexcept try {
  const std::lock_guard lock(mutex_);
  if (muted_.load()) return;
  emit(level, "kafka: " + std::string(text));
} catch (...) {
}

void Monitor::contact() noexcept try {
  if (!met_.load(std::memory_order_relaxed)) met_.store(true);
  if (!outage_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  if (muted_.load() || !outage_.exchange(false)) return;
  const std::int64_t seconds = (clock_.steady_ns() - outage_began_ns_) / 1'000'000'000;
  last_reason_.clear();
  emit(info_level,
       "kafka: " + brokers_ + " can be reached again after " + std::to_string(seconds) + " s");
} catch (...) {
}

Status Monitor::failure() const {
  const std::lock_guard lock(mutex_);
  if (!failure_.empty()) return error(failure_);
  return {};
}

std::string Monitor::last_reason() const {
  const std::lock_guard lock(mutex_);
  return last_reason_;
}

}  // namespace freshet::kafka
