#include "tests/simulation/plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <sstream>

#include "stream/hash.h"
#include "tests/simulation/catalog_log.h"
#include "tests/simulation/dice.h"
#include "tests/stream/real_parts.h"
#include "tests/support/count_model.h"

namespace freshet::test {
namespace {

constexpr std::uint64_t plenty = 1ULL << 30;

void draw_options(Plan& plan, Dice& dice) {
  plan.engine.threads = dice.chance(10) ? dice.between(2, 3) : 1;
  plan.engine.epoch_events = dice.pick({1U, 3U, 8U, 16U, 64U});
  plan.engine.epoch_span = config::Millis{dice.pick({20, 100, 1'000, 100'000})};
  plan.engine.queue_bytes = config::Bytes{dice.pick<std::uint64_t>({1, 700, 5'000, 1 << 20})};
  if (dice.chance(40)) plan.users = {dice.between(2, 8), dice.between(1, 4), dice.between(1, 4)};
  plan.events.session_gap = config::Millis{dice.pick({50, 5'000, 30 * 60'000})};
  plan.lists.size = dice.between(1, 8);
  if (dice.chance(20)) plan.lists.min_interval = config::Millis{dice.between(1, 300)};
  plan.lists.suppress_unchanged = dice.chance(20);
  plan.state.memory_budget =
      config::Bytes{dice.pick<std::uint64_t>({0, 0, 2'000, 8'000, 20'000, plenty, plenty})};
  plan.state.checkpoint_interval = config::Millis{dice.pick({1, 10, 40, 200, 1'000, 60'000})};
  plan.delivery.commit_interval = config::Millis{dice.pick({0, 3, 20, 100})};
  if (dice.chance(20)) plan.delivery.commit_bytes = config::Bytes{dice.between(1, 5'000)};
  plan.delivery.guarantee =
      plan.sink == Sink::Kind::transactional ? Guarantee::exactly_once : Guarantee::at_least_once;
}

/// In some shops a few events in a short time are already a flood.
void draw_flood(Plan& plan, Dice dice) {
  plan.users.learn_events = dice.chance(25) ? dice.pick({1U, 2U, 5U, 20U}) : 0;
  plan.users.learn_span = config::Millis{dice.pick({1'000, 60'000, 3'600'000})};
}

/// Half of the shops have a catalogue.
void draw_catalog(Plan& plan, Dice dice) {
  if (dice.chance(50)) return;
  plan.catalog_partitions = dice.between(1, 2);
  plan.catalog = dice.pick({3U, 15U, 60U});
  if (dice.chance(50)) plan.lists.include = {"title", "category", "price"};
}

/// Partition of the record that is the n-th to come into being; `known` partitions are there by
/// then.
Partition partition_of(const Plan& plan, const Decoded& record, std::uint32_t known, Dice& dice) {
  const Event* event = record.event();
  if (!plan.partition_by_user || event == nullptr) return static_cast<Partition>(dice.below(known));
  return static_cast<Partition>(hash64(event->user) % known);
}

Record stray(const Plan& plan, Dice& dice) {
  const std::int64_t day_ms = 24 * 60 * minute_ms;
  const std::int64_t time_ms =
      dice.pick<std::int64_t>({-1, 0, 1, start_ms - day_ms, start_ms, start_ms + day_ms});
  return record_of(EventLine("user-" + std::to_string(dice.below(plan.mix.users)),
                             "item-" + std::to_string(dice.below(plan.mix.items)),
                             dice.chance(70) ? "view" : "dislike", time_ms)
                       .json());
}

/// What `random_log` does not have: records that a producer sent twice, tombstones, times far off.
std::vector<Record> mixed_log(const Plan& plan, Dice& dice) {
  std::vector<Record> log;
  for (Record& record : random_log(dice.below(1U << 30), plan.records, plan.mix)) {
    log.push_back(std::move(record));
    if (dice.chance(plan.doubled)) {
      log.push_back(log[log.size() - 1 - dice.below(std::min<std::uint32_t>(20, log.size()))]);
    }
    if (dice.chance(plan.strays)) log.push_back(stray(plan, dice));
    if (dice.chance(plan.tombstones)) {
      Record& gone = log.emplace_back();
      gone.key = "user-" + std::to_string(dice.below(plan.mix.users));
      gone.time_ms = start_ms;
    }
  }
  return log;
}

}  // namespace

const char* name_of(Sink::Kind kind) {
  return kind == Sink::Kind::keeps        ? "keeps"
         : kind == Sink::Kind::takes_back ? "takes back"
                                          : "transactional";
}

Plan plan_of(std::uint64_t seed) {
  Dice dice(seed, 1);
  Plan plan;
  plan.seed = seed;
  plan.sink = dice.pick({Sink::Kind::keeps, Sink::Kind::takes_back, Sink::Kind::transactional});
  plan.real_models = dice.chance(4);
  plan.real_disk = dice.chance(5);
  plan.partition_by_user = dice.chance(60);
  plan.records = plan.real_models ? dice.between(40, 150) : dice.between(20, 400);
  plan.partitions = dice.between(1, 5);
  plan.partitions_grow = dice.chance(30);
  plan.record_times = dice.chance(50);
  plan.lives = dice.between(2, 16);
  plan.mix.users = dice.between(1, 40);
  plan.mix.items = dice.between(2, 60);
  plan.mix.forgets = dice.pick({0U, 2U, 10U});
  plan.mix.hostile = dice.pick({0U, 3U, 20U});
  plan.mix.repeats = dice.pick({0U, 5U, 30U});
  plan.doubled = dice.pick({0U, 5U, 30U});
  plan.tombstones = dice.pick({0U, 2U, 8U});
  plan.strays = dice.pick({0U, 2U, 10U});
  plan.gaps = dice.pick({0U, 5U, 40U});
  draw_options(plan, dice);
  draw_flood(plan, Dice(seed, 3));
  draw_catalog(plan, Dice(seed, 4));
  return plan;
}

std::string text_of(const Plan& plan) {
  std::ostringstream out;
  out << "seed " << plan.seed << ": sink " << name_of(plan.sink) << ", "
      << (plan.real_models ? "all models" : "counts") << (plan.real_disk ? " on a disk, " : ", ")
      << plan.records << " records, " << plan.partitions << " partitions"
      << (plan.partitions_grow ? " that appear" : "") << (plan.partition_by_user ? " by user" : "")
      << ", " << plan.lives << " lives, " << plan.mix.users << " users, " << plan.mix.items
      << " items, threads " << plan.engine.threads << ", epochs of " << plan.engine.epoch_events
      << " or " << plan.engine.epoch_span.count << " ms, queues of "
      << plan.engine.queue_bytes.count << " B, memory " << plan.state.memory_budget.count
      << " B, checkpoints every " << plan.state.checkpoint_interval.count << " ms, commits every "
      << plan.delivery.commit_interval.count << " ms";
  if (plan.users.learn_events > 0) {
    out << ", of a user " << plan.users.learn_events << " events learned in "
        << plan.users.learn_span.count << " ms";
  }
  if (plan.catalog_partitions > 0) {
    out << ", a catalogue of " << plan.catalog_partitions << " partitions, " << plan.catalog
        << " records on 100 others"
        << (plan.lists.include.empty() ? "" : ", fields of it in lists");
  }
  return out.str();
}

Engine::Parts engine_parts(const Plan& plan, bool alone) {
  Engine::Parts parts = plan.real_models ? real_parts(plan.engine, plan.lists)
                                         : count_parts(plan.engine, plan.lists, plan.events);
  parts.events = plan.events;
  parts.users = plan.users;
  parts.memory_budget = plan.state.memory_budget.count;
  if (alone) {
    parts.engine.threads = 1;
    parts.memory_budget = std::numeric_limits<std::uint64_t>::max();
  }
  return parts;
}

std::vector<Record> log_of(const Plan& plan) {
  Dice dice(plan.seed, 2);
  std::vector<Record> log = mixed_log(plan, dice);
  const std::vector<Decoded> decoded = decode_all(log, plan.events);
  std::map<Partition, Offset> next;
  std::uint32_t known = plan.partitions_grow ? 1 : plan.partitions;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (known < plan.partitions && i * plan.partitions / log.size() >= known) ++known;
    Record& record = log[i];
    record.partition = partition_of(plan, decoded[i], known, dice);
    Offset& offset = next[record.partition];
    if (dice.chance(plan.gaps)) offset += dice.between(1, 3);
    record.offset = offset++;
    if (plan.record_times) record.time_ms = start_ms + static_cast<std::int64_t>(i) * 5;
  }
  return with_catalog(plan, log, Dice(plan.seed, 5));
}

}  // namespace freshet::test
