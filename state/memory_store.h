#pragma once

#include <map>
#include <shared_mutex>
#include <string>

#include "stream/store.h"

namespace freshet {

/// A store that is gone when the process ends: for demos, measuring and tests.
class MemoryStore final : public Store {
 public:
  Status write(const RowBatch& batch) override;
  Result<std::optional<std::string>> get(std::string_view space,
                                         std::string_view key) const override;
  Status scan(std::string_view space, const Visit& visit) const override;
  Result<std::vector<std::string>> spaces() const override;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>> spaces_;
};

}  // namespace freshet
