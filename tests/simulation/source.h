#pragma once

#include <deque>
#include <vector>

#include "stream/source.h"
#include "tests/simulation/outside.h"
#include "tests/simulation/world.h"

namespace freshet::test {

/// Reads the world's log as a broker gives it: partitions in another order in every life, in
/// bursts, sometimes nothing for a while, and nothing at all while its partitions are being moved.
class SimulatedSource final : public Source {
 public:
  /// `last`: the log ends; in other lives more may always come.
  SimulatedSource(World& world, Outside& outside, std::uint64_t life, bool last);

  Status open(const Positions& from, const Order& replay) override;
  std::string identity() override { return "a simulated log"; }
  Result<Polled> poll(std::size_t max_records, std::chrono::milliseconds wait,
                      std::vector<Record>& out) override;
  Status commit(const Positions& done) override;
  void settled(const Positions& done) override;
  Result<Positions> committed() override;

  std::size_t handed_out() const { return handed_out_; }

 private:
  std::deque<const Record*>& queue_of(Partition partition);
  void notice_arrivals();
  const Record* next();
  bool all_settled() const;

  World& world_;
  Outside& outside_;
  Dice dice_;
  const bool last_;
  const std::uint32_t poll_max_, burst_max_, idle_, moves_, outage_;
  std::size_t noticed_ = 0;  ///< records of the log that were sorted into partitions
  Positions from_;
  std::vector<std::deque<const Record*>> partitions_;  ///< the catalogue's behind the others
  std::deque<const Record*> replay_;
  std::size_t burst_of_ = 0;
  std::uint32_t burst_ = 0;  ///< records of it to come
  bool moving_ = false;
  std::size_t handed_out_ = 0;
  Positions handed_to_;
};

}  // namespace freshet::test
