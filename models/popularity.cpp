#include "models/popularity.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "models/order_key.h"
#include "models/top_selector.h"

namespace freshet {

using Horizon = DecayedCounts::Horizon;

namespace {

constexpr double trusted_events = 20;  // at which a segment is trusted by half

constexpr std::size_t user_categories = 2;  // that a user is in at a time
constexpr double category_event_decay = 0.8;

constexpr std::size_t few_moves = 16;  // an item, up to which insertion sort is the faster one

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
      counts_(
          {static_cast<double>(options.short_events), static_cast<double>(options.medium_events),
           static_cast<double>(options.long_events)},
          options.top_items),
      segments_(options.segments, options.segment_items, options.segment_events,
                static_cast<double>(options.long_events)),
      categories_(options.category_items) {
  const std::array<double, DecayedCounts::horizons> share = {
      options.short_share, options.medium_share, options.long_share};
  for (std::size_t h = 0; h < weight_.size(); ++h) {
    const double half_life = counts_.half_life(static_cast<Horizon>(h));
    weight_[h] = static_cast<float>(share[h] * std::numbers::ln2 / half_life);
  }
}

std::unique_ptr<Scratch> Popularity::make_scratch() const { return std::make_unique<Work>(); }

void Popularity::candidates(const Query& query, Scratch& scratch,
                            std::vector<Candidate>& out) const {
  Work& work = static_cast<Work&>(scratch);
  work.groups.reset(std::max(counts_.items(), segments_.items()));
  work.everybody = 1;
  if (options_.segment_share > 0) add_segments(query, work);
  if (options_.category_share > 0) add_categories(query, work);
  work.everybody = std::max(work.everybody, 0.0F);
  if (work.groups.touched().empty()) {
    work.everybody = 1;
    out.clear();
    for (const Candidate& c : top_) {
      if (out.size() == query.limit) break;
      if (!query.hidden.contains(c.item.value)) out.push_back(c);
    }
    return;
  }
  work.top.begin(query.limit);
  const std::span<const std::uint32_t> items = work.groups.touched();
  work.top.offer(
      items, [&](std::size_t k) { return blended(work, ItemId(items[k])); }, query.hidden);
  work.top.finish(work.best);
  merge_top(query, work, out);
}

/// The items of the groups among everybody's best, which keep their order but for what becomes
/// equal by rounding.
void Popularity::merge_top(const Query& query, const Work& work,
                           std::vector<Candidate>& out) const {
  const auto before = [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  };
  out.clear();
  auto own = work.best.begin();
  for (const Candidate& c : top_) {
    if (work.groups[c.item] != 0 || query.hidden.contains(c.item.value)) continue;
    const Candidate next{c.item, work.everybody * c.score};
    while (own != work.best.end() && before(*own, next)) out.push_back(*own++);
    if (out.size() >= query.limit || !(next.score > 0)) break;
    out.push_back(next);
    for (std::size_t k = out.size() - 1; k > 0 && before(out[k], out[k - 1]); --k) {
      std::swap(out[k], out[k - 1]);
    }
  }
  out.insert(out.end(), own, work.best.end());
  if (out.size() > query.limit) out.resize(query.limit);
}

void Popularity::add_segments(const Query& query, Work& work) const {
  const auto n = static_cast<double>(query.user.segments.size());
  for (const std::uint64_t key : query.user.segments) {
    const SegmentCounts::Segment* const segment = segments_.find(key);
    if (segment == nullptr || !(segment->total > BoundedRow::least)) continue;
    const double events = segments_.events(*segment);
    const double share = options_.segment_share * events / (events + trusted_events) / n;
    work.everybody -= static_cast<float>(share);
    work.groups.add_row(segment->items.ids(), segment->items.weights(),
                        static_cast<float>(share / segment->total));
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
  const double now = counts_.log2_now(DecayedCounts::medium_term);
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

float Popularity::score_of(ItemId item) const {
  if (item.index() >= counts_.items()) return 0;
  const std::span<const float> counts = counts_.linear(item);
  float score = 0;
  for (std::size_t h = 0; h < scale_.size(); ++h) score += scale_[h] * counts[h];
  if (!(options_.trend_share > 0)) return score;
  const auto rate = [this, item](Horizon h) {
    const double all = 1 - std::exp2(-counts_.log2_now(h));
    return counts_.count(item, h) / (counts_.half_life(h) * all);
  };
  const double now = rate(DecayedCounts::short_term), long_run = rate(DecayedCounts::long_term);
  if (!(now + long_run > 0)) return score;
  const double trend = (now - long_run) / (now + long_run);
  return score * static_cast<float>(1 + options_.trend_share * trend);
}

void Popularity::learn(std::span<const Interaction> epoch) {
  if (epoch.empty()) return;
  const bool by_segment = options_.segment_share > 0;
  const std::uint64_t learned = std::max(counts_.events(), epoch.front().learned);
  for (const Interaction& x : epoch) {
    if (x.forget) {
      for (const RecentEvent& event : x.recent) {
        if (!event.known()) continue;
        counts_.take_back(event.item, event.learned);
      }
      for (const HistoryItem& own : x.history) {
        if (own.order > 0) segments_.take_back(x.segments, own.item, own.count);
      }
    } else if (x.undone < x.recent.size()) {
      counts_.take_back(x.item, x.recent[x.undone].learned);
      segments_.take_back(x.segments, x.item, 1);
    } else if (x.old_strength > 0 && !(x.new_strength > 0)) {
      take_back_disliked(x);
    } else if (x.positive()) {
      counts_.add(x.item, learned);
      if (by_segment) segments_.add(x.segments, x.item, counts_.events());
    }
  }
  sort_top();
}

/// Whoever dislikes an item does not speak for it in his segments any more.
void Popularity::take_back_disliked(const Interaction& x) {
  for (const HistoryItem& own : x.history) {
    if (own.item == x.item) segments_.take_back(x.segments, x.item, own.count);
  }
}

void Popularity::describe(ItemId item, const CatalogEntry* entry) {
  if (options_.category_share > 0) categories_.describe(item, entry);
}

/// Brings what is kept sorted up to date with the counts.
void Popularity::sort_top() {
  const std::span<const std::uint32_t> touched = counts_.sort();
  if (touched.empty()) return;
  if (options_.category_share > 0) {
    for (const std::uint32_t item : touched) {
      categories_.set(ItemId(item), counts_.log2_sum(ItemId(item), DecayedCounts::medium_term));
    }
  }
  select_top();
}

void Popularity::select_top() {
  take_scale();
  order_tops();
  top_.clear();
  for (const std::uint64_t key : order_) {
    if (top_.size() == options_.top_items) break;
    top_.push_back({item_of(key), freshet::score_of(key)});
  }
}

/// From one epoch to the next the order hardly changes, so each item begins where it was.
void Popularity::order_tops() {
  waiting_.resize(counts_.items(), 0);
  const auto each_item = [this](const auto& visit) {
    for (std::size_t h = 0; h < DecayedCounts::horizons; ++h) {
      for (const std::uint32_t item : counts_.top(static_cast<Horizon>(h))) visit(item);
    }
  };
  each_item([this](std::uint32_t item) { waiting_[item] = 1; });
  const std::size_t before = order_.size();
  std::size_t kept = 0;
  const auto place = [&](ItemId item) {
    if (waiting_[item.index()] == 0) return;
    waiting_[item.index()] = 0;
    const float score = score_of(item);
    if (!(score > 0) || score > std::numeric_limits<float>::max()) return;
    if (kept == order_.size()) order_.emplace_back();
    order_[kept++] = order_key(score, item);
  };
  for (std::size_t k = 0; k < before; ++k) place(item_of(order_[k]));
  each_item([&](std::uint32_t item) { place(ItemId(item)); });
  order_.resize(kept);
  std::size_t moves = 0;
  for (std::size_t k = 1; k < kept; ++k) {  // insertion sort
    const std::uint64_t key = order_[k];
    std::size_t to = k;
    for (; to > 0 && order_[to - 1] < key; --to) order_[to] = order_[to - 1];
    order_[to] = key;
    moves += k - to;
    if (moves <= few_moves * kept) continue;
    std::sort(order_.begin(), order_.end(), std::greater<>());
    return;
  }
}

void Popularity::take_scale() {
  scale_ = counts_.scale();
  for (std::size_t h = 0; h < scale_.size(); ++h) scale_[h] *= weight_[h];
}

bool Popularity::save_some(RowBatch& out, std::size_t rows_max) {
  const bool counts = counts_.save_some(out, rows_max);
  const bool segments = segments_.save_some(out, rows_max);
  return counts && segments;
}

Status Popularity::restore(const RowReader& rows, std::size_t items) {
  if (Status s = counts_.restore(rows, items); !s) return s;
  if (Status s = segments_.restore(rows, items); !s) return s;
  for (std::uint32_t item = 0; item < counts_.items(); ++item) {
    categories_.set(ItemId(item), counts_.log2_sum(ItemId(item), DecayedCounts::medium_term));
  }
  select_top();
  return {};
}

std::size_t Popularity::memory_bytes() const {
  return counts_.memory_bytes() + segments_.memory_bytes() + categories_.memory_bytes() +
         top_.capacity() * sizeof(Candidate) + order_.capacity() * 8 + waiting_.capacity();
}

}  // namespace freshet
