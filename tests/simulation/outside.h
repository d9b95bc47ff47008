#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>

#include "stream/result.h"

namespace freshet::test {

/// What the program asks of the outside world.
enum class Op : std::uint8_t {
  source_open,
  poll,
  commit,
  committed,
  sink_open,
  sink_write,
  sink_flush,
  store_write,
  store_read,
  order_open,
  order_append,
  order_sync,
  order_cut,
  order_drop,
  disk,  ///< one operation on a file, anywhere in the above
  count
};
const char* name_of(Op op);

/// How much of an operation that did not return well has happened all the same.
enum class Effect : std::uint8_t { none, half, whole };

enum class End : std::uint8_t {
  none,        ///< nothing special: a life that lasts until the log ends
  error,       ///< one operation fails; the program winds itself up
  stop,        ///< it is asked to stop
  kill,        ///< the process is gone; what it wrote stays
  power_loss,  ///< the machine is gone; what was synced stays
};
const char* name_of(End end);

/// What is to go wrong in one life: at the `nth` operation of a kind, or at a step between two.
struct Fault {
  End end = End::none;
  Op op = Op::count;  ///< `count`: at a step
  std::uint32_t nth = 0;
  Effect effect = Effect::none;
};
std::string text_of(const Fault& fault);

/// The wall between one life of the program and the world: every operation passes here, and after a
/// crash none does. Threads: any, for users are read by several at once.
class Outside {
 public:
  explicit Outside(const Fault& fault) : fault_(fault) {}

  struct Answer {
    Effect effect = Effect::whole;
    bool fails = false;
  };
  Answer pass(Op op) {
    const std::lock_guard lock(mutex_);
    if (dead_) return {Effect::none, true};
    if (fault_.op != op || fault_.end == End::stop || ++seen_ != fault_.nth) return {};
    struck_ = true;
    dead_ = fault_.end != End::error;
    return {fault_.effect, true};
  }
  void die() { dead_ = true; }

  bool dead() const { return dead_; }
  bool struck() const { return struck_; }
  static Error failure() { return error("the simulated world failed"); }

 private:
  const Fault fault_;
  std::mutex mutex_;
  std::uint32_t seen_ = 0;
  bool dead_ = false, struck_ = false;
};

}  // namespace freshet::test
