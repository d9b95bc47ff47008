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

constexpr std::string_view segments_space = "popularity.segments";
constexpr double trusted_events = 20;  // at which a segment is trusted by half
constexpr double rescale_halvings = 32;

constexpr std::size_t user_categories = 2;  // that a user is in at a time
constexpr double category_event_decay = 0.8;

std::string segment_key(std::uint64_t hash) {
  return id_key(static_cast<std::uint32_t>(hash >> 32)) + id_key(static_cast<std::uint32_t>(hash));
}

}  // namespace

struct Popularity::Work final : Scratch {
  struct Vote {
    std::uint64_t category;
    double weight;
    std::size_t members;
  };
  ScoreAccumulator groups;    ///< what the user's segments and categories say
  std::vector<Vote> votes;    ///< for categories
  std::vector<float> counts;  ///< of one category's items
  float everybody = 1;        ///< share of everybody's score
  TopSelector top;
  std::vector<Candidate> best;  ///< of the items of the groups
};

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
      .option("trend_share", &O::trend_share,
              "How much an item gains that is more popular now than in the long run, and one loses "
              "that is less.",
              range(0.0, 1.0))
      .option("segment_share", &O::segment_share,
              "Share in the score of what users with the same attributes choose; 0: they are not "
              "told apart.",
              range(0.0, 1.0))
      .option("segments", &O::segments, "Attributes with a value that are counted.",
              range(1, 100'000))
      .option("segment_items", &O::segment_items, "Items kept for each of them.", range(1, 10'000))
      .option("segment_events", &O::segment_events, "Half-life in one of them, in its own events.",
              range(1.0, 1e9))
      .option("category_share", &O::category_share,
              "Share in the score of what is chosen in the categories of the user's newest items; "
              "0: they are not told apart.",
              range(0.0, 1.0))
      .option("category_items", &O::category_items, "Best items of a category that count.",
              range(1, 10'000))
      .option("category_events", &O::category_events,
              "The user's newest events that say which categories he is in.", range(1, 100))
      .option("top_items", &O::top_items, "Popular items that are kept sorted.", range(1, 100'000));
}

Popularity::Popularity(const PopularityOptions& options)
    : options_(options),
      half_life_{static_cast<double>(options.short_events),
                 static_cast<double>(options.medium_events),
                 static_cast<double>(options.long_events)},
      categories_(options.category_items) {
  const std::array<double, horizons> share = {options.short_share, options.medium_share,
                                              options.long_share};
  for (std::size_t h = 0; h < horizons; ++h) {
    weight_[h] = static_cast<float>(share[h] * std::numbers::ln2 / half_life_[h]);
  }
}

std::unique_ptr<Scratch> Popularity::make_scratch() const { return std::make_unique<Work>(); }

void Popularity::candidates(const Query& query, Scratch& scratch,
                            std::vector<Candidate>& out) const {
  Work& work = static_cast<Work&>(scratch);
  work.groups.reset(items_.size());
  work.everybody = 1;
  if (options_.segment_share > 0) add_segments(query, work);
  if (options_.category_share > 0) add_categories(query, work);
  work.everybody = std::max(work.everybody, 0.0F);
  if (work.groups.touched().empty()) {
    work.everybody = 1;
    const std::size_t best = std::min(query.limit, top_.size());
    out.assign(top_.begin(), top_.begin() + static_cast<std::ptrdiff_t>(best));
    return;
  }
  work.top.begin(query.limit);
  for (const std::uint32_t item : work.groups.touched()) {
    work.top.offer(item, blended(work, ItemId(item)));
  }
  work.top.finish(work.best);
  merge_top(query.limit, work, out);
}

/// The items of the groups among everybody's best, which keep their order but for what becomes
/// equal by rounding.
void Popularity::merge_top(std::size_t limit, const Work& work, std::vector<Candidate>& out) const {
  const auto before = [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  };
  out.clear();
  auto own = work.best.begin();
  for (const Candidate& c : top_) {
    if (work.groups[c.item] != 0) continue;
    const Candidate next{c.item, work.everybody * c.score};
    while (own != work.best.end() && before(*own, next)) out.push_back(*own++);
    if (out.size() >= limit || !(next.score > 0)) break;
    out.push_back(next);
    for (std::size_t k = out.size() - 1; k > 0 && before(out[k], out[k - 1]); --k) {
      std::swap(out[k], out[k - 1]);
    }
  }
  out.insert(out.end(), own, work.best.end());
  if (out.size() > limit) out.resize(limit);
}

void Popularity::add_segments(const Query& query, Work& work) const {
  const auto n = static_cast<double>(query.user.segments.size());
  for (const std::uint64_t key : query.user.segments) {
    const auto found = segments_.find(key);
    if (found == segments_.end()) continue;
    const Segment& segment = found->second;
    if (!(segment.total > BoundedRow::least)) continue;
    const double events = segment.total * std::exp2(-segment.gained / options_.segment_events);
    const double share = options_.segment_share * events / (events + trusted_events) / n;
    work.everybody -= static_cast<float>(share);
    work.groups.add_row(segment.items.ids(), segment.items.weights(),
                        static_cast<float>(share / segment.total));
  }
}

void Popularity::add_categories(const Query& query, Work& work) const {
  std::vector<Work::Vote>& votes = work.votes;
  votes.clear();
  double weight = 1;
  for (const RecentEvent& event : query.user.recent.first(
           std::min<std::size_t>(query.user.recent.size(), options_.category_events))) {
    const std::span<const std::uint64_t> categories = categories_.of(event.item);
    for (const std::uint64_t category : categories) {
      const auto at = std::find_if(votes.begin(), votes.end(),
                                   [&](const Work::Vote& v) { return v.category == category; });
      Work::Vote& vote =
          at != votes.end()
              ? *at
              : votes.emplace_back(Work::Vote{category, 0, categories_.members(category)});
      vote.weight += weight / static_cast<double>(categories.size());
    }
    weight *= category_event_decay;
  }
  std::sort(votes.begin(), votes.end(), [](const Work::Vote& a, const Work::Vote& b) {
    if (a.weight != b.weight) return a.weight > b.weight;
    return a.members != b.members ? a.members < b.members : a.category < b.category;
  });
  if (votes.size() > user_categories) votes.resize(user_categories);
  double all = 0;
  for (const Work::Vote& vote : votes) all += vote.weight;
  const double now = static_cast<double>(events_) / half_life_[medium_term];
  for (const Work::Vote& vote : votes) {
    const std::span<const std::uint32_t> items = categories_.top(vote.category);
    work.counts.resize(items.size());
    double total = 0;
    for (std::size_t k = 0; k < items.size(); ++k) {
      work.counts[k] =
          std::exp2(static_cast<float>(categories_.log2_count(ItemId(items[k])) - now));
      total += work.counts[k];
    }
    if (!(total > BoundedRow::least)) continue;
    const double share =
        options_.category_share * total / (total + trusted_events) * vote.weight / all;
    work.everybody -= static_cast<float>(share);
    work.groups.add_row(items, work.counts, static_cast<float>(share / total));
  }
}

float Popularity::blended(const Work& work, ItemId item) const {
  return work.everybody * score_of(item) + work.groups[item];
}

void Popularity::score(const Query&, Scratch& scratch, std::span<const ItemId> items,
                       std::span<float> out) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = blended(work, items[i]);
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
  if (!(options_.trend_share > 0)) return score;
  const auto rate = [this, item](Horizon h) {
    const double all = 1 - std::exp2(-static_cast<double>(events_) / half_life_[h]);
    return count(item, h) / (half_life_[h] * all);
  };
  const double now = rate(short_term), long_run = rate(long_term);
  if (!(now + long_run > 0)) return score;
  const double trend = (now - long_run) / (now + long_run);
  return score * static_cast<float>(1 + options_.trend_share * trend);
}

void Popularity::learn(std::span<const Interaction> epoch) {
  if (epoch.empty()) return;
  const std::uint64_t learned = std::max(events_, epoch.front().learned);
  for (const Interaction& x : epoch) {
    if (x.forget) {
      for (const RecentEvent& event : x.recent) {
        if (!event.known()) continue;
        take_back(event.item, event.learned);
        take_from_segments(x.segments, event.item);
      }
    } else if (x.undone < x.recent.size()) {
      take_back(x.item, x.recent[x.undone].learned);
      take_from_segments(x.segments, x.item);
    } else if (x.positive()) {
      count_event(x.item, learned);
      count_in_segments(x.segments, x.item);
    }
  }
  if (!touched_.empty()) sort_tops();
}

void Popularity::describe(ItemId item, const CatalogEntry* entry) {
  if (options_.category_share > 0) categories_.describe(item, entry);
}

void Popularity::count_event(ItemId item, std::uint64_t learned) {
  if (item.index() >= items_.size()) items_.resize(item.index() + 1);
  events_ = std::max(events_, learned) + 1;
  dirty_events_ = true;
  for (std::size_t h = 0; h < horizons; ++h) {
    double& sum = items_[item.index()].log2_sum[h];
    const double then = static_cast<double>(learned + 1) / half_life_[h];
    // The greater power is taken out, so that neither can overflow.
    const double high = std::max(sum, then), low = std::min(sum, then);
    sum = high + std::log2(1 + std::exp2(low - high));
  }
  touched_.push_back({item.value, false});
  dirty_.mark(item.value);
}

void Popularity::take_back(ItemId item, std::uint64_t learned) {
  if (item.index() >= items_.size() || learned >= events_) return;
  constexpr double nearly_all = 1 - 1e-9;  // what is left then is rounding
  for (std::size_t h = 0; h < horizons; ++h) {
    double& sum = items_[item.index()].log2_sum[h];
    const double share = std::exp2(static_cast<double>(learned + 1) / half_life_[h] - sum);
    sum = share < nearly_all ? sum + std::log2(1 - share) : nothing;
  }
  if (!known(item)) items_[item.index()] = Item{};
  touched_.push_back({item.value, true});
  dirty_.mark(item.value);
}

void Popularity::count_in_segments(std::span<const std::uint64_t> segments, ItemId item) {
  if (!(options_.segment_share > 0)) return;
  for (const std::uint64_t key : segments) {
    auto at = segments_.find(key);
    if (at == segments_.end()) {
      if (segments_.size() >= options_.segments) {
        const auto oldest = std::min_element(
            segments_.begin(), segments_.end(),
            [](const auto& a, const auto& b) { return a.second.newest < b.second.newest; });
        dirty_segments_.insert(oldest->first);
        segments_.erase(oldest);
      }
      at = segments_.emplace(key, Segment{}).first;
    }
    Segment& segment = at->second;
    segment.newest = events_;
    segment.gained += 1;
    if (segment.gained >= rescale_halvings * options_.segment_events) {
      segment.gained -= rescale_halvings * options_.segment_events;
      segment.total = std::ldexp(segment.total, -static_cast<int>(rescale_halvings));
      segment.items.scale(std::ldexp(1.0F, -static_cast<int>(rescale_halvings)));
    }
    const double weight = std::exp2(segment.gained / options_.segment_events);
    segment.total = std::min<double>(segment.total + weight, BoundedRow::most);  // as it is read
    segment.items.add(item.value, static_cast<float>(weight), options_.segment_items);
    dirty_segments_.insert(key);
  }
}

/// As of now: the user's segments do not tell when it was counted.
void Popularity::take_from_segments(std::span<const std::uint64_t> segments, ItemId item) {
  for (const std::uint64_t key : segments) {
    const auto at = segments_.find(key);
    if (at == segments_.end()) continue;
    Segment& segment = at->second;
    const std::uint32_t place = segment.items.find(item.value);
    if (place == BoundedRow::absent) continue;
    const auto weight = static_cast<float>(std::exp2(segment.gained / options_.segment_events));
    const float taken = std::min(weight, segment.items.weights()[place]);
    segment.items.add(item.value, -taken, options_.segment_items);
    segment.total = std::max(segment.total - taken, 0.0);
    dirty_segments_.insert(key);
  }
}

bool Popularity::better(std::size_t horizon, std::uint32_t a, std::uint32_t b) const {
  const double left = items_[a].log2_sum[horizon], right = items_[b].log2_sum[horizon];
  return left != right ? left > right : a < b;
}

void Popularity::sort_tops() {
  std::sort(touched_.begin(), touched_.end());
  // Of an item that was lowered and raised, the entry that says lowered stays.
  touched_.erase(std::unique(touched_.begin(), touched_.end(),
                             [](auto& a, auto& b) { return a.item == b.item; }),
                 touched_.end());
  std::vector<std::uint32_t> all;
  for (std::size_t h = 0; h < horizons; ++h) {
    move_touched(h);
    const std::vector<std::uint32_t>& top = tops_[h].items;
    const std::size_t n = std::min<std::size_t>(options_.top_items, top.size());
    all.insert(all.end(), top.begin(), top.begin() + static_cast<std::ptrdiff_t>(n));
  }
  if (options_.category_share > 0) {
    for (const Touched& t : touched_) {
      categories_.set(ItemId(t.item), items_[t.item].log2_sum[medium_term]);
    }
  }
  touched_.clear();
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  TopSelector best;
  best.begin(options_.top_items);
  for (const std::uint32_t item : all) best.offer(item, score_of(ItemId(item)));
  best.finish(top_);
}

/// The untouched items of a top keep their order, and the touched ones find their places among
/// them. An item outside is worse than every item of the top that was not lowered; so one that was
/// lowered, or that comes from outside, stays only if it is better than one of those.
void Popularity::move_touched(std::size_t h) {
  Top& top = tops_[h];
  const auto find = [this](std::uint32_t item) {
    const auto at = std::lower_bound(touched_.begin(), touched_.end(), item,
                                     [](const Touched& t, std::uint32_t i) { return t.item < i; });
    return at != touched_.end() && at->item == item ? &*at : nullptr;
  };
  const auto before = [this, h](std::uint32_t a, std::uint32_t b) { return better(h, a, b); };
  std::vector<std::uint32_t> moved, risen;
  std::erase_if(top.items, [&](std::uint32_t item) {
    const Touched* const touched = find(item);
    if (touched != nullptr && !touched->lowered) risen.push_back(item);
    return touched != nullptr;
  });
  for (const Touched& t : touched_) {
    if (items_[t.item].log2_sum[h] != nothing) moved.push_back(t.item);
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
  std::vector<std::uint32_t> merged;
  std::merge(top.items.begin(), top.items.end(), moved.begin(), moved.end(),
             std::back_inserter(merged), before);
  top.items.swap(merged);
  const std::size_t most = 2 * std::size_t{options_.top_items};
  if (top.items.size() > most) {
    top.items.resize(most);
    top.all = false;
  } else if (!top.all && top.items.size() < options_.top_items) {
    rebuild(h);
  }
}

void Popularity::rebuild(std::size_t h) {
  std::vector<std::uint32_t>& items = tops_[h].items;
  items.clear();
  for (std::uint32_t item = 0; item < items_.size(); ++item) {
    if (items_[item].log2_sum[h] != nothing) items.push_back(item);
  }
  const auto before = [this, h](std::uint32_t a, std::uint32_t b) { return better(h, a, b); };
  const std::size_t n = std::min<std::size_t>(items.size(), 2 * std::size_t{options_.top_items});
  tops_[h].all = n == items.size();
  std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(n), items.end(),
                    before);
  items.resize(n);
}

bool Popularity::save_some(RowBatch& out, std::size_t rows_max) {
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
    for (const double sum : items_[item].log2_sum) writer.number(sum);
    out.put(items_space, id_key(item), value);
  }
  for (std::size_t left = rows_to_save(dirty_segments_.size(), rows_max); left > 0; --left) {
    save_segment(out, *dirty_segments_.begin());
    dirty_segments_.erase(dirty_segments_.begin());
  }
  return dirty_.few(rows_max) && (rows_max == every_row || dirty_segments_.size() <= rows_max);
}

void Popularity::save_segment(RowBatch& out, std::uint64_t key) {
  const auto at = segments_.find(key);
  if (at == segments_.end()) {
    out.erase(segments_space, segment_key(key));
    return;
  }
  std::string value;
  ByteWriter writer = begin_row(value);
  writer.number(at->second.total);
  writer.number(at->second.gained);
  writer.number(at->second.newest);
  at->second.items.write(value);
  out.put(segments_space, segment_key(key), value);
}

Status Popularity::restore_segments(const RowReader& rows, std::size_t items) {
  return rows.scan(segments_space, [&](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    Segment segment;
    segment.total = reader.number<double>();
    segment.gained = reader.number<double>();
    segment.newest = reader.number<std::uint64_t>();
    if (key.size() != 8 || !segment.items.read(reader, items) || !reader.at_end() ||
        !(segment.total >= 0) || segment.total > BoundedRow::most || !(segment.gained >= 0)) {
      return row_error(segments_space, key, "it holds no counts");
    }
    const std::uint64_t hash =
        std::uint64_t{key_id(key.substr(0, 4))} << 32 | key_id(key.substr(4));
    // It may have been written with a longer half-life.
    segment.gained = std::min(segment.gained, rescale_halvings * options_.segment_events);
    if (segment.items.size() > 0) {
      items_.resize(std::max<std::size_t>(items_.size(), segment.items.ids().back() + 1));
    }
    segments_[hash] = std::move(segment);
    return {};
  });
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
      good = good && (std::isfinite(sum) || (sum == nothing && h != long_term));
      items_[item.index()].log2_sum[h] = std::min(sum, most[h]);
      if (sum > most[h]) dirty_.mark(item.value);
    }
    if (!good || !reader.at_end()) return row_error(items_space, key, "it holds no counts");
    return {};
  });
  if (!read) return read;
  if (Status s = restore_segments(rows, items); !s) return s;
  for (std::size_t h = 0; h < horizons; ++h) rebuild(h);
  touched_.clear();
  for (std::uint32_t item = 0; item < items_.size(); ++item) {
    categories_.set(ItemId(item), items_[item].log2_sum[medium_term]);
  }
  sort_tops();
  return {};
}

std::size_t Popularity::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [key, segment] : segments_)
    bytes += sizeof segment + segment.items.memory_bytes();
  return bytes + items_.capacity() * sizeof(Item) + top_.capacity() * sizeof(Candidate) +
         dirty_.memory_bytes() + categories_.memory_bytes();
}

}  // namespace freshet
