#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "models/factor_table.h"
#include "models/rows.h"
#include "stream/ids.h"
#include "stream/result.h"
#include "stream/store.h"

namespace freshet {

/// Factors of users, at most `max_users` of them: who was admitted first goes first, and begins
/// anew when he comes back. A user's vector lies in the slot of his admission's number.
class FactorUsers {
 public:
  /// `space` is the space of the rows.
  FactorUsers(std::string space, std::uint32_t max_users, const FactorTable::Steps& steps);

  /// Null: nobody known.
  const FactorTable::Row* find(UserId user) const;
  /// The user's slot, which is his until another `admit` or `forget`.
  std::size_t admit(UserId user);
  void forget(UserId user);

  const FactorTable& table() const { return table_; }
  void step(std::size_t slot, const float* gradient);
  void step_bias(std::size_t slot, float gradient);
  /// Users admitted so far: to be saved with other counts and given to `restore`.
  std::uint64_t admitted() const { return admitted_; }

  /// As Model::save_some.
  bool save_some(RowBatch& out, std::size_t rows_max);
  Status restore(const RowReader& rows, std::uint64_t admitted);
  std::size_t memory_bytes() const;

 private:
  void leave(std::size_t slot);

  // Fixed after construction.
  const std::string space_;
  const std::uint64_t max_users_;

  // Rank phase reads, learn phase writes.
  FactorTable table_;                                                        ///< by slot
  boost::unordered_flat_map<UserId, std::uint64_t, std::hash<UserId>> who_;  ///< admission's number
  std::uint64_t admitted_ = 0;

  // Learn phase only.
  std::vector<UserId> owners_;  ///< by slot: whose it is, or none
  DirtyRows dirty_;             ///< slots
  std::vector<UserId> gone_;    ///< whose rows are to be erased
};

}  // namespace freshet
