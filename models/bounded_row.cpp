#include "models/bounded_row.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace freshet {

/// Of the first id that is not below it.
std::size_t BoundedRow::place(std::uint32_t id) const {
  const std::uint32_t* base = ids_.data();
  std::size_t n = ids_.size();
  if (n == 0) return 0;
  while (n > 1) {  // without a branch that could be guessed wrong
    const std::size_t half = n / 2;
    base = base[half] <= id ? base + half : base;
    n -= half;
  }
  return static_cast<std::size_t>(base - ids_.data()) + (*base < id ? 1 : 0);
}

std::uint32_t BoundedRow::find(std::uint32_t id) const {
  const std::size_t at = place(id);
  return at < ids_.size() && ids_[at] == id ? static_cast<std::uint32_t>(at) : absent;
}

void BoundedRow::add(std::uint32_t id, float weight, std::size_t limit) {
  std::size_t at = place(id);
  if (at < ids_.size() && ids_[at] == id) {
    weights_[at] += weight;
    if (!(weights_[at] > least)) {
      ids_.erase(ids_.begin() + static_cast<std::ptrdiff_t>(at));
      weights_.erase(weights_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return;
  }
  if (!(weight > least)) return;
  const std::size_t most = limit + limit / 4;
  if (ids_.size() >= most) {
    prune(limit);
    at = place(id);
  }
  if (ids_.size() == ids_.capacity()) grow(most);
  ids_.insert(ids_.begin() + static_cast<std::ptrdiff_t>(at), id);
  weights_.insert(weights_.begin() + static_cast<std::ptrdiff_t>(at), weight);
}

void BoundedRow::grow(std::size_t most) {
  // Doubling, but never past what the row can hold.
  const std::size_t room =
      std::min(std::max<std::size_t>(4, ids_.size() * 2), std::max(most, ids_.size() + 1));
  ids_.reserve(room);
  weights_.reserve(room);
}

void BoundedRow::scale(float factor) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    const float weight = weights_[i] * factor;
    if (!(weight > least)) continue;
    ids_[kept] = ids_[i];
    weights_[kept++] = weight;
  }
  ids_.resize(kept);
  weights_.resize(kept);
}

void BoundedRow::prune(std::size_t limit) {
  if (ids_.size() <= limit) return;
  if (limit == 0) {
    ids_.clear();
    weights_.clear();
    return;
  }
  const auto key = [this](std::size_t i) {
    return std::uint64_t{std::bit_cast<std::uint32_t>(weights_[i])} << 32 | ~ids_[i];
  };
  std::vector<std::uint64_t> keys(ids_.size());
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = key(i);
  const auto last = keys.begin() + (limit - 1);
  std::nth_element(keys.begin(), last, keys.end(), std::greater<>());
  const std::uint64_t bar = *last;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (key(i) < bar) continue;
    ids_[kept] = ids_[i];
    weights_[kept++] = weights_[i];
  }
  ids_.resize(kept);
  weights_.resize(kept);
}

void BoundedRow::write(std::string& out) const {
  ByteWriter(out).number(static_cast<std::uint32_t>(ids_.size()));
  append_array<std::uint32_t>(out, ids_);
  append_array<float>(out, weights_);
}

bool BoundedRow::read(ByteReader& in, std::size_t items) {
  const std::uint32_t n = in.count(sizeof(std::uint32_t) + sizeof(float));
  ids_.resize(n);
  weights_.resize(n);
  for (std::uint32_t& id : ids_) id = in.number<std::uint32_t>();
  for (float& weight : weights_) weight = in.number<float>();
  return in.ok() && (n == 0 || ids_.back() < items) &&
         std::adjacent_find(ids_.begin(), ids_.end(), std::greater_equal<>()) == ids_.end() &&
         std::all_of(weights_.begin(), weights_.end(), [](float w) { return w > 0 && w <= most; });
}

}  // namespace freshet
