#include "state/memory_store.h"

#include <mutex>

namespace freshet {

Status MemoryStore::write(const RowBatch& batch) {
  const std::unique_lock lock(mutex_);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowBatch::Row row = batch.row(i);
    if (row.erased) {
      const auto space = spaces_.find(row.space);
      if (space == spaces_.end()) continue;
      space->second.erase(std::string(row.key));
      if (space->second.empty()) spaces_.erase(space);
    } else {
      spaces_[std::string(row.space)].insert_or_assign(std::string(row.key), row.value);
    }
  }
  return {};
}

Result<std::optional<std::string>> MemoryStore::get(std::string_view space,
                                                    std::string_view key) const {
  const std::shared_lock lock(mutex_);
  std::optional<std::string> value;
  const auto rows = spaces_.find(space);
  if (rows == spaces_.end()) return value;
  const auto row = rows->second.find(key);
  if (row != rows->second.end()) value = row->second;
  return value;
}

Status MemoryStore::scan(std::string_view space, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto rows = spaces_.find(space);
  if (rows == spaces_.end()) return {};
  for (const auto& [key, value] : rows->second) {
    if (Status s = visit(key, value); !s) return s;
  }
  return {};
}

Result<std::vector<std::string>> MemoryStore::spaces() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, rows] : spaces_) names.push_back(name);
  return names;
}

}  // namespace freshet
