#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>

#include "models/bounded_row.h"
#include "stream/store.h"

namespace freshet {

/// What the users of each segment choose, a segment being one attribute of users with its value:
/// decayed counts of items, R, and their sum T, with a half-life in the segment's own events.
///
/// Kept at the scale of when they were last rescaled: R · 2^(gained / half-life). Once `limit`
/// segments are counted and one more comes, the weakest goes (by T, halved every `unused` events of
/// all since its own newest; of equal ones the smallest key), unless it is stronger than `kept`:
/// then the new one is not counted. So no one who invents attributes drives out what matters. A
/// segment of which nothing is left is erased.
/// Cost: `add` and `take_back` O(row) a segment; `limit` when one has to go.
class SegmentCounts {
 public:
  struct Segment {
    BoundedRow items;          ///< R · 2^(gained / half-life)
    double total = 0;          ///< T, at the same scale
    double gained = 0;         ///< events since the scale was last reset
    std::uint64_t newest = 0;  ///< events of all at its newest
  };

  static constexpr double kept = 20;  ///< events, from which on a segment gives way to none

  /// At most `limit` segments of `row_items` items each; `half_life` and `unused` in events.
  SegmentCounts(std::size_t limit, std::uint32_t row_items, double half_life, double unused)
      : limit_(limit), row_items_(row_items), half_life_(half_life), unused_(unused) {}

  /// Counts an event on the item by a user of the segments, after which there were `events` of all.
  void add(std::span<const std::uint64_t> segments, ItemId item, std::uint64_t events);
  /// Takes `times` of them back, as of now: the user's segments do not tell when they were counted.
  void take_back(std::span<const std::uint64_t> segments, ItemId item, std::uint32_t times);

  /// None: nothing is known of it. Cost: O(log segments).
  const Segment* find(std::uint64_t key) const;
  /// T.
  double events(const Segment& segment) const;
  /// Counted items have ids below this.
  std::size_t items() const { return items_; }

  /// As Model::save_some.
  bool save_some(RowBatch& out, std::size_t rows_max);
  /// As Model::restore, into an empty one.
  Status restore(const RowReader& rows, std::size_t items);
  std::size_t memory_bytes() const;

 private:
  Segment* make_room(std::uint64_t key, std::uint64_t events);
  double strength(const Segment& segment, std::uint64_t events) const;
  void save(RowBatch& out, std::uint64_t key) const;

  const std::size_t limit_;
  const std::uint32_t row_items_;
  const double half_life_;
  const double unused_;
  std::map<std::uint64_t, Segment> segments_;  ///< by hash
  std::size_t items_ = 0;
  std::set<std::uint64_t> dirty_;
};

}  // namespace freshet
