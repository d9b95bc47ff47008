#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "stream/result.h"
#include "stream/store.h"
#include "stream/user.h"

namespace freshet {

/// All users by id and by name.
///
/// Invariants: 1. a user stays at one address while he exists; 2. a new user gets the smallest free
/// id, so that ids depend on the order of events alone; 3. `dirty` lists each changed id once.
/// Threads: the calling thread changes the table; others may change the users they were given.
class Users {
 public:
  Users();
  ~Users();

  /// Finds or makes the user, and marks him changed.
  UserId admit(std::string_view name);
  UserId find(std::string_view name) const;
  bool exists(UserId id) const { return id.index() < users_.size() && users_[id.index()]; }
  User& operator[](UserId id) { return *users_[id.index()]; }
  const User& operator[](UserId id) const { return *users_[id.index()]; }
  void erase(UserId id);
  std::size_t size() const { return users_.size() - free_count_; }
  std::uint32_t id_end() const { return static_cast<std::uint32_t>(users_.size()); }

  void save(RowBatch& out);
  Status restore(const RowReader& rows);

 private:
  struct Index;
  void mark(UserId id);

  std::unique_ptr<Index> index_;
  std::vector<std::unique_ptr<User>> users_;
  std::size_t free_count_ = 0;
  std::vector<UserId> dirty_;
  std::vector<bool> is_dirty_;
};

}  // namespace freshet
