#include "stream/users.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <cassert>
#include <set>
#include <string>

#include "stream/bytes.h"
#include "stream/hash.h"

namespace freshet {
namespace {

constexpr std::string_view space = "user";

}  // namespace

struct Users::Index {
  boost::unordered_flat_map<std::string_view, std::uint32_t, TextHash>
      ids;                       ///< views into User::name
  std::set<std::uint32_t> free;  ///< ids below users_.size() that nobody has
};

Users::Users() : index_(std::make_unique<Index>()) {}
Users::~Users() = default;

void Users::mark(UserId id) {
  if (is_dirty_.size() <= id.index()) is_dirty_.resize(id.index() + 1);
  if (is_dirty_[id.index()]) return;
  is_dirty_[id.index()] = true;
  dirty_.push_back(id);
}

UserId Users::admit(std::string_view name) {
  UserId id = find(name);
  if (id.is_none()) {
    if (index_->free.empty()) {
      id = UserId{static_cast<std::uint32_t>(users_.size())};
      users_.emplace_back();
    } else {
      id = UserId{*index_->free.begin()};
      index_->free.erase(index_->free.begin());
      --free_count_;
    }
    users_[id.index()] = std::make_unique<User>();
    User& user = *users_[id.index()];
    user.name = name;
    index_->ids.emplace(user.name, id.value);
  }
  mark(id);
  return id;
}

UserId Users::find(std::string_view name) const {
  const auto at = index_->ids.find(name);
  return at == index_->ids.end() ? UserId{} : UserId{at->second};
}

void Users::erase(UserId id) {
  assert(exists(id));
  index_->ids.erase(users_[id.index()]->name);
  users_[id.index()].reset();
  index_->free.insert(id.value);
  ++free_count_;
  mark(id);
}

void Users::save(RowBatch& out) {
  for (const UserId id : dirty_) {
    is_dirty_[id.index()] = false;
    if (exists(id)) {
      out.put(space, id_key(id.value), users_[id.index()]->encode());
    } else {
      out.erase(space, id_key(id.value));
    }
  }
  dirty_.clear();
}

Status Users::restore(const RowReader& rows) {
  assert(users_.empty());
  return rows.scan(space, [&](std::string_view key, std::string_view value) -> Status {
    const std::uint32_t id = key_id(key);
    auto user = std::make_unique<User>();
    if (id < users_.size() || id == UserId::none_value || !user->decode(value)) {
      return error("state: the row of user number " + std::to_string(id) + " is damaged");
    }
    while (users_.size() < id) {
      index_->free.insert(static_cast<std::uint32_t>(users_.size()));
      ++free_count_;
      users_.emplace_back();
    }
    index_->ids.emplace(user->name, id);
    users_.push_back(std::move(user));
    return {};
  });
}

}  // namespace freshet
