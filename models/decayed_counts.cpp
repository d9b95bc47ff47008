#include "models/decayed_counts.h"

#include <algorithm>

namespace freshet {

namespace {

constexpr std::string_view items_space = "popularity.items";
constexpr std::string_view events_space = "popularity.events";
constexpr std::string_view events_key = "events";
constexpr double window_halvings = 32;  // of a count that keeps its base

}  // namespace

void DecayedCounts::add(ItemId item, std::uint64_t learned) {
  if (item.index() >= items_.size()) {
    items_.resize(item.index() + 1, Sums{nothing, nothing, nothing});
  }
  events_ = std::max(events_, learned) + 1;
  dirty_events_ = true;
  for (std::size_t h = 0; h < horizons; ++h) {
    double& sum = items_[item.index()][h];
    const double then = static_cast<double>(learned + 1) / half_life_[h];
    // The greater power is taken out, so that neither can overflow.
    const double high = std::max(sum, then), low = std::min(sum, then);
    sum = high + std::log2(1 + std::exp2(low - high));
  }
  touched_.push_back({item.value, false});
  dirty_.mark(item.value);
}

void DecayedCounts::take_back(ItemId item, std::uint64_t learned) {
  if (item.index() >= items_.size() || learned >= events_) return;
  constexpr double nearly_all = 1 - 1e-9;  // what is left then is rounding
  for (std::size_t h = 0; h < horizons; ++h) {
    double& sum = items_[item.index()][h];
    const double share = std::exp2(static_cast<double>(learned + 1) / half_life_[h] - sum);
    sum = share < nearly_all ? sum + std::log2(1 - share) : nothing;
  }
  if (!known(item)) items_[item.index()].fill(nothing);
  touched_.push_back({item.value, true});
  dirty_.mark(item.value);
}

bool DecayedCounts::better(std::size_t horizon, std::uint32_t a, std::uint32_t b) const {
  const double left = items_[a][horizon], right = items_[b][horizon];
  return left != right ? left > right : a < b;
}

std::span<const std::uint32_t> DecayedCounts::top(Horizon horizon) const {
  const std::span<const std::uint32_t> items = tops_[horizon].items;
  return items.first(std::min(top_items_, items.size()));
}

/// Half-lives that have passed, in units of `window_halvings`.
std::uint64_t DecayedCounts::window(std::size_t horizon) const {
  return static_cast<std::uint64_t>(log2_now(static_cast<Horizon>(horizon)) / window_halvings);
}

/// Of the sorted items; of all if a base has moved.
void DecayedCounts::make_linear() {
  const std::array<std::uint64_t, horizons> before = windows_;
  for (std::size_t h = 0; h < horizons; ++h) windows_[h] = window(h);
  linear_.resize(items_.size());
  if (windows_ != before) {
    for (std::uint32_t item = 0; item < items_.size(); ++item) make_linear(item);
  } else {
    for (const std::uint32_t item : sorted_) make_linear(item);
  }
}

void DecayedCounts::make_linear(std::uint32_t item) {
  for (std::size_t h = 0; h < horizons; ++h) {
    const double base = static_cast<double>(windows_[h]) * window_halvings;
    linear_[item][h] = std::exp2(static_cast<float>(items_[item][h] - base));
  }
}

std::array<float, DecayedCounts::horizons> DecayedCounts::scale() const {
  std::array<float, horizons> out;
  for (std::size_t h = 0; h < horizons; ++h) {
    const double base = static_cast<double>(windows_[h]) * window_halvings;
    out[h] = static_cast<float>(std::exp2(base - log2_now(static_cast<Horizon>(h))));
  }
  return out;
}

std::span<const std::uint32_t> DecayedCounts::sort() {
  std::sort(touched_.begin(), touched_.end());
  // Of an item that was lowered and raised, the entry that says lowered stays.
  touched_.erase(std::unique(touched_.begin(), touched_.end(),
                             [](auto& a, auto& b) { return a.item == b.item; }),
                 touched_.end());
  marks_.resize(items_.size(), untouched);
  for (const Touched& t : touched_) marks_[t.item] = t.lowered ? lowered : raised;
  for (std::size_t h = 0; h < horizons; ++h) move_touched(h);
  sorted_.clear();
  for (const Touched& t : touched_) {
    sorted_.push_back(t.item);
    marks_[t.item] = untouched;
  }
  touched_.clear();
  make_linear();
  return sorted_;
}

/// The untouched items of a top keep their order, and the touched ones find their places among
/// them. An item outside is worse than every item of the top that was not lowered; so one that was
/// lowered, or that comes from outside, stays only if it is better than one of those.
void DecayedCounts::move_touched(std::size_t h) {
  Top& top = tops_[h];
  const auto before = [this, h](std::uint32_t a, std::uint32_t b) { return better(h, a, b); };
  std::vector<std::uint32_t>&moved = moved_, &risen = risen_, &merged = merged_;
  moved.clear();
  risen.clear();
  merged.clear();
  std::erase_if(top.items, [&](std::uint32_t item) {
    if (marks_[item] == raised) risen.push_back(item);
    return marks_[item] != untouched;
  });
  for (const Touched& t : touched_) {
    if (items_[t.item][h] != nothing) moved.push_back(t.item);
  }
  std::sort(moved.begin(), moved.end(), before);
  if (!top.all) {
    std::sort(risen.begin(), risen.end(), before);
    const std::uint32_t none = ItemId{}.value;
    std::uint32_t bar = top.items.empty() ? none : top.items.back();
    if (!risen.empty() && (bar == none || before(bar, risen.back()))) bar = risen.back();
    if (bar == none) {
      moved.clear();
    } else {
      const auto end = std::upper_bound(moved.begin(), moved.end(), bar, before);
      moved.erase(end, moved.end());
    }
  }
  auto from = top.items.begin();
  for (const std::uint32_t item : moved) {
    const auto to = std::lower_bound(from, top.items.end(), item, before);
    merged.insert(merged.end(), from, to);
    merged.push_back(item);
    from = to;
  }
  merged.insert(merged.end(), from, top.items.end());
  top.items.swap(merged);
  if (top.items.size() > 2 * top_items_) {
    top.items.resize(2 * top_items_);
    top.all = false;
  } else if (!top.all && top.items.size() < top_items_) {
    rebuild(h);
  }
}

void DecayedCounts::rebuild(std::size_t h) {
  std::vector<std::uint32_t>& items = tops_[h].items;
  items.clear();
  for (std::uint32_t item = 0; item < items_.size(); ++item) {
    if (items_[item][h] != nothing) items.push_back(item);
  }
  const auto before = [this, h](std::uint32_t a, std::uint32_t b) { return better(h, a, b); };
  const std::size_t n = std::min(items.size(), 2 * top_items_);
  tops_[h].all = n == items.size();
  std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(n), items.end(),
                    before);
  items.resize(n);
}

bool DecayedCounts::save_some(RowBatch& out, std::size_t rows_max) {
  std::string value;
  if (dirty_events_) {
    begin_row(value).number(events_);
    out.put(events_space, events_key, value);
    dirty_events_ = false;
  }
  for (const std::uint32_t item : dirty_.take(rows_max)) {
    if (!known(ItemId(item))) {
      out.erase(items_space, id_key(item));
      continue;
    }
    ByteWriter writer = begin_row(value);
    for (const double sum : items_[item]) writer.number(sum);
    out.put(items_space, id_key(item), value);
  }
  return dirty_.few(rows_max);
}

Status DecayedCounts::restore(const RowReader& rows, std::size_t items) {
  Status counted =
      rows.scan(events_space, [this](std::string_view key, std::string_view value) -> Status {
        ByteReader reader = open_row(value);
        events_ = reader.number<std::uint64_t>();
        if (key != events_key || !reader.at_end() || events_ > count_max) {
          return row_error(events_space, key, "it holds no number of events");
        }
        return {};
      });
  if (!counted) return counted;
  if (Status read = restore_items(rows, items); !read) return read;
  for (std::size_t h = 0; h < horizons; ++h) {
    rebuild(h);
    windows_[h] = window(h);
  }
  linear_.resize(items_.size());
  for (std::uint32_t item = 0; item < items_.size(); ++item) make_linear(item);
  return {};
}

Status DecayedCounts::restore_items(const RowReader& rows, std::size_t items) {
  // No item has more than all events. Rows say otherwise after a half-life was made longer; without
  // this bound their sums would be infinite.
  Sums most;
  for (std::size_t h = 0; h < horizons; ++h) {
    const auto events = static_cast<double>(events_);
    most[h] = events / half_life_[h] + std::log2(events) + 1;
  }
  return rows.scan(items_space, [&](std::string_view key, std::string_view value) -> Status {
    const ItemId item = key_item(key, items);
    if (item.is_none()) return row_error(items_space, key, "its key is no item");
    if (item.index() >= items_.size()) {
      items_.resize(item.index() + 1, Sums{nothing, nothing, nothing});
    }
    ByteReader reader = open_row(value);
    bool good = events_ > 0;
    for (std::size_t h = 0; h < horizons; ++h) {
      const auto sum = reader.number<double>();
      good = good && (std::isfinite(sum) || (sum == nothing && h != long_term));
      items_[item.index()][h] = std::min(sum, most[h]);
      if (sum > most[h]) dirty_.mark(item.value);
    }
    if (!good || !reader.at_end()) return row_error(items_space, key, "it holds no counts");
    return {};
  });
}

std::size_t DecayedCounts::memory_bytes() const {
  return items_.capacity() * sizeof(Sums) + linear_.capacity() * sizeof(linear_[0]) +
         marks_.capacity() + dirty_.memory_bytes();
}

}  // namespace freshet
