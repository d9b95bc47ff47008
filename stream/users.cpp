#include "stream/users.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cassert>
#include <map>
#include <optional>

#include "stream/bytes.h"
#include "stream/hash.h"
#include "stream/json_error.h"

namespace freshet {
namespace {

constexpr std::string_view space = "user";
/// How many users there are, and the next id.
constexpr std::string_view counts_space = "user.counts";
constexpr std::string_view counts_key = "all";
constexpr std::uint8_t counts_version = 1;
constexpr std::uint64_t not_saved = std::numeric_limits<std::uint64_t>::max();

Error damaged(std::string_view name) {
  return error("state: the row of user " + excerpt(name) + " is damaged");
}

}  // namespace

struct Users::Index {
  boost::unordered_flat_map<std::string_view, Slot, TextHash> slots;  ///< views into User::name
  /// Erased users whose rows may still be in the store, and the checkpoint that erases them.
  std::map<std::string, std::uint64_t, std::less<>> gone;
};

Users::Users() : index_(std::make_unique<Index>()) {}
Users::~Users() = default;

std::size_t Users::in_memory() const { return index_->slots.size(); }

Status Users::load(std::span<const std::string_view> names, std::size_t items, Executor& executor) {
  if (all_in_memory_) return {};
  std::vector<std::string_view> missing;
  for (const std::string_view name : names) {
    if (find(name) == none && index_->gone.count(name) == 0) missing.push_back(name);
  }
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  std::vector<std::unique_ptr<User>> found(missing.size());
  std::vector<std::optional<Error>> failures(missing.size());
  executor.run(missing.size(), [&](std::size_t i, std::size_t) {
    auto user = stored_user(*rows_, missing[i]);
    if (!user) {
      failures[i] = user.error();
    } else if (*user && !(*user)->names_known_items(items)) {
      failures[i] = damaged(missing[i]);
    } else {
      found[i] = std::move(*user);
    }
  });
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (failures[i]) return *failures[i];
    if (found[i]) insert(std::move(found[i]));
  }
  return {};
}

Users::Slot Users::insert(std::unique_ptr<User> user) {
  Slot slot = slot_end();
  if (free_.empty()) {
    entries_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  index_->slots.emplace(user->name, slot);
  Entry& entry = entries_[slot];
  entry = Entry{};
  entry.user = std::move(user);
  entry.unmeasured = true;
  unmeasured_.push_back(slot);
  return slot;
}

Users::Slot Users::admit(std::string_view name) {
  Slot slot = find(name);
  if (slot == none) {
    assert(next_id_ != UserId::none_value);
    auto user = std::make_unique<User>();
    user->id = UserId{next_id_++};
    user->name = name;
    ++count_;
    counts_changed_ = true;
    slot = insert(std::move(user));
  }
  touch(slot);
  return slot;
}

void Users::touch(Slot slot) {
  Entry& entry = entries_[slot];
  entry.recent = true;
  if (!entry.unmeasured) {
    entry.unmeasured = true;
    unmeasured_.push_back(slot);
  }
  if (entry.changed) return;
  entry.changed = true;
  unsaved_bytes_ += entry.bytes;
  changed_.push_back(slot);
}

Users::Slot Users::find(std::string_view name) const {
  const auto at = index_->slots.find(name);
  return at == index_->slots.end() ? none : at->second;
}

void Users::erase(Slot slot) {
  erased_.push_back(entries_[slot].user->name);
  index_->gone[erased_.back()] = not_saved;
  --count_;
  counts_changed_ = true;
  release(slot);
}

void Users::release(Slot slot) {
  Entry& entry = entries_[slot];
  assert(entry.user);
  if (entry.changed) unsaved_bytes_ -= entry.bytes;
  bytes_ -= entry.bytes;
  index_->slots.erase(entry.user->name);
  entry = Entry{};
  free_.push_back(slot);
}

void Users::measure() {
  for (const Slot slot : unmeasured_) {
    Entry& entry = entries_[slot];
    if (!entry.unmeasured) continue;
    entry.unmeasured = false;
    const std::size_t bytes = entry.user->memory_bytes() + sizeof(Entry);
    bytes_ += bytes - entry.bytes;
    if (entry.changed) unsaved_bytes_ += bytes - entry.bytes;
    entry.bytes = bytes;
  }
  unmeasured_.clear();
}

void Users::durable(std::uint64_t checkpoint) {
  durable_ = checkpoint;
  std::erase_if(index_->gone, [&](const auto& gone) { return gone.second <= checkpoint; });
}

void Users::evict(std::size_t bytes) {
  // The clock algorithm: two rounds at most, the first may only take marks away.
  for (std::size_t steps = 2 * entries_.size(); steps > 0 && bytes_ > bytes; --steps) {
    hand_ = hand_ + 1 < slot_end() ? hand_ + 1 : 0;
    Entry& entry = entries_[hand_];
    if (!entry.user || entry.changed || entry.saved_in > durable_) continue;
    if (entry.recent) {
      entry.recent = false;
      continue;
    }
    all_in_memory_ = false;
    release(hand_);
  }
}

bool Users::save(RowBatch& out, std::size_t rows_max, std::uint64_t checkpoint) {
  for (const std::string& name : erased_) {
    out.erase(space, name);
    index_->gone[name] = checkpoint;
  }
  erased_.clear();
  if (counts_changed_) {
    std::string row;
    ByteWriter w(row);
    w.number(counts_version);
    w.number(next_id_);
    w.number(count_);
    out.put(counts_space, counts_key, row);
    counts_changed_ = false;
  }
  std::size_t rows_left = rows_to_save(changed_.size(), rows_max);
  for (; rows_left > 0 && !changed_.empty(); changed_.pop_front()) {
    Entry& entry = entries_[changed_.front()];
    if (!entry.user || !entry.changed) continue;
    entry.changed = false;
    entry.saved_in = checkpoint;
    unsaved_bytes_ -= entry.bytes;
    out.put(space, entry.user->name, entry.user->encode());
    --rows_left;
  }
  return changed_.size() <= rows_max;
}

Status Users::restore(const RowReader& rows) {
  assert(entries_.empty());
  rows_ = &rows;
  auto row = rows.get(counts_space, counts_key);
  if (!row) return row.error();
  if (!*row) return {};
  ByteReader r(**row);
  const auto version = r.number<std::uint8_t>();
  next_id_ = r.number<std::uint32_t>();
  count_ = r.number<std::uint64_t>();
  if (version != counts_version || !r.at_end() || count_ > next_id_) {
    return error("state: the row of the number of users is damaged");
  }
  all_in_memory_ = count_ == 0;
  return {};
}

Result<std::unique_ptr<User>> stored_user(const RowReader& rows, std::string_view name) {
  auto row = rows.get(space, name);
  if (!row) return row.error();
  std::unique_ptr<User> user;
  if (!*row) return user;
  user = std::make_unique<User>();
  user->name = name;
  if (!user->decode(**row) || user->id.is_none()) return damaged(name);
  return user;
}

Status for_each_stored_user(const RowReader& rows, const std::function<void(const User&)>& visit) {
  return rows.scan(space, [&](std::string_view key, std::string_view value) -> Status {
    User user;
    user.name = key;
    if (!user.decode(value)) return damaged(key);
    visit(user);
    return {};
  });
}

}  // namespace freshet
