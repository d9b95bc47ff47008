#include "stream/dictionary.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <cassert>

#include "stream/bytes.h"
#include "stream/hash.h"

namespace freshet {
namespace {

constexpr std::string_view space = "item";
constexpr std::size_t block_bytes = 1 << 16;

}  // namespace

struct ItemDictionary::Index {
  boost::unordered_flat_map<std::string_view, std::uint32_t, TextHash> ids;
  std::vector<std::unique_ptr<char[]>> blocks;
  std::size_t used = block_bytes;

  std::string_view keep(std::string_view name) {
    assert(!name.empty() && name.size() <= block_bytes);
    if (used + name.size() > block_bytes) {
      blocks.push_back(std::make_unique<char[]>(block_bytes));
      used = 0;
    }
    char* at = blocks.back().get() + used;
    std::copy(name.begin(), name.end(), at);
    used += name.size();
    return {at, name.size()};
  }
};

ItemDictionary::ItemDictionary() : index_(std::make_unique<Index>()) {}
ItemDictionary::~ItemDictionary() = default;

ItemId ItemDictionary::intern(std::string_view name) {
  if (const auto at = index_->ids.find(name); at != index_->ids.end()) return ItemId{at->second};
  const auto id = static_cast<std::uint32_t>(names_.size());
  const std::string_view kept = index_->keep(name);
  index_->ids.emplace(kept, id);
  names_.push_back(kept);
  return ItemId{id};
}

ItemId ItemDictionary::find(std::string_view name) const {
  const auto at = index_->ids.find(name);
  return at == index_->ids.end() ? ItemId{} : ItemId{at->second};
}

std::size_t ItemDictionary::memory_bytes() const {
  return index_->blocks.size() * block_bytes + names_.capacity() * sizeof(std::string_view) +
         index_->ids.bucket_count() * (sizeof(std::string_view) + sizeof(std::uint32_t) + 1);
}

void ItemDictionary::save(RowBatch& out) {
  for (; saved_ < names_.size(); ++saved_) {
    out.put(space, id_key(static_cast<std::uint32_t>(saved_)), names_[saved_]);
  }
}

Status ItemDictionary::restore(const RowReader& rows) {
  assert(names_.empty());
  return rows.scan(space, [&](std::string_view key, std::string_view value) -> Status {
    if (key_id(key) != names_.size() || value.empty() || value.size() > block_bytes ||
        !find(value).is_none()) {
      return error("state: the items are damaged at number " + std::to_string(names_.size()));
    }
    intern(value);
    saved_ = names_.size();
    return {};
  });
}

}  // namespace freshet
