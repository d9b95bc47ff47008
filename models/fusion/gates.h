#pragma once

#include <cstdint>
#include <span>

#include "stream/model.h"
#include "stream/result.h"
#include "stream/store.h"

namespace freshet {

struct GateOptions {
  double least_share = 0.003;
  std::uint32_t half_life_events = 10'000;
};

/// Whether the user's own items belong into his list, learned: where nobody returns to an item, as
/// with films, showing what he knows wastes places.
///
/// Two decayed shares of the events of users with a past are kept: those on the item of the event
/// just before ("current"), and those on another own item ("own"). A gate is open while its share
/// is at least `least_share`; both start as if 1 in 100 of 100 events had been one.
class OwnItemGates {
 public:
  explicit OwnItemGates(const GateOptions& options);

  bool own_open() const { return own_ >= options_.least_share * events_; }
  bool current_open() const { return current_ >= options_.least_share * events_; }
  /// Whether the item at place `rank` of a history (0: current) may be recommended. Disliked items
  /// never.
  bool lets_through(const HistoryItem& item, std::size_t rank) const {
    return item.strength >= 0 && (rank == 0 ? current_open() : own_open());
  }

  void learn(std::span<const Interaction> epoch);
  void save(RowBatch& out);
  Status restore(const RowReader& rows);

 private:
  // Fixed after construction.
  const GateOptions options_;
  const double keep_;  ///< what an event leaves of the earlier ones' weight

  // Rank phase reads, learn phase writes. Decayed numbers of events.
  double events_ = 100;
  double own_ = 1;
  double current_ = 1;

  // Learn phase only.
  bool dirty_ = false;
};

}  // namespace freshet
