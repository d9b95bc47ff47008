#include "models/factor_users.h"

#include <algorithm>
#include <utility>

namespace freshet {

FactorUsers::FactorUsers(std::string space, std::uint32_t max_users,
                         const FactorTable::Steps& steps)
    : space_(std::move(space)), max_users_(max_users), table_(steps, 0, 0) {}

const FactorTable::Row* FactorUsers::find(UserId user) const {
  const auto found = who_.find(user);
  return found == who_.end() ? nullptr : &table_[found->second % max_users_];
}

std::size_t FactorUsers::admit(UserId user) {
  const auto [found, is_new] = who_.try_emplace(user, admitted_);
  const std::size_t slot = found->second % max_users_;
  if (!is_new) return slot;
  ++admitted_;
  if (slot >= table_.size()) {
    table_.grow(slot + 1);
    owners_.resize(slot + 1);
  }
  leave(slot);
  owners_[slot] = user;
  dirty_.mark(static_cast<std::uint32_t>(slot));
  return slot;
}

void FactorUsers::leave(std::size_t slot) {
  const UserId user = std::exchange(owners_[slot], UserId{});
  if (user.is_none()) return;
  who_.erase(user);
  gone_.push_back(user);
  table_.reset(slot);
}

void FactorUsers::forget(UserId user) {
  const auto found = who_.find(user);
  if (found != who_.end()) leave(found->second % max_users_);
}

void FactorUsers::step(std::size_t slot, const float* gradient) {
  table_.step(slot, gradient);
  dirty_.mark(static_cast<std::uint32_t>(slot));
}

void FactorUsers::step_bias(std::size_t slot, float gradient) {
  table_.step_bias(slot, gradient);
  dirty_.mark(static_cast<std::uint32_t>(slot));
}

bool FactorUsers::save_some(RowBatch& out, std::size_t rows_max) {
  for (const UserId user : gone_) out.erase(space_, id_key(user.value));
  gone_.clear();
  std::string value;
  for (const std::uint32_t slot : dirty_.take(rows_max)) {
    const UserId user = owners_[slot];
    if (user.is_none()) continue;
    begin_row(value).number(who_.find(user)->second);
    table_.write(slot, value);
    out.put(space_, id_key(user.value), value);
  }
  return dirty_.few(rows_max);
}

Status FactorUsers::restore(const RowReader& rows, std::uint64_t admitted) {
  admitted_ = admitted;
  return rows.scan(space_, [this](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    const auto number = reader.number<std::uint64_t>();
    const UserId user(key_id(key));
    if (user.is_none() || !reader.ok() || number >= admitted_) {
      return row_error(space_, key, "it is of no user that was admitted");
    }
    if (admitted_ - number > max_users_) {
      gone_.push_back(user);
      return {};
    }
    const std::size_t slot = number % max_users_;
    table_.grow(slot + 1);
    owners_.resize(std::max(owners_.size(), slot + 1));
    if (!owners_[slot].is_none() || !table_.read(slot, reader) || !reader.at_end()) {
      return row_error(space_, key, "it holds no factors, or another user's");
    }
    owners_[slot] = user;
    who_[user] = number;
    return {};
  });
}

std::size_t FactorUsers::memory_bytes() const {
  return table_.memory_bytes() + owners_.capacity() * sizeof(UserId) +
         who_.bucket_count() * (sizeof(UserId) + sizeof(std::uint64_t)) + dirty_.memory_bytes() +
         gone_.capacity() * sizeof(UserId);
}

}  // namespace freshet
