#include "connectors/simulate/simulate_source.h"

#include <algorithm>
#include <limits>
#include <string>
#include <thread>

#include "connectors/simulate/event_json.h"

namespace freshet {

namespace {
constexpr std::int64_t second_ns = 1'000'000'000;
}

SimulateSource::SimulateSource(const SimulateOptions& options, const Clock& clock)
    : options_(options), clock_(clock), shop_(options) {}

Status SimulateSource::open(const Positions& from, const Order&) {
  for (const auto& [partition, offset] : from) {
    if (partition != 0 || offset < 0) {
      return error("simulated shop: the state goes on at partition " + std::to_string(partition) +
                   ", offset " + std::to_string(offset) +
                   ", but there is only partition 0: was source.type changed?");
    }
    opened_offset_ = static_cast<std::uint64_t>(offset);
  }
  if (options_.events > 0 && opened_offset_ > options_.events) {
    return error("simulated shop: the state goes on at event " + std::to_string(opened_offset_) +
                 ", but source.events is only " + std::to_string(options_.events));
  }
  for (; next_offset_ < opened_offset_; ++next_offset_) shop_.next();
  opened_ns_ = clock_.steady_ns();
  return {};
}

std::string SimulateSource::identity() {
  return "a simulated shop with seed " + std::to_string(options_.seed) + ", " +
         std::to_string(options_.users) + " users and " + std::to_string(options_.items) +
         " items from " + std::to_string(options_.start_time);
}

Result<Source::Polled> SimulateSource::poll(std::size_t max_records, std::chrono::milliseconds wait,
                                            std::vector<Record>& out) {
  std::uint64_t ready = due() - next_offset_;
  if (ready == 0 && !is_over() && wait.count() > 0) {
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(wait, until_due()));
    ready = due() - next_offset_;
  }
  for (std::uint64_t n = std::min<std::uint64_t>(ready, max_records); n > 0; --n) {
    const ShopEvent event = shop_.next();
    Record& record = out.emplace_back();
    record.offset = static_cast<Offset>(next_offset_++);
    record.time_ms = event.time_ms;
    record.key = event_key(event);
    record.value = event_json(event);
  }
  return is_over() ? Polled::end : Polled::more;
}

bool SimulateSource::is_over() const {
  return options_.events > 0 && next_offset_ == options_.events;
}

/// The offset before which all events are due.
std::uint64_t SimulateSource::due() const {
  const std::uint64_t last =
      options_.events > 0 ? options_.events : std::numeric_limits<std::uint64_t>::max();
  if (options_.rate == 0) return last;
  const std::int64_t elapsed_ns = clock_.steady_ns() - opened_ns_;
  const auto rate = static_cast<std::int64_t>(options_.rate);
  const std::int64_t since_open =
      elapsed_ns / second_ns * rate + elapsed_ns % second_ns * rate / second_ns;
  return std::min(last, opened_offset_ + static_cast<std::uint64_t>(since_open));
}

std::chrono::nanoseconds SimulateSource::until_due() const {
  const auto wanted = static_cast<std::int64_t>(next_offset_ - opened_offset_ + 1);
  const auto rate = static_cast<std::int64_t>(options_.rate);
  const std::int64_t at_ns =
      wanted / rate * second_ns + (wanted % rate * second_ns + rate - 1) / rate;
  return std::chrono::nanoseconds(opened_ns_ + at_ns - clock_.steady_ns());
}

Status SimulateSource::commit(const Positions&) { return {}; }

Result<Positions> SimulateSource::committed() { return Positions{}; }

}  // namespace freshet
