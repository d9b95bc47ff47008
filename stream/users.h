#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stream/executor.h"
#include "stream/result.h"
#include "stream/store.h"
#include "stream/user.h"

namespace freshet {

/// The users in memory, and how the others are read when they come back.
///
/// A user is in memory from his first event, or from `load`, until `evict` lets him go; his row in
/// the store is his copy. Whether he is in memory changes no answer. Users in memory have a slot.
///
/// Invariants: 1. a user stays at one address while he is in memory; 2. ids are given in the order
/// of first events and never again, so that they depend on the order of events alone; 3. a user
/// whose newest row is not durable stays in memory.
/// Threads: the calling thread changes the table; others may change the users they were given.
class Users {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot none = std::numeric_limits<Slot>::max();

  Users();
  ~Users();

  /// Reads those who are known and not in memory. Call it for every name before `admit` and `find`.
  /// Error: the store cannot be read, or a row is damaged: it may name the first `items` items.
  /// Cost: one read a name that is not in memory, several at a time; none while all known users are
  /// in memory.
  Status load(std::span<const std::string_view> names, std::size_t items, Executor& executor);

  /// Finds or makes the user, and marks him changed.
  Slot admit(std::string_view name);
  Slot find(std::string_view name) const;
  User& operator[](Slot slot) { return *entries_[slot].user; }
  const User& operator[](Slot slot) const { return *entries_[slot].user; }
  void erase(Slot slot);

  /// Known users, in memory or not.
  std::uint64_t size() const { return count_; }
  /// All slots are below this.
  Slot slot_end() const { return static_cast<Slot>(entries_.size()); }
  std::size_t in_memory() const;

  /// Bytes of the users in memory, and of those among them that were admitted since they were last
  /// saved; both as of the last `measure`, approximately.
  std::size_t memory_bytes() const { return bytes_; }
  std::size_t unsaved_bytes() const { return unsaved_bytes_; }
  /// Looks again at the sizes of those admitted since the last call.
  void measure();
  /// Checkpoints up to this one are on disk.
  void durable(std::uint64_t checkpoint);
  /// Lets users go, roughly the least recently admitted first, until at most `bytes` are held or
  /// nobody else may go.
  void evict(std::size_t bytes);

  /// Appends rows that changed, as Model::save_some. What is appended with the same `checkpoint`
  /// belongs to it.
  bool save(RowBatch& out, std::size_t rows_max, std::uint64_t checkpoint);
  /// `rows` must outlive this. Nobody is read before he is needed.
  Status restore(const RowReader& rows);

 private:
  struct Index;
  struct Entry {
    std::unique_ptr<User> user;  ///< null: the slot is free
    std::size_t bytes = 0;
    std::uint64_t saved_in = 0;  ///< the checkpoint that took his newest row
    bool changed = false;        ///< since he was last saved
    bool recent = false;         ///< admitted since the hand of the clock last came by
    bool unmeasured = false;
  };

  Slot insert(std::unique_ptr<User> user);
  void release(Slot slot);
  void touch(Slot slot);

  const RowReader* rows_ = nullptr;
  std::unique_ptr<Index> index_;
  std::vector<Entry> entries_;
  std::vector<Slot> free_;
  std::deque<Slot> changed_;  ///< each once, but for slots that changed hands
  std::vector<Slot> unmeasured_;
  std::vector<std::string> erased_;  ///< names whose rows are to be erased
  std::uint64_t durable_ = 0;
  std::uint32_t next_id_ = 0;
  std::uint64_t count_ = 0;
  bool counts_changed_ = false;
  bool all_in_memory_ = true;
  std::size_t bytes_ = 0, unsaved_bytes_ = 0;
  Slot hand_ = 0;
};

/// One user's row, or nothing. Error: damaged.
Result<std::unique_ptr<User>> stored_user(const RowReader& rows, std::string_view name);

/// Visits every user of a state, in the order of the names' bytes.
Status for_each_stored_user(const RowReader& rows, const std::function<void(const User&)>& visit);

}  // namespace freshet
