#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace freshet {

/// What a simulated shop sells, fixed by a seed: items in a tree of categories, with brands, prices
/// and, for each item, the ones that shoppers tend to look at after it.
///
/// Items are numbered from 0. The shelves (narrowest categories) hold about 25 items each, side by
/// side in `position` order, so a shelf is a range of positions.
class Assortment {
 public:
  static constexpr std::size_t next_count = 4;

  struct Item {
    std::uint32_t position = 0;
    std::uint32_t shelf = 0;
    std::uint32_t brand = 0;
    std::uint32_t price_cents = 0;
    std::uint32_t rank = 0;               ///< by lasting popularity, 0 the highest
    std::uint32_t next[next_count] = {};  ///< the likeliest first
    bool is_consumable = false;           ///< bought again and again
  };

  /// Cost: O(items), about 0.2 µs each.
  Assortment(std::uint64_t seed, std::uint32_t items);

  std::uint32_t size() const { return static_cast<std::uint32_t>(items_.size()); }
  const Item& item(std::uint32_t number) const { return items_[number]; }
  std::uint32_t item_at(std::uint32_t position) const { return order_[position]; }

  std::uint32_t shelf_count() const { return shelf_count_; }
  /// The positions of a shelf are [shelf_begin(s), shelf_begin(s + 1)).
  std::uint32_t shelf_begin(std::uint32_t shelf) const;
  std::uint32_t department_count() const { return department_count_; }
  std::uint32_t department_of(std::uint32_t shelf) const;
  /// The shelves of a department are [department_begin(d), department_begin(d + 1)).
  std::uint32_t department_begin(std::uint32_t department) const;

  /// The item's record for the topic `catalog`, as one line of JSON without newline; without
  /// `stock` it does not say how many there are.
  std::string catalog_record(std::uint32_t number, std::optional<std::uint32_t> stock = {}) const;

  std::size_t memory_bytes() const;

 private:
  void choose_next(std::uint64_t seed);

  std::uint32_t shelf_count_;
  std::uint32_t department_count_;
  std::vector<Item> items_;
  std::vector<std::uint32_t> order_;  ///< item at each position
};

}  // namespace freshet
