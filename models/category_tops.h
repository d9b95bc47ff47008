#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "stream/catalog.h"
#include "stream/ids.h"

namespace freshet {

/// The most popular items of each category of the catalogue.
///
/// An item's popularity is given as the logarithm of a decayed count; all counts decay alike, so
/// the order of two items changes only when one of them is touched. Of an item's categories the
/// narrowest `item_categories` count. Its members are those that can be recommended.
///
/// Invariant: `top` is the first `items` of the category's members of finite popularity, the
/// highest first, ties by id. So it is a function of the newest popularities and entries alone, and
/// needs no rows.
/// Bounds: `item_categories` · 4 bytes an item of the catalogue, and 2 · `items` · 4 a category.
/// Cost: `set` O(categories · items) comparisons of ids; O(members) once in at least `items` items
/// lowered or gone; `describe` O(members) if the item's categories changed, else O(1).
class CategoryTops {
 public:
  static constexpr std::size_t item_categories = 4;

  explicit CategoryTops(std::size_t items) : limit_(items) {}

  /// The item's popularity, log2; minus infinity: nobody knows it any more.
  void set(ItemId item, double log2_count);
  /// As Model::describe.
  void describe(ItemId item, const CatalogEntry* entry);

  /// Hashes of the categories of any item, ascending; those of an item that cannot be recommended
  /// too. Cost: O(1).
  std::span<const std::uint64_t> of(ItemId item) const;
  /// The best members of a category. Cost: O(log categories).
  std::span<const std::uint32_t> top(std::uint64_t category) const;
  /// Items in it that can be recommended.
  std::size_t members(std::uint64_t category) const;
  double log2_count(ItemId item) const;

  std::size_t memory_bytes() const;

 private:
  struct Category {
    std::vector<std::uint32_t> members;
    std::vector<std::uint32_t> top;  ///< at least `limit_` and at most twice as many, or all
    bool all = true;                 ///< `top` holds all members of finite popularity
  };
  struct Item {
    std::vector<std::uint64_t> categories;
    bool member = false;
  };

  bool better(std::uint32_t a, std::uint32_t b) const;
  void enter(Category& category, std::uint32_t item);
  void raised(Category& category, std::uint32_t item);
  void lowered(Category& category, std::uint32_t item);
  void insert(Category& category, std::uint32_t item);
  void rebuild(Category& category) const;
  void leave(std::uint64_t key, std::uint32_t item);

  const std::size_t limit_;
  std::vector<double> log2_counts_;
  std::vector<Item> items_;
  std::map<std::uint64_t, Category> categories_;
};

}  // namespace freshet
