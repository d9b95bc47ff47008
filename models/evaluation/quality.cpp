#include "models/evaluation/quality.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace freshet {
namespace {

std::uint64_t& grown(std::vector<std::uint64_t>& counts, ItemId item) {
  if (item.index() >= counts.size()) counts.resize(item.index() + 1);
  return counts[item.index()];
}

}  // namespace

void Quality::add(std::int64_t place, std::size_t k) {
  ++predictions_;
  if (place < 0 || place >= static_cast<std::int64_t>(k)) return;
  hits_ += 1;
  reciprocal_ += 1 / static_cast<double>(place + 1);
  gain_ += 1 / std::log2(static_cast<double>(place + 2));
}

void ListSpread::count_event(ItemId item) {
  ++grown(events_, item);
  ++all_events_;
}

void ListSpread::add(const std::vector<ItemId>& list) {
  const auto all = static_cast<double>(std::max<std::uint64_t>(all_events_, 1));
  for (const ItemId item : list) {
    const std::uint64_t n = std::max<std::uint64_t>(grown(events_, item), 1);
    bits_ -= std::log2(static_cast<double>(n) / all);
    ++grown(places_, item);
    ++all_places_;
  }
}

double ListSpread::coverage(std::size_t items) const {
  if (items == 0) return 0;
  const auto listed =
      std::count_if(places_.begin(), places_.end(), [](std::uint64_t n) { return n > 0; });
  return static_cast<double>(listed) / static_cast<double>(items);
}

double ListSpread::novelty() const {
  return all_places_ == 0 ? 0 : bits_ / static_cast<double>(all_places_);
}

double ListSpread::gini_diversity(std::size_t items) const {
  if (all_places_ == 0) return 0;
  assert(places_.size() <= items);
  std::vector<std::uint64_t> places = places_;
  places.resize(items);
  std::sort(places.begin(), places.end());
  const auto n = static_cast<double>(items);
  double sum = 0;
  for (std::size_t i = 0; i < items; ++i) {
    sum += (n - static_cast<double>(i)) / (n + 1) * static_cast<double>(places[i]);
  }
  return 2 * sum / static_cast<double>(all_places_);
}

}  // namespace freshet
