#include "tests/bench/user_memory.h"

#include <algorithm>
#include <span>
#include <string>

#include "tests/bench/simulated_run.h"

namespace freshet::bench {
namespace {

constexpr std::size_t batch_records = 1'024;
constexpr std::int64_t later_ms = 86'400'000;  // no session goes on
constexpr std::size_t block_bytes = 16;        // the heap's own, as in User::memory_bytes

Event* event_of(Decoded& record) { return std::get_if<Event>(&record.what); }

/// The events come from new users, after all others.
void renew(std::vector<Decoded>& log) {
  std::int64_t first = event_ms_max, last = 0;
  for (const Decoded& record : log) {
    const Event* event = record.event();
    if (event == nullptr) continue;
    first = std::min(first, event->time_ms);
    last = std::max(last, event->time_ms);
  }
  for (Decoded& record : log) {
    record.offset += static_cast<Offset>(log.size());
    Event* event = event_of(record);
    if (event == nullptr) continue;
    event->user.insert(0, 1, '~');
    event->time_ms += last - first + later_ms;
  }
}

struct Held {
  std::uint64_t users;
  std::size_t heap_bytes;
  std::size_t row_bytes;  ///< of the users' rows, the next three included
  std::size_t history_bytes = 0, recent_bytes = 0, example_bytes = 0;
};

template <class Container>
std::size_t room(const Container& c) {
  using T = typename Container::value_type;
  return c.capacity() == 0 ? 0 : c.capacity() * sizeof(T) + block_bytes;
}

Held held(Engine& engine) {
  {
    RowBatch saved;
    engine.save(saved);
  }
  Held out{engine.users().size(), heap_bytes(), engine.users().memory_bytes()};
  for (Users::Slot slot = 0; slot < engine.users().slot_end(); ++slot) {
    const User& user = engine.users()[slot];
    out.history_bytes += room(user.history) + room(user.recent);
    out.recent_bytes += room(user.recent);
    out.example_bytes += room(user.example);
  }
  return out;
}

}  // namespace

Figures measure_user_memory(Engine& engine, std::vector<Decoded> log) {
  renew(log);
  const Held before = held(engine);
  {
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < log.size(); i += batch_records) {
      const std::size_t count = std::min(batch_records, log.size() - i);
      must(engine.process(std::span(log).subspan(i, count), outcomes));
    }
  }
  const Held after = held(engine);
  const auto users = static_cast<double>(std::max<std::uint64_t>(after.users - before.users, 1));
  const auto each = [&](std::size_t later, std::size_t earlier) {
    return (static_cast<double>(later) - static_cast<double>(earlier)) / users;
  };
  const double history = each(after.history_bytes, before.history_bytes);
  const double all = each(after.heap_bytes, before.heap_bytes);
  const double row = each(after.row_bytes, before.row_bytes);
  return {{"users", after.users - before.users},
          {"events_per_user", static_cast<double>(log.size()) / users},
          {"history_bytes", history},
          {"other_bytes", all - history},
          {"row_bytes", row - history},
          {"recent_bytes", each(after.recent_bytes, before.recent_bytes)},
          {"example_bytes", each(after.example_bytes, before.example_bytes)},
          {"model_bytes", all - row},
          {"other_bytes_max", user_bytes_max}};
}

}  // namespace freshet::bench
