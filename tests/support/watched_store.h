#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "state/memory_store.h"

namespace freshet::test {

/// A store over a MemoryStore that outlives it. Writes can be watched, and fail when told to.
class WatchedStore final : public Store {
 public:
  static constexpr std::size_t never = static_cast<std::size_t>(-1);
  struct Script {
    std::size_t fail_at_write = never;  ///< from 0; nothing of that batch is written
    std::function<void(const RowBatch&)> before_write = [](const RowBatch&) {};
  };

  explicit WatchedStore(MemoryStore& rows) : WatchedStore(rows, Script{}) {}
  WatchedStore(MemoryStore& rows, Script script) : rows_(rows), script_(std::move(script)) {}

  Status write(const RowBatch& batch) override {
    script_.before_write(batch);
    if (writes_++ == script_.fail_at_write) return error("the scripted store failed");
    return rows_.write(batch);
  }
  Result<std::optional<std::string>> get(std::string_view space,
                                         std::string_view key) const override {
    return rows_.get(space, key);
  }
  Status scan(std::string_view space, const Visit& visit) const override {
    return rows_.scan(space, visit);
  }
  Result<std::vector<std::string>> spaces() const override { return rows_.spaces(); }

  std::size_t writes() const { return writes_; }

 private:
  MemoryStore& rows_;
  const Script script_;
  std::size_t writes_ = 0;
};

/// All rows of a store: "space" + NUL + key → value.
inline std::map<std::string, std::string> all_rows(const RowReader& rows) {
  std::map<std::string, std::string> all;
  const std::vector<std::string> spaces = rows.spaces().value();
  for (const std::string& space : spaces) {
    rows.scan(space,
              [&](std::string_view key, std::string_view value) {
                all[space + '\0' + std::string(key)] = value;
                return Status();
              })
        .value();
  }
  return all;
}

}  // namespace freshet::test
