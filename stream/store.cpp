#include "stream/store.h"

namespace freshet {

void RowBatch::add(std::string_view space, std::string_view key, std::string_view value,
                   bool erased) {
  entries_.push_back({arena_.size(), static_cast<std::uint32_t>(space.size()),
                      static_cast<std::uint32_t>(key.size()),
                      static_cast<std::uint32_t>(value.size()), erased});
  arena_.append(space).append(key).append(value);
}

void RowBatch::put(std::string_view space, std::string_view key, std::string_view value) {
  add(space, key, value, false);
}

void RowBatch::erase(std::string_view space, std::string_view key) { add(space, key, {}, true); }

void RowBatch::append(const RowBatch& other) {
  const std::size_t shift = arena_.size();
  arena_.append(other.arena_);
  entries_.reserve(entries_.size() + other.entries_.size());
  for (Entry e : other.entries_) {
    e.begin += shift;
    entries_.push_back(e);
  }
}

void RowBatch::clear() {
  arena_.clear();
  entries_.clear();
}

RowBatch::Row RowBatch::row(std::size_t i) const {
  const Entry& e = entries_[i];
  const std::string_view all(arena_);
  return {all.substr(e.begin, e.space_bytes), all.substr(e.begin + e.space_bytes, e.key_bytes),
          all.substr(e.begin + e.space_bytes + e.key_bytes, e.value_bytes), e.erased};
}

}  // namespace freshet
