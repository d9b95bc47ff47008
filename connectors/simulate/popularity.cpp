#include "connectors/simulate/popularity.h"

#include <algorithm>

namespace freshet {

namespace {
constexpr std::int64_t day_s = 86'400;
}

ShopPopularity::ShopPopularity(std::uint64_t seed, const Assortment& assortment)
    : assortment_(assortment), lives_(assortment.size()), cumulated_(assortment.size() + 1) {
  Random random(mix(seed ^ 0x9090'0000'0000'0001ULL));
  for (std::uint32_t item = 0; item < assortment.size(); ++item) {
    Life& life = lives_[item];
    life.wave_s = random.between(14 * day_s, 60 * day_s);
    life.phase_s = random.index(life.wave_s);
    life.is_trendy = random.percent(20);
    const std::uint32_t kind = random.index(10);
    const std::uint32_t start_s = random.index(90 * day_s);
    // The most popular item is always there, so the shop is never empty.
    if (assortment.item(item).rank == 0) continue;
    if (kind < 2) life.appears_s = start_s;
    if (kind == 2) life.is_seasonal = true;
  }
  refresh(0);
}

std::uint64_t ShopPopularity::weight_now(std::uint32_t item, std::int64_t time_s) const {
  const Life& life = lives_[item];
  const std::int64_t age_s = time_s - life.appears_s;
  if (age_s < 0) return 0;
  if (life.is_seasonal && (age_s + life.phase_s) % (90 * day_s) >= 60 * day_s) return 0;

  const std::uint64_t base = (std::uint64_t{1} << 26) / (assortment_.item(item).rank + 5);
  // A triangle from 0 up to 1000 and down again.
  const std::int64_t in_wave = (time_s + life.phase_s) % life.wave_s * 2000 / life.wave_s;
  const auto wave = static_cast<std::uint64_t>(in_wave < 1000 ? in_wave : 2000 - in_wave);
  const std::uint64_t trend = life.is_trendy ? 250 + 3750 * wave / 1000 : 800 + 400 * wave / 1000;
  std::uint64_t newness = 1;
  if (life.appears_s > 0 && age_s < 15 * day_s) newness = age_s < 5 * day_s ? 4 : 2;
  return std::max<std::uint64_t>(base * trend * newness / 1000, 1);
}

void ShopPopularity::refresh(std::int64_t time_s) {
  for (std::uint32_t position = 0; position < assortment_.size(); ++position) {
    cumulated_[position + 1] =
        cumulated_[position] + weight_now(assortment_.item_at(position), time_s);
  }
}

std::uint32_t ShopPopularity::draw(Random& random) const {
  return *draw_between(0, assortment_.size(), random);
}

std::optional<std::uint32_t> ShopPopularity::draw_from(std::uint32_t shelf, Random& random) const {
  return draw_between(assortment_.shelf_begin(shelf), assortment_.shelf_begin(shelf + 1), random);
}

std::optional<std::uint32_t> ShopPopularity::draw_between(std::uint32_t begin, std::uint32_t end,
                                                          Random& random) const {
  const std::uint64_t low = cumulated_[begin];
  const std::uint64_t total = cumulated_[end] - low;
  const std::uint64_t drawn = low + random.below(total);
  if (total == 0) return std::nullopt;
  const auto first = cumulated_.begin();
  const auto above = std::upper_bound(first + begin, first + end, drawn);
  return assortment_.item_at(static_cast<std::uint32_t>(above - first - 1));
}

std::size_t ShopPopularity::memory_bytes() const {
  return lives_.capacity() * sizeof(Life) + cumulated_.capacity() * sizeof(std::uint64_t);
}

}  // namespace freshet
