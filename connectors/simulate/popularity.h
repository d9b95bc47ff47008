#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "connectors/simulate/assortment.h"
#include "connectors/simulate/random.h"

namespace freshet {

/// How much is asked for each item at a moment, and draws of items by it.
///
/// Lasting popularity is Zipf's: weight ~ 1 / (rank + 5). Over it lie trends: a fifth of the items
/// rise and fall sixteenfold within weeks, the others a little; a fifth appears only in the course
/// of the first 90 days and is asked for more while new; a tenth is seasonal, there for 60 days and
/// away for 30.
class ShopPopularity {
 public:
  /// `assortment` must outlive this.
  ShopPopularity(std::uint64_t seed, const Assortment& assortment);

  /// Moves on to `time_s` seconds after the shop's opening. Cost: O(items).
  void refresh(std::int64_t time_s);

  bool is_available(std::uint32_t item) const {
    return weight_at(assortment_.item(item).position) > 0;
  }
  /// An available item of all, or of a shelf. Absent: nothing on that shelf is available.
  std::uint32_t draw(Random& random) const;
  std::optional<std::uint32_t> draw_from(std::uint32_t shelf, Random& random) const;

  /// Seconds after the opening when the item first appears.
  std::int64_t appears_s(std::uint32_t item) const { return lives_[item].appears_s; }

  std::size_t memory_bytes() const;

 private:
  struct Life {
    std::uint32_t appears_s = 0;
    std::uint32_t wave_s = 0;  ///< period of its trend
    std::uint32_t phase_s = 0;
    bool is_trendy = false;
    bool is_seasonal = false;
  };
  std::uint64_t weight_now(std::uint32_t item, std::int64_t time_s) const;
  std::uint64_t weight_at(std::uint32_t position) const {
    return cumulated_[position + 1] - cumulated_[position];
  }
  std::optional<std::uint32_t> draw_between(std::uint32_t begin, std::uint32_t end,
                                            Random& random) const;

  const Assortment& assortment_;
  std::vector<Life> lives_;               ///< by item
  std::vector<std::uint64_t> cumulated_;  ///< sum of the weights of the positions before each
};

}  // namespace freshet
