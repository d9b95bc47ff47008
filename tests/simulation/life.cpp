#include "tests/simulation/life.h"

#include <array>
#include <atomic>
#include <memory>

#include "stream/checkpoint.h"
#include "stream/pipeline.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/sink.h"
#include "tests/simulation/source.h"
#include "tests/simulation/storage.h"
#include "tests/support/status.h"

namespace freshet::test {
namespace {

constexpr std::chrono::milliseconds at_once{0};
/// Far more steps than any log needs.
constexpr std::uint32_t stuck_steps = 200'000;

Fault draw_fault(const Plan& plan, Dice& dice) {
  Fault fault;
  if (plan.real_disk && dice.chance(40)) {
    return {End::power_loss, Op::disk, dice.below(dice.pick({10U, 60U, 200U})), Effect::half};
  }
  const std::uint32_t end = dice.below(100);
  fault.end = end < 50 ? End::kill : end < 72 ? End::power_loss : end < 88 ? End::error : End::stop;
  fault.nth = dice.between(1, dice.pick({5U, 40U, 300U}));
  if (fault.end == End::stop || (fault.end != End::error && dice.chance(20))) return fault;
  fault.op = static_cast<Op>(dice.below(static_cast<std::uint32_t>(Op::disk)));
  if (dice.chance(60)) {
    fault.op = dice.pick({Op::sink_flush, Op::sink_flush, Op::store_write, Op::commit,
                          Op::order_append, Op::sink_write, Op::order_cut});
  }
  const bool once = fault.op == Op::source_open || fault.op == Op::committed ||
                    fault.op == Op::sink_open || fault.op == Op::order_open;
  fault.nth = once ? 1 : dice.between(1, dice.pick({3U, 10U, 30U}));
  fault.effect = dice.pick({Effect::none, Effect::half, Effect::whole});
  return fault;
}

/// The stages, each driven as often as its weight says: a slow one is a full queue before it.
class Schedule {
 public:
  explicit Schedule(Dice& dice) : dice_(dice) {
    for (std::uint32_t& weight : weights_) sum_ += weight = dice.pick({1U, 3U, 10U, 40U});
  }

  bool all_ended() const { return ended_[0] && ended_[1] && ended_[2] && ended_[3]; }
  void step(Pipeline& pipeline) {
    std::uint32_t n = dice_.below(sum_);
    std::size_t stage = 0;
    while (n >= weights_[stage]) n -= weights_[stage++];
    if (ended_[stage]) return;
    ended_[stage] =
        pipeline.step(static_cast<Pipeline::Stage>(stage), at_once) == Pipeline::Step::ended;
  }

 private:
  Dice& dice_;
  std::array<std::uint32_t, 4> weights_{};
  std::uint32_t sum_ = 0;
  std::array<bool, 4> ended_{};
};

class Life {
 public:
  Life(World& world, std::uint64_t number, bool last)
      : world_(world),
        number_(number),
        last_(last),
        dice_(world.plan.seed, 3'000 + number),
        fault_(last ? Fault{} : draw_fault(world.plan, dice_)),
        outside_(fault_),
        source_(world, outside_, number, last),
        sink_(world, outside_, number),
        storage_(*world.storage) {}

  void run(Tally& tally) {
    if (fault_.op == Op::disk) storage_.stop_at(fault_.nth);
    Status begun = storage_.open();
    if (begun) begun = begin_order();
    if (!world_.problem.empty()) return;
    const std::size_t before = world_.order.size();
    if (begun) {
      drive();
    } else {
      end(begun.error());
    }
    finish();
    ++tally.lives;
    tally.steps += steps_;
    tally.records += source_.handed_out();
    ++tally.ends[static_cast<std::size_t>(end_)];
    if (came_) ++tally.faults[static_cast<std::size_t>(fault_.op)];
    world_.tell("life " + std::to_string(number_) + ": from record " + std::to_string(before) +
                ", " + std::to_string(source_.handed_out()) + " handed out in " +
                std::to_string(steps_) + " steps; " + text_of(fault_) +
                (came_ || fault_.end == End::none ? "" : " (did not come)") + "; " +
                std::to_string(world_.shown.size()) + " outputs shown");
  }

 private:
  /// The order that the state is made of.
  Status begin_order() {
    auto place = stored_place(storage_.rows());
    if (!place) return place.error();
    return check_prefix(world_, place->positions, !last_ && dice_.chance(25));
  }

  void drive() {
    SimulatedStore store(storage_.rows(), outside_);
    SimulatedOrderLog order(storage_.order(), outside_, Dice(world_.plan.seed, 4'000 + number_));
    auto known = stored_event_types(store);
    if (!known) return end(known.error());
    Engine::Parts parts = engine_parts(world_.plan, false);
    parts.known_types = std::move(*known);
    Engine engine(std::move(parts));
    LiveMetrics metrics;
    const PipelineParts all{source_,
                            sink_,
                            store,
                            order,
                            engine,
                            world_.plan.events,
                            world_.plan.engine,
                            world_.plan.state,
                            world_.plan.delivery,
                            world_.clock,
                            metrics,
                            [](std::string_view) {}};
    Pipeline pipeline(all, stop_);
    if (Status s = pipeline.open(); !s) return end(s.error());
    Schedule schedule(dice_);
    const std::uint32_t steps_max = last_ ? stuck_steps : dice_.pick({100U, 400U, 1'500U});
    const std::size_t arrivals =
        last_ ? world_.log.size() : world_.log.size() * (number_ + 1) / world_.plan.lives;
    for (; steps_ < steps_max && !outside_.dead() && !schedule.all_ended(); ++steps_) {
      if (fault_.op == Op::count && fault_.end != End::none && steps_ == fault_.nth) {
        came_ = true;
        if (fault_.end != End::stop) break;
        stop_ = true;
      }
      world_.arrived = std::max(world_.arrived,
                                std::min<std::size_t>(arrivals, world_.arrived + dice_.below(6)));
      world_.clock.advance_ms(dice_.below(5));
      schedule.step(pipeline);
      if (storage_.off()) outside_.die();
    }
    if (outside_.dead() || !schedule.all_ended()) return crash();
    if (Status s = pipeline.result(); !s) return end(s.error());
    end_ = fault_.end == End::stop ? End::stop : End::none;
  }

  void crash() {
    if (last_) world_.fail("stuck: the log is not at its end after so many steps");
    outside_.die();
    end_ = fault_.end == End::power_loss || storage_.off() ? End::power_loss : End::kill;
  }

  /// It ended with an Error, which must be the world's.
  void end(const Error& e) {
    if (outside_.dead() || storage_.off()) return crash();
    end_ = End::error;
    if (e.message != Outside::failure().message) world_.fail("it says: " + e.message);
  }

  void finish() {
    sink_.lose_unflushed();
    came_ = came_ || outside_.struck() || storage_.off();
    storage_.close(end_, dice_);
    if (end_ == End::power_loss) world_.excuse_uncommitted();
  }

  World& world_;
  const std::uint64_t number_;
  const bool last_;
  Dice dice_;
  const Fault fault_;
  Outside outside_;
  SimulatedSource source_;
  SimulatedSink sink_;
  Storage& storage_;
  std::atomic<bool> stop_{false};
  std::uint32_t steps_ = 0;
  End end_ = End::none;
  bool came_ = false;  ///< the fault
};

}  // namespace

void live(World& world, std::uint64_t number, bool last, Tally& tally) {
  Life(world, number, last).run(tally);
}

}  // namespace freshet::test
