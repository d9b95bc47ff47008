#pragma once

#include <span>

#include "stream/order.h"

namespace freshet {

/// Puts the noted runs together to the order that lies before a state.
///
/// A run that takes nothing is left out: one that ends at or before the state's position of its
/// partition, or where an earlier run of the partition ended. Neighbours of one partition become
/// one run.
class PendingOrder {
 public:
  explicit PendingOrder(Positions state) : reached_(std::move(state)) {}

  /// True if one of them takes something.
  bool add(std::span<const OrderRun> runs) {
    bool more = false;
    for (const OrderRun& run : runs) {
      const auto [at, is_new] = reached_.try_emplace(run.partition, run.end);
      if (!is_new && run.end <= at->second) continue;
      at->second = run.end;
      more = true;
      if (!order_.empty() && order_.back().partition == run.partition)
        order_.back().end = run.end;
      else
        order_.push_back(run);
    }
    return more;
  }
  Order take() { return std::move(order_); }

 private:
  Positions reached_;
  Order order_;
};

}  // namespace freshet
