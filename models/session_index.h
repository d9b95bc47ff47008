#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/rows.h"
#include "stream/ids.h"
#include "stream/model.h"
#include "stream/result.h"
#include "stream/store.h"

namespace freshet {

/// The newest sessions, what was in them, and for each item the newest sessions that held it. With
/// `whole_users` all that a user does is one session, which keeps his newest items.
///
/// Sessions have sequence numbers in the order in which they began. Those still growing are found
/// by user. Invariants:
///  1. A sequence number is alive while fewer than `max_sessions` sessions began after it; rings
///  may name
///     dead ones, so ask `alive` first.
///  2. A session holds distinct items in the order of their first event; at `session_items` it is
///  closed and the user's next item begins another. A whole user's loses its oldest item instead.
///  3. At most one growing session a user, at most `live_sessions` in all: the oldest stop growing.
///  4. Nothing but a growing session's entry names a user.
///  5. A growing session is not empty. What left a session or was forgotten is in no ring.
class SessionIndex {
 public:
  struct Limits {
    std::uint32_t max_sessions;   ///< rounded down to a power of two
    std::uint32_t live_sessions;  ///< likewise, and at most `max_sessions`
    std::uint32_t item_sessions;  ///< newest sessions kept for each item
    std::uint32_t session_items;
    bool whole_users = false;  ///< ordinals do not matter: one session a user
  };
  struct alignas(64) Session {
    boost::container::small_vector<std::uint32_t, 8> items;
    std::int64_t last_ms = 0;  ///< of its newest event
  };

  /// `name` begins the names of the row spaces.
  SessionIndex(const std::string& name, const Limits& limits);

  bool alive(std::uint32_t sequence) const { return next_ - sequence - 1 < sessions_.size(); }
  /// Requires `alive(sequence)`.
  const Session& session(std::uint32_t sequence) const { return sessions_[sequence & mask_]; }
  /// The session that the user is in, if `ordinal` still grows.
  bool growing(UserId user, std::uint32_t ordinal, std::uint32_t& sequence) const;

  /// Sequence numbers of the sessions with the item: both parts are to be walked from their ends,
  /// the first part before the second, for newest first.
  std::array<std::span<const std::uint32_t>, 2> sessions_of(ItemId item) const;
  /// At which place each of these sessions held the item when it came, in the same two parts. Since
  /// then it may have moved ahead.
  std::array<std::span<const std::uint16_t>, 2> places_of(ItemId item) const;
  /// ln(sessions with the item so far + 1). Requires `item` < `items()`.
  float log_sessions_of(std::uint32_t item) const { return log_sessions_[item]; }
  std::size_t items() const { return items_.size(); }
  /// Sessions begun so far, without those that were emptied since.
  std::uint64_t total() const { return total_ - emptied_; }

  void add(UserId user, std::uint32_t ordinal, ItemId item, std::int64_t time_ms);
  /// Takes the item out of the user's growing session, if it is there.
  void remove(UserId user, ItemId item);
  /// Empties the user's growing session and erases his entry.
  void forget(UserId user);

  /// As Model::save_some.
  bool save_some(RowBatch& out, std::size_t rows_max);
  Status restore(const RowReader& rows, std::size_t items);
  std::size_t memory_bytes() const;

 private:
  struct Item {
    std::vector<std::uint32_t> ring;    ///< from `oldest` on, around the end
    std::vector<std::uint16_t> places;  ///< beside `ring`: place of the item in that session
    std::uint32_t oldest = 0;
    std::uint32_t sessions = 0;  ///< that hold it, or did when their numbers died
  };
  struct Live {
    std::uint32_t ordinal;
    std::uint32_t sequence;
  };

  std::uint32_t begin_session(UserId user, std::uint32_t ordinal);
  void stop_growing(UserId user);
  /// Makes it if need be.
  Item& item_at(std::uint32_t item);
  void set_sessions(std::uint32_t item, std::uint32_t sessions);
  void enter_ring(ItemId item, std::uint32_t sequence);
  void leave_ring(std::uint32_t item, std::uint32_t sequence);
  /// Whether an item's ring may name the session: one that holds it, was emptied, or is no longer
  /// alive, but none that has not begun.
  bool may_hold(std::uint32_t sequence, std::uint32_t item) const;
  std::uint16_t find_place(std::uint32_t sequence, std::uint32_t item) const;
  std::uint32_t sequence_of(std::uint32_t slot) const {
    return next_ - 1 - ((next_ - 1 - slot) & mask_);
  }
  void save_live(RowBatch& out, std::size_t rows_max);
  Status restore_counts(const RowReader& rows);
  Status restore_sessions(const RowReader& rows, std::size_t items);
  Status restore_items(const RowReader& rows, std::size_t items);
  Status restore_live(const RowReader& rows);

  // Fixed after construction.
  const Limits limits_;
  const std::uint32_t mask_;
  const std::uint32_t live_mask_;
  const std::string sessions_space_, items_space_, live_space_, counts_space_;

  // Rank phase reads, learn phase writes.
  std::vector<Session> sessions_;  ///< by sequence number & mask_
  std::vector<Item> items_;
  std::vector<float> log_sessions_;  ///< by item: ln(sessions + 1)
  boost::unordered_flat_map<UserId, Live, std::hash<UserId>> live_;
  std::uint32_t next_ = 0;
  std::uint64_t total_ = 0;    ///< sessions begun so far
  std::uint64_t emptied_ = 0;  ///< of them, by `forget` or `remove`

  // Learn phase only.
  std::vector<UserId> owners_;  ///< by sequence number & live_mask_: who grows it, or none
  DirtyRows dirty_sessions_, dirty_items_;
  std::vector<UserId> dirty_live_;
  std::vector<std::uint32_t> dead_;  ///< sequence numbers whose rows are to be erased
  bool dirty_counts_ = false;
};

}  // namespace freshet
