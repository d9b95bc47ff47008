#include "models/category_tops.h"

#include <algorithm>
#include <limits>

#include "stream/hash.h"

namespace freshet {

namespace {

constexpr double nothing = -std::numeric_limits<double>::infinity();

}  // namespace

double CategoryTops::log2_count(ItemId item) const {
  return item.index() < log2_counts_.size() ? log2_counts_[item.index()] : nothing;
}

bool CategoryTops::better(std::uint32_t a, std::uint32_t b) const {
  const double left = log2_count(ItemId(a)), right = log2_count(ItemId(b));
  return left != right ? left > right : a < b;
}

std::span<const std::uint64_t> CategoryTops::of(ItemId item) const {
  return item.index() < items_.size()
             ? std::span<const std::uint64_t>(items_[item.index()].categories)
             : std::span<const std::uint64_t>();
}

std::span<const std::uint32_t> CategoryTops::top(std::uint64_t category) const {
  const auto at = categories_.find(category);
  if (at == categories_.end()) return {};
  const std::vector<std::uint32_t>& top = at->second.top;
  return {top.data(), std::min(top.size(), limit_)};
}

std::size_t CategoryTops::members(std::uint64_t category) const {
  const auto at = categories_.find(category);
  return at == categories_.end() ? 0 : at->second.members.size();
}

void CategoryTops::set(ItemId item, double log2_count) {
  const std::size_t at = item.index();
  if (at >= log2_counts_.size()) log2_counts_.resize(at + 1, nothing);
  const bool less = log2_count < log2_counts_[at];
  const bool member = at < items_.size() && items_[at].member;
  log2_counts_[at] = log2_count;
  if (!member) return;
  for (const std::uint64_t key : items_[at].categories) {
    Category& category = categories_.at(key);
    less ? lowered(category, item.value) : raised(category, item.value);
  }
}

void CategoryTops::describe(ItemId item, const CatalogEntry* entry) {
  std::vector<std::uint64_t> categories;
  if (entry != nullptr) {
    const std::size_t n = entry->category.size();
    for (std::size_t k = n - std::min(n, item_categories); k < n; ++k) {
      categories.push_back(hash64(entry->category[k]));
    }
    std::sort(categories.begin(), categories.end());
    categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
  }
  const bool member = entry != nullptr && entry->recommendable() && !categories.empty();
  if (item.index() >= items_.size()) {
    if (categories.empty()) return;
    items_.resize(item.index() + 1);
  }
  Item& known = items_[item.index()];
  if (known.member == member && known.categories == categories) return;
  if (known.member) {
    for (const std::uint64_t key : known.categories) leave(key, item.value);
  }
  known.categories = std::move(categories);
  known.member = member;
  if (!member) return;
  for (const std::uint64_t key : known.categories) enter(categories_[key], item.value);
}

void CategoryTops::enter(Category& category, std::uint32_t item) {
  category.members.push_back(item);
  raised(category, item);
}

void CategoryTops::leave(std::uint64_t key, std::uint32_t item) {
  const auto at = categories_.find(key);
  Category& category = at->second;
  std::erase(category.members, item);
  if (category.members.empty()) {
    categories_.erase(at);
  } else if (std::erase(category.top, item) > 0 && category.top.size() < limit_) {
    rebuild(category);
  }
}

/// One outside of a top is worse than all in it, so one that rises stays there or enters.
void CategoryTops::raised(Category& category, std::uint32_t item) {
  if (log2_count(ItemId(item)) == nothing) return;
  const bool inside = std::erase(category.top, item) > 0;
  if (inside || category.all || better(item, category.top.back())) insert(category, item);
}

/// It stays only if it is better than one of the top that was not lowered.
void CategoryTops::lowered(Category& category, std::uint32_t item) {
  if (std::erase(category.top, item) == 0) return;
  const bool any = log2_count(ItemId(item)) != nothing;
  const bool stays = category.all || (!category.top.empty() && better(item, category.top.back()));
  if (any && stays) insert(category, item);
  if (category.top.size() < limit_) rebuild(category);
}

void CategoryTops::insert(Category& category, std::uint32_t item) {
  const auto before = [this](std::uint32_t a, std::uint32_t b) { return better(a, b); };
  std::vector<std::uint32_t>& top = category.top;
  top.insert(std::upper_bound(top.begin(), top.end(), item, before), item);
  if (top.size() <= 2 * limit_) return;
  top.pop_back();
  category.all = false;
}

void CategoryTops::rebuild(Category& category) const {
  if (category.all) return;
  std::vector<std::uint32_t>& top = category.top;
  top.clear();
  for (const std::uint32_t item : category.members) {
    if (log2_count(ItemId(item)) != nothing) top.push_back(item);
  }
  const std::size_t n = std::min(top.size(), 2 * limit_);
  category.all = n == top.size();
  std::partial_sort(top.begin(), top.begin() + static_cast<std::ptrdiff_t>(n), top.end(),
                    [this](std::uint32_t a, std::uint32_t b) { return better(a, b); });
  top.resize(n);
}

std::size_t CategoryTops::memory_bytes() const {
  std::size_t bytes = log2_counts_.capacity() * sizeof(double) + items_.capacity() * sizeof(Item);
  for (const Item& item : items_) bytes += item.categories.capacity() * sizeof(std::uint64_t);
  for (const auto& [key, category] : categories_) {
    bytes += sizeof category + (category.members.capacity() + category.top.capacity()) * 4;
  }
  return bytes;
}

}  // namespace freshet
