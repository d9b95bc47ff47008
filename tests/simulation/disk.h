#pragma once

#include <string>
#include <vector>

#include "stream/order.h"
#include "stream/store.h"
#include "tests/simulation/outside.h"
#include "tests/simulation/world.h"

namespace freshet::test {

/// A store as one life sees it: over one that outlives it, until the world ends.
class SimulatedStore final : public Store {
 public:
  SimulatedStore(Store& rows, Outside& outside) : rows_(rows), outside_(outside) {}

  /// A batch is written as a whole or not at all, whatever happens.
  Status write(const RowBatch& batch) override {
    const Outside::Answer answer = outside_.pass(Op::store_write);
    if (answer.effect == Effect::whole) {
      if (Status s = rows_.write(batch); !s) return s;
    }
    if (answer.fails) return Outside::failure();
    return {};
  }
  Result<std::optional<std::string>> get(std::string_view space,
                                         std::string_view key) const override {
    if (outside_.pass(Op::store_read).fails) return Outside::failure();
    return rows_.get(space, key);
  }
  Status scan(std::string_view space, const Visit& visit) const override {
    if (outside_.pass(Op::store_read).fails) return Outside::failure();
    return rows_.scan(space, visit);
  }
  Result<std::vector<std::string>> spaces() const override {
    if (outside_.pass(Op::store_read).fails) return Outside::failure();
    return rows_.spaces();
  }

 private:
  Store& rows_;
  Outside& outside_;
};

/// The same for an order log.
class SimulatedOrderLog final : public OrderLog {
 public:
  SimulatedOrderLog(OrderLog& log, Outside& outside, Dice dice)
      : log_(log), outside_(outside), dice_(dice) {}

  Result<Order> open(const Positions& state) override {
    if (outside_.pass(Op::order_open).fails) return Outside::failure();
    return log_.open(state);
  }
  /// Torn: a beginning of the runs is there.
  Status append(std::span<const OrderRun> runs) override {
    const Outside::Answer answer = outside_.pass(Op::order_append);
    if (answer.effect == Effect::none) runs = {};
    if (answer.effect == Effect::half) {
      runs = runs.first(dice_.below(static_cast<std::uint32_t>(runs.size() + 1)));
    }
    if (Status s = log_.append(runs); !s) return s;
    if (answer.fails) return Outside::failure();
    return {};
  }
  Status sync() override {
    return through(Op::order_sync, [&] { return log_.sync(); });
  }
  Result<Segment> cut() override {
    const Outside::Answer answer = outside_.pass(Op::order_cut);
    Result<Segment> segment = Outside::failure();
    if (answer.effect == Effect::whole) segment = log_.cut();
    if (answer.fails) return Outside::failure();
    return segment;
  }
  Status drop_before(Segment segment) override {
    return through(Op::order_drop, [&] { return log_.drop_before(segment); });
  }

 private:
  template <class Do>
  Status through(Op op, Do&& what) {
    const Outside::Answer answer = outside_.pass(op);
    if (answer.effect == Effect::whole) {
      if (Status s = what(); !s) return s;
    }
    if (answer.fails) return Outside::failure();
    return {};
  }

  OrderLog& log_;
  Outside& outside_;
  Dice dice_;
};

}  // namespace freshet::test
