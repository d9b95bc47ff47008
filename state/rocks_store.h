#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "state/disk.h"
#include "stream/store.h"

namespace freshet {

struct RocksOptions {
  /// For cached blocks, filters, indexes and rows not yet in a table, together. One large batch may
  /// take more while it is written.
  std::uint64_t memory_bytes = 64 << 20;
  /// How long the bytes of erased rows may stay in the files, while the store is open; what is
  /// older then is purged when it is opened next. 0: until RocksDB happens to drop them.
  std::chrono::seconds purge_interval = std::chrono::hours(6);
  Disk* disk = nullptr;
};

/// The state directory: rows in RocksDB, each batch one synchronous atomic write.
///
/// A row's key in RocksDB is its space, a zero byte and its key, so spaces lie one after another.
///
/// Damage is found and never read over: a bit that flips in a file ends in an Error that names it,
/// when the store is opened or when the row is read. After a failed `write` (no space) all later
/// ones fail with the same words; what was written before is there after opening anew.
///
/// Threads: one writes; any number read at the same time.
class RocksStore final : public Store {
 public:
  enum class Mode {
    read_write,  ///< makes the directory if need be; nobody else may have it open so
    read_only,   ///< beside another process too: sees its newest checkpoint; `write` is refused
  };

  /// Error: the directory is in use, missing (read_only), damaged or not writable, in words with
  /// its path.
  static Result<std::unique_ptr<RocksStore>> open(const std::string& path, Mode mode,
                                                  const RocksOptions& options = RocksOptions());
  ~RocksStore() override;

  Status write(const RowBatch& batch) override;
  Result<std::optional<std::string>> get(std::string_view space,
                                         std::string_view key) const override;
  Status scan(std::string_view space, const Visit& visit) const override;
  Result<std::vector<std::string>> spaces() const override;

  /// About how many rows there are. Cost: O(tables).
  std::uint64_t estimated_rows() const;

  /// Rewrites the files that hold erased or replaced rows beside an erasure, so that nothing of
  /// them is left. Cost: all rows are read and written once if there is one erasure, nothing
  /// otherwise. May run beside everything; done now and then by a thread of the store's own.
  Status purge();

 private:
  struct Impl;
  explicit RocksStore(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<RocksStore>> open_once(const std::string& path, Mode mode,
                                                       const RocksOptions& options);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
