#include "models/repeat.h"

#include <algorithm>
#include <cmath>

#include "models/top_selector.h"

namespace freshet {

namespace {

constexpr std::string_view space = "repeat.cells";

/// How many of the ends it has reached: all are compared, as no branch could be foretold.
template <class T, std::size_t N>
std::size_t class_of(T value, const std::array<T, N>& ends) {
  std::size_t reached = 0;
  for (const T end : ends) reached += value >= end ? 1 : 0;
  return reached;
}

}  // namespace

config::Table<RepeatOptions> describe_repeat() {
  using O = RepeatOptions;
  using config::range;
  return config::object<O>("The user's own items that he may come back to.")
      .option("query_items", &O::query_items, "The user's newest items that are considered.",
              range(1, 10'000))
      .option("prior_exposures", &O::prior_exposures,
              "Exposures at the general rate that each rate starts from.", range(0.01, 1e6));
}

struct Repeat::Work final : Scratch {
  ScoreAccumulator rates;  ///< of the own items
  TopSelector top;
};

Repeat::Repeat(const RepeatOptions& options) : options_(options), table_(cells + 1) {}

std::unique_ptr<Scratch> Repeat::make_scratch() const { return std::make_unique<Work>(); }

std::size_t Repeat::rank_class(std::size_t rank) {
  return class_of(rank, std::array<std::size_t, ranks - 1>{1, 2, 3, 5, 9, 17, 41});
}

std::size_t Repeat::count_class(std::uint32_t count) {
  return count <= 1 ? 0 : count == 2 ? 1 : count <= 4 ? 2 : 3;
}

std::size_t Repeat::age_class(std::int64_t age_ms) {
  constexpr std::int64_t minute = 60'000, hour = 60 * minute, day = 24 * hour;
  return class_of(age_ms, std::array<std::int64_t, ages - 1>{minute, 10 * minute, hour, 6 * hour,
                                                             day, 7 * day, 30 * day});
}

std::size_t Repeat::frequency_cell(const HistoryItem& own, std::size_t rank) {
  const std::size_t type = std::min<std::size_t>(own.strongest.value, types - 1);
  return (type * ranks + rank_class(rank)) * counts + count_class(own.count);
}

std::size_t Repeat::context_cell(const HistoryItem& own, std::int64_t now_ms, EventTypeId now) {
  const std::size_t type = std::min<std::size_t>(own.strongest.value, types - 1);
  const std::size_t now_type = std::min<std::size_t>(now.value, types - 1);
  return types * frequency_cells + (type * types + now_type) * ages +
         age_class(now_ms - own.last_ms);
}

float Repeat::rate(const Cell& cell, float prior_hits) const {
  return (static_cast<float>(cell.hits) + prior_hits) /
         (static_cast<float>(cell.exposures) + static_cast<float>(options_.prior_exposures));
}

void Repeat::candidates(const Query& query, Scratch& scratch, std::vector<Candidate>& out) const {
  Work& work = static_cast<Work&>(scratch);
  const std::span<const HistoryItem> history = query.user.history.first(
      std::min<std::size_t>(query.user.history.size(), options_.query_items));
  std::size_t bound = 0;
  for (const HistoryItem& own : history) bound = std::max(bound, own.item.index() + 1);
  work.rates.reset(bound);
  const Cell& all = table_[cells];
  if (all.hits > 0) {
    const float prior_hits = static_cast<float>(options_.prior_exposures) *
                             static_cast<float>(all.hits) / static_cast<float>(all.exposures);
    for (std::size_t rank = 0; rank < history.size(); ++rank) {
      const HistoryItem& own = history[rank];
      if (own.strength < 0) continue;
      const float frequency = rate(table_[frequency_cell(own, rank)], prior_hits);
      const float context = rate(table_[context_cell(own, query.now_ms, query.type)], prior_hits);
      work.rates.add(own.item.value, std::sqrt(frequency * context));
    }
  }
  work.top.begin(query.limit);
  work.top.offer(work.rates, query.hidden);
  work.top.finish(out);
}

void Repeat::score(const Query&, Scratch& scratch, std::span<const ItemId> items,
                   std::span<float> out) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = work.rates[items[i]];
}

void Repeat::explain(const Query&, Scratch& scratch, std::span<const ItemId> items,
                     std::vector<Reason>& out) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const float rate = work.rates[items[i]];
    if (rate > 0) out.push_back({static_cast<std::uint32_t>(i), items[i], rate});
  }
}

void Repeat::learn(std::span<const Interaction> epoch) {
  for (const Interaction& x : epoch) {
    if (x.positive()) learn(x);
  }
}

void Repeat::learn(const Interaction& x) {
  if (x.recent.empty()) return;
  // The list that this event answers was made at the user's event before it.
  const std::int64_t asked_ms = x.recent.front().time_ms;
  const EventTypeId asked_type = x.recent.front().type;
  const std::size_t n = std::min<std::size_t>(x.history.size(), options_.query_items);
  for (std::size_t rank = 0; rank < n; ++rank) {
    const HistoryItem& own = x.history[rank];
    if (own.strength < 0) continue;
    const bool hit = own.item == x.item;
    count(frequency_cell(own, rank), hit);
    count(context_cell(own, asked_ms, asked_type), hit);
    count(cells, hit);
  }
}

void Repeat::count(std::size_t cell, bool hit) {
  ++table_[cell].exposures;
  table_[cell].hits += hit;
  dirty_.mark(static_cast<std::uint32_t>(cell));
}

bool Repeat::save_some(RowBatch& out, std::size_t rows_max) {
  std::string value;
  for (const std::uint32_t cell : dirty_.take(rows_max)) {
    ByteWriter writer = begin_row(value);
    writer.number(table_[cell].hits);
    writer.number(table_[cell].exposures);
    out.put(space, id_key(cell), value);
  }
  return dirty_.few(rows_max);
}

Status Repeat::restore(const RowReader& rows, std::size_t) {
  return rows.scan(space, [this](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    Cell cell;
    cell.hits = reader.number<std::uint64_t>();
    cell.exposures = reader.number<std::uint64_t>();
    if (key_id(key) > cells || !reader.at_end() || cell.hits > cell.exposures ||
        cell.exposures > count_max) {
      return row_error(space, key, "it holds no rate");
    }
    table_[key_id(key)] = cell;
    return {};
  });
}

std::size_t Repeat::memory_bytes() const {
  return table_.capacity() * sizeof(Cell) + dirty_.memory_bytes();
}

}  // namespace freshet
