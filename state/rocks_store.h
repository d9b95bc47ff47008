#pragma once

#include <memory>
#include <string>

#include "stream/store.h"

namespace freshet {

/// The state directory: rows in RocksDB, each batch one synchronous atomic write.
///
/// A row's key in RocksDB is its space, a zero byte and its key, so spaces lie one after another.
class RocksStore final : public Store {
 public:
  enum class Mode {
    read_write,  ///< makes the directory if need be; nobody else may have it open so
    read_only,   ///< beside another process too: sees its newest checkpoint; `write` is refused
  };

  /// Error: the directory is in use, missing (read_only), damaged or not writable, in words with
  /// its path.
  static Result<std::unique_ptr<RocksStore>> open(const std::string& path, Mode mode);
  ~RocksStore() override;

  Status write(const RowBatch& batch) override;
  Result<std::optional<std::string>> get(std::string_view space,
                                         std::string_view key) const override;
  Status scan(std::string_view space, const Visit& visit) const override;
  Result<std::vector<std::string>> spaces() const override;

 private:
  struct Impl;
  explicit RocksStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
