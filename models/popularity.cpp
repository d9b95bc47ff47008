#include "models/popularity.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>

#include "models/accumulator.h"

namespace freshet {

namespace {

constexpr std::string_view items_space = "popularity.items";
constexpr std::string_view events_space = "popularity.events";
constexpr std::string_view events_key = "events";

struct NoWork final : Scratch {};

}  // namespace

config::Table<PopularityOptions> describe_popularity() {
  using O = PopularityOptions;
  using config::range;
  constexpr std::uint32_t most = 1'000'000'000;
  return config::object<O>("What everybody chooses now: for new users and the tail of every list.")
      .option("short_events", &O::short_events, "Shortest half-life of a count, in events.",
              range(1, most))
      .option("medium_events", &O::medium_events, "Medium half-life, in events.", range(1, most))
      .option("long_events", &O::long_events, "Longest half-life, in events.", range(1, most))
      .option("short_share", &O::short_share, "Share of the shortest half-life in the score.",
              range(0.0, 1.0))
      .option("medium_share", &O::medium_share, "Share of the medium half-life in the score.",
              range(0.0, 1.0))
      .option("long_share", &O::long_share, "Share of the longest half-life in the score.",
              range(0.0, 1.0))
      .option("top_items", &O::top_items, "Popular items that are kept sorted.", range(1, 100'000));
}

Popularity::Popularity(const PopularityOptions& options)
    : options_(options),
      half_life_{static_cast<double>(options.short_events),
                 static_cast<double>(options.medium_events),
                 static_cast<double>(options.long_events)} {
  const std::array<double, horizons> share = {options.short_share, options.medium_share,
                                              options.long_share};
  for (std::size_t h = 0; h < horizons; ++h) {
    weight_[h] = static_cast<float>(share[h] * std::numbers::ln2 / half_life_[h]);
  }
}

std::unique_ptr<Scratch> Popularity::make_scratch() const { return std::make_unique<NoWork>(); }

void Popularity::candidates(const Query& query, Scratch&, std::vector<Candidate>& out) const {
  const std::size_t n = std::min(query.limit, top_.size());
  out.assign(top_.begin(), top_.begin() + static_cast<std::ptrdiff_t>(n));
}

void Popularity::score(const Query&, Scratch&, std::span<const ItemId> items,
                       std::span<float> out) const {
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = score_of(items[i]);
}

void Popularity::explain(const Query&, Scratch&, std::span<const ItemId>,
                         std::vector<Reason>&) const {}

float Popularity::count(ItemId item, Horizon horizon) const {
  return std::exp2(log2_count(item, horizon));
}

float Popularity::score_of(ItemId item) const {
  float score = 0;
  for (std::size_t h = 0; h < horizons; ++h) {
    if (weight_[h] > 0) score += weight_[h] * count(item, static_cast<Horizon>(h));
  }
  return score;
}

void Popularity::learn(std::span<const Interaction> epoch) {
  touched_.clear();
  for (const Interaction& x : epoch) {
    if (x.positive()) count_event(x.item);
  }
  if (!touched_.empty()) sort_tops(touched_);
}

void Popularity::count_event(ItemId item) {
  if (item.index() >= items_.size()) items_.resize(item.index() + 1);
  ++events_;
  dirty_events_ = true;
  for (std::size_t h = 0; h < horizons; ++h) {
    double& sum = items_[item.index()].log2_sum[h];
    const double now = static_cast<double>(events_) / half_life_[h];
    sum = now + std::log2(1 + std::exp2(sum - now));
  }
  touched_.push_back(item.value);
  dirty_.mark(item.value);
}

void Popularity::sort_tops(std::vector<std::uint32_t>& touched) {
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  std::vector<std::uint32_t> moved, merged, all;
  for (std::size_t h = 0; h < horizons; ++h) {
    const auto better = [this, h](std::uint32_t a, std::uint32_t b) {
      const double left = items_[a].log2_sum[h], right = items_[b].log2_sum[h];
      return left != right ? left > right : a < b;
    };
    // The untouched ones kept their order; the touched ones find their places among them.
    std::vector<std::uint32_t>& top = tops_[h];
    std::erase_if(top, [&](std::uint32_t item) {
      return std::binary_search(touched.begin(), touched.end(), item);
    });
    moved = touched;
    std::sort(moved.begin(), moved.end(), better);
    merged.clear();
    std::merge(top.begin(), top.end(), moved.begin(), moved.end(), std::back_inserter(merged),
               better);
    merged.resize(std::min<std::size_t>(options_.top_items, merged.size()));
    top.swap(merged);
    all.insert(all.end(), top.begin(), top.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  TopSelector best;
  best.begin(options_.top_items);
  for (const std::uint32_t item : all) best.offer(item, score_of(ItemId(item)));
  best.finish(top_);
}

bool Popularity::save_some(RowBatch& out, std::size_t rows_max) {
  std::string value;
  if (dirty_events_) {
    begin_row(value).number(events_);
    out.put(events_space, events_key, value);
    dirty_events_ = false;
  }
  for (const std::uint32_t item : dirty_.take(rows_max)) {
    ByteWriter writer = begin_row(value);
    for (const double sum : items_[item].log2_sum) writer.number(sum);
    out.put(items_space, id_key(item), value);
  }
  return dirty_.few(rows_max);
}

Status Popularity::restore(const RowReader& rows, std::size_t items) {
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
  touched_.clear();
  // No item has more than all events. Rows say otherwise after a half-life was made longer; without
  // this bound their sums would be infinite.
  std::array<double, horizons> most;
  for (std::size_t h = 0; h < horizons; ++h) {
    const auto events = static_cast<double>(events_);
    most[h] = events / half_life_[h] + std::log2(events) + 1;
  }
  Status read = rows.scan(items_space, [&](std::string_view key, std::string_view value) -> Status {
    const ItemId item = key_item(key, items);
    if (item.is_none()) return row_error(items_space, key, "its key is no item");
    if (item.index() >= items_.size()) items_.resize(item.index() + 1);
    ByteReader reader = open_row(value);
    bool good = events_ > 0;
    for (std::size_t h = 0; h < horizons; ++h) {
      const auto sum = reader.number<double>();
      good = good && std::isfinite(sum);
      items_[item.index()].log2_sum[h] = std::min(sum, most[h]);
      if (sum > most[h]) dirty_.mark(item.value);
    }
    if (!good || !reader.at_end()) return row_error(items_space, key, "it holds no counts");
    touched_.push_back(item.value);
    return {};
  });
  if (!read) return read;
  for (auto& top : tops_) top.clear();
  sort_tops(touched_);
  touched_.clear();
  return {};
}

std::size_t Popularity::memory_bytes() const {
  return items_.capacity() * sizeof(Item) + top_.capacity() * sizeof(Candidate) +
         dirty_.memory_bytes();
}

}  // namespace freshet
