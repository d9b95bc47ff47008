#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "stream/order.h"
#include "stream/store.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/outside.h"
#include "tests/simulation/plan.h"

namespace freshet::test {

/// Where the state lies: what outlives the process of rows and notes of the order.
class Storage {
 public:
  virtual ~Storage() = default;

  /// For one life. Error: not to be opened, which is a problem unless the disk is off.
  virtual Status open() = 0;
  virtual Store& rows() = 0;
  virtual OrderLog& order() = 0;
  /// That life has ended. After a loss of power, what was not synced is lost in part.
  virtual void close(End end, Dice& dice) = 0;

  /// The power goes in the middle of the disk's n-th operation from now on.
  virtual void stop_at(std::uint32_t n) = 0;
  /// It has gone, or the process has: whatever the program still does reaches nothing.
  virtual bool off() const = 0;
};

/// RocksDB and the order log's files on a disk in memory, or maps, which are much faster.
std::unique_ptr<Storage> make_storage(const Plan& plan);

}  // namespace freshet::test
