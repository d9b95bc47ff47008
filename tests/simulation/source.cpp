#include "tests/simulation/source.h"

#include <algorithm>

namespace freshet::test {

SimulatedSource::SimulatedSource(World& world, Outside& outside, std::uint64_t life, bool last)
    : world_(world),
      outside_(outside),
      dice_(world.plan.seed, 1'000 + life),
      last_(last),
      poll_max_(dice_.pick({1U, 5U, 30U, 300U})),
      burst_max_(dice_.pick({1U, 4U, 50U})),
      idle_(dice_.pick({0U, 10U, 60U})),
      moves_(dice_.pick({0U, 0U, 3U, 10U})),
      outage_(dice_.pick({0U, 0U, 20U, 100U})),
      partitions_(world.plan.all_partitions()) {}

Status SimulatedSource::open(const Positions& from, const Order& replay) {
  from_ = from;
  if (outside_.pass(Op::source_open).fails) return Outside::failure();
  notice_arrivals();
  for (const OrderRun& run : replay) {
    auto& queue = queue_of(run.partition);
    for (; !queue.empty() && queue.front()->offset < run.end; queue.pop_front()) {
      replay_.push_back(queue.front());
    }
  }
  return {};
}

std::deque<const Record*>& SimulatedSource::queue_of(Partition partition) {
  const auto n =
      static_cast<std::size_t>(is_catalog(partition) ? catalog_partition(partition) : partition);
  return partitions_[is_catalog(partition) ? world_.plan.partitions + n : n];
}

void SimulatedSource::notice_arrivals() {
  for (; noticed_ < world_.arrived; ++noticed_) {
    const Record& record = world_.log[noticed_];
    const auto from = from_.find(record.partition);
    if (from != from_.end() && record.offset < from->second) continue;
    queue_of(record.partition).push_back(&record);
  }
}

const Record* SimulatedSource::next() {
  if (!replay_.empty()) {
    const Record* record = replay_.front();
    replay_.pop_front();
    return record;
  }
  if (burst_ == 0) {
    burst_ = dice_.between(1, burst_max_);
    burst_of_ = dice_.below(world_.plan.all_partitions());
  }
  --burst_;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    auto& queue = partitions_[(burst_of_ + i) % partitions_.size()];
    if (queue.empty()) continue;
    const Record* record = queue.front();
    queue.pop_front();
    return record;
  }
  return nullptr;
}

bool SimulatedSource::all_settled() const {
  return std::all_of(handed_to_.begin(), handed_to_.end(), [&](const auto& handed) {
    const auto told = world_.settled.find(handed.first);
    return told != world_.settled.end() && told->second >= handed.second;
  });
}

Result<Source::Polled> SimulatedSource::poll(std::size_t max_records, std::chrono::milliseconds,
                                             std::vector<Record>& out) {
  const Outside::Answer answer = outside_.pass(Op::poll);
  if (answer.fails && answer.effect != Effect::half) return Outside::failure();
  notice_arrivals();
  if (moving_) moving_ = !all_settled();
  if (!moving_ && dice_.chance(moves_)) moving_ = true;
  if (!moving_ && !dice_.chance(idle_)) {
    for (std::uint32_t n = dice_.between(1, std::min<std::uint32_t>(max_records, poll_max_)); n > 0;
         --n) {
      const Record* record = next();
      if (record == nullptr) break;
      out.push_back(*record);
      world_.order.push_back(record);
      handed_to_[record->partition] = record->offset + 1;
      ++handed_out_;
    }
  }
  if (answer.fails) return Outside::failure();
  const bool empty = replay_.empty() && std::all_of(partitions_.begin(), partitions_.end(),
                                                    [](const auto& q) { return q.empty(); });
  return last_ && empty && world_.arrived == world_.log.size() ? Polled::end : Polled::more;
}

/// A broker that is away for a while is no error: what is committed then stays behind.
Status SimulatedSource::commit(const Positions& done) {
  settled(done);
  const Outside::Answer answer = outside_.pass(Op::commit);
  const bool away = !last_ && dice_.chance(outage_);
  if (answer.effect == Effect::whole && !away) {
    for (const auto& [partition, offset] : done) world_.committed[partition] = offset;
  }
  if (answer.fails) return Outside::failure();
  return {};
}

void SimulatedSource::settled(const Positions& done) {
  for (const auto& [partition, offset] : done) world_.settled[partition] = offset;
}

Result<Positions> SimulatedSource::committed() {
  if (outside_.pass(Op::committed).fails) return Outside::failure();
  return world_.committed;
}

}  // namespace freshet::test
