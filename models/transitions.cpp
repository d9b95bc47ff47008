#include "models/transitions.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/accumulator.h"
#include "models/top_selector.h"

namespace freshet {

namespace {

/// Sums below this are taken for 0: what they are divided into would overflow.
constexpr float negligible = 1e-30F;

constexpr std::string_view space = "transitions.items";

// A row's scale is reset when it reaches 2^rescale_log2: a power of two, so nothing is rounded.
constexpr double rescale_log2 = 32;
constexpr double half_weight_max = 1e9;

}  // namespace

config::Table<TransitionsOptions> describe_transitions() {
  using O = TransitionsOptions;
  using config::range;
  return config::object<O>("Items that followed the user's newest ones.")
      .option("window", &O::window, "Events back that an event is counted as a follower of.",
              range(1, 1'000))
      .option("session_border", &O::session_border,
              "Weight of a pair for each session border between its events.", range(0.0, 1.0))
      .option("row_items", &O::row_items, "Followers kept for each item.", range(1, 10'000))
      .option("half_weight", &O::half_weight,
              "Weight that a row must gain until what it held counts half.",
              range(1.0, half_weight_max))
      .option("query_events", &O::query_events, "The user's newest events that are looked up.",
              range(1, 1'000))
      .option("position_decay", &O::position_decay, "Weight of an event for each newer one.",
              range(0.01, 1.0))
      .option("query_border", &O::query_border, "Weight of an event for each session since then.",
              range(0.0, 1.0))
      .option("current_share", &O::current_share,
              "Share of the newest event's followers in the score; the rest is all events'.",
              range(0.0, 1.0));
}

struct Transitions::Work final : Scratch {
  std::vector<ItemId> query;                ///< items of the newest events
  std::vector<float> factor;                ///< of each one's row in `recent`
  float current_factor = 0;                 ///< of the newest one's row in `current`
  float current_norm = 0, recent_norm = 0;  ///< from a score to its share of the model's score
  ScoreAccumulator current, recent;
  TopSelector top;
  PlaceMap asked;

  float total(ItemId item) const {
    return current[item] * current_norm + recent[item] * recent_norm;
  }
};

Transitions::Transitions(const TransitionsOptions& options) : options_(options) {}

std::unique_ptr<Scratch> Transitions::make_scratch() const { return std::make_unique<Work>(); }

void Transitions::candidates(const Query& query, Scratch& scratch,
                             std::vector<Candidate>& out) const {
  Work& work = static_cast<Work&>(scratch);
  work.query.clear();
  work.factor.clear();
  work.current.reset(rows_.size());
  work.recent.reset(rows_.size());
  double position = 1;
  for (const RecentEvent& event : query.user.recent) {
    if (work.query.size() == options_.query_events) break;
    const double borders = query.user.session - event.session;
    const double weight = position * std::pow(options_.query_border, borders);
    position *= options_.position_decay;
    float factor = 0;
    if (event.item.index() < rows_.size() && rows_[event.item.index()].total > BoundedRow::least) {
      const Row& row = rows_[event.item.index()];
      factor = static_cast<float>(weight * std::sqrt(scale_of(row) / row.total));  // of R/√ΣR
      const std::span<const std::uint32_t> ids = row.followers.ids();
      const std::span<const float> weights = row.followers.weights();
      work.recent.add_row(ids, weights, factor);
      if (work.query.empty()) {
        work.current_factor = static_cast<float>(1 / row.total);
        work.current.add_row(ids, weights, work.current_factor);
      }
    }
    work.query.push_back(event.item);
    work.factor.push_back(factor);
  }
  const auto norm = [](const ScoreAccumulator& scores, double share) {
    float most = 0;
    for (const std::uint32_t item : scores.touched()) most = std::max(most, scores[ItemId(item)]);
    return most > negligible ? static_cast<float>(share) / most : 0;
  };
  work.current_norm = norm(work.current, options_.current_share);
  work.recent_norm = norm(work.recent, 1 - options_.current_share);
  work.top.begin(query.limit);
  const std::span<const std::uint32_t> items = work.recent.touched();
  work.top.offer(
      items, [&](std::size_t k) { return work.total(ItemId(items[k])); }, query.hidden);
  work.top.finish(out);
}

void Transitions::score(const Query&, Scratch& scratch, std::span<const ItemId> items,
                        std::span<float> out) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = work.total(items[i]);
}

std::span<const std::string_view> Transitions::signals() const {
  static constexpr std::array<std::string_view, 2> names = {"current", "recent"};
  return names;
}

void Transitions::score_signal(std::size_t signal, Scratch& scratch, std::span<const ItemId> items,
                               std::span<float> out) const {
  const Work& work = static_cast<const Work&>(scratch);
  const ScoreAccumulator& scores = signal == 0 ? work.current : work.recent;
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = scores[items[i]];
}

void Transitions::explain(const Query&, Scratch& scratch, std::span<const ItemId> items,
                          std::vector<Reason>& out) const {
  Work& work = static_cast<Work&>(scratch);
  work.asked.assign(items);
  for (std::size_t d = 0; d < work.query.size(); ++d) {
    if (!(work.factor[d] > 0)) continue;
    const BoundedRow& row = rows_[work.query[d].index()].followers;
    const float factor =
        work.factor[d] * work.recent_norm + (d == 0 ? work.current_factor * work.current_norm : 0);
    const std::span<const std::uint32_t> ids = row.ids();
    for (std::size_t k = 0; k < ids.size(); ++k) {
      const std::uint32_t place = work.asked[ids[k]];
      if (place == 0) continue;
      const float weight = factor * row.weights()[k];
      if (weight > 0) out.push_back({place - 1, work.query[d], weight});
    }
  }
}

void Transitions::learn(std::span<const Interaction> epoch) {
  for (const Interaction& x : epoch) {
    if (x.forget) {
      forget(x.recent);
    } else if (x.undone < x.recent.size()) {
      undo(x.recent, x.undone);
    } else if (x.positive()) {
      for (std::size_t k = 0; k < x.recent.size() && k < options_.window; ++k) {
        if (!x.recent[k].known()) continue;
        add(x.recent[k].item, x.item, pair_weight(x.session - x.recent[k].session, k + 1));
      }
    }
  }
}

double Transitions::pair_weight(std::uint32_t borders, std::size_t gap) const {
  if (gap > options_.window) return 0;
  return std::pow(options_.session_border, borders) / static_cast<double>(gap);
}

void Transitions::forget(std::span<const RecentEvent> recent) {
  for (std::size_t to = 0; to < recent.size(); ++to) {
    for (std::size_t from = to + 1; from < recent.size() && from - to <= options_.window; ++from) {
      if (recent[to].known() && recent[from].known()) pair(recent[from], recent[to], 0, from - to);
    }
  }
}

/// Those before and after it stand one closer together without it.
void Transitions::undo(std::span<const RecentEvent> recent, std::size_t undone) {
  for (std::size_t to = 0; to <= undone; ++to) {
    if (!recent[to].known()) continue;
    const std::size_t end = std::min(recent.size(), to + options_.window + 2);
    for (std::size_t from = std::max(undone, to + 1); from < end; ++from) {
      if (!recent[from].known()) continue;
      const bool around = to < undone && from > undone;
      pair(recent[from], recent[to], around ? from - to - 1 : 0, from - to);
    }
  }
}

/// What a pair added at one gap becomes what it adds at another; gap 0: nothing.
void Transitions::pair(const RecentEvent& from, const RecentEvent& to, std::size_t gap,
                       std::size_t old_gap) {
  const std::uint32_t borders = to.session - from.session;
  const double before = pair_weight(borders, old_gap);
  const double after = gap > 0 ? pair_weight(borders, gap) : 0;
  if (after != before) add(from.item, to.item, after - before);
}

/// Less than nothing takes back as of now, and brings the row's clock back by as much: exact, but
/// for the rounding of a float, if the row gained nothing in between.
void Transitions::add(ItemId from, ItemId to, double weight) {
  at(to);
  Row& row = at(from);
  if (weight > 0) {
    row.gained += weight;
    rescale(row);
  }
  const double grown = weight / scale_of(row);
  row.total = std::max(row.total + grown, 0.0);
  row.followers.add(to.value, static_cast<float>(grown), options_.row_items);
  if (weight < 0) row.gained = std::max(row.gained + weight, 0.0);
  if (!(row.total > BoundedRow::least) && row.followers.size() == 0) row = Row{};
  dirty_.mark(from.value);
}

void Transitions::rescale(Row& row) const {
  const double span = rescale_log2 * options_.half_weight;
  if (row.gained < span) return;
  constexpr double all = 2'000;  // halvings after which nothing is left of any number
  const double log2 = std::min(std::floor(row.gained / span) * rescale_log2, all);
  row.gained = std::fmod(row.gained, span);
  row.total = std::ldexp(row.total, -static_cast<int>(log2));
  row.followers.scale(std::ldexp(1.0F, -static_cast<int>(log2)));
}

double Transitions::scale_of(const Row& row) const {
  return std::exp2(-row.gained / options_.half_weight);
}

Transitions::Row& Transitions::at(ItemId item) {
  if (item.index() >= rows_.size()) rows_.resize(item.index() + 1);
  return rows_[item.index()];
}

bool Transitions::save_some(RowBatch& out, std::size_t rows_max) {
  std::string value;
  for (const std::uint32_t item : dirty_.take(rows_max)) {
    if (rows_[item].followers.size() == 0 && rows_[item].total == 0) {
      out.erase(space, id_key(item));
      continue;
    }
    ByteWriter writer = begin_row(value);
    writer.number(rows_[item].total);
    writer.number(rows_[item].gained);
    rows_[item].followers.write(value);
    out.put(space, id_key(item), value);
  }
  return dirty_.few(rows_max);
}

Status Transitions::restore(const RowReader& rows, std::size_t items) {
  return rows.scan(space, [&](std::string_view key, std::string_view value) -> Status {
    const ItemId item = key_item(key, items);
    if (item.is_none()) return row_error(space, key, "its key is no item");
    ByteReader reader = open_row(value);
    Row row;
    row.total = reader.number<double>();
    row.gained = reader.number<double>();
    if (!row.followers.read(reader, items) || !reader.at_end() || !(row.total >= 0) ||
        row.total > BoundedRow::most || !(row.gained >= 0) ||
        row.gained > rescale_log2 * half_weight_max) {
      return row_error(space, key, "it holds no followers");
    }
    for (const std::uint32_t follower : row.followers.ids()) at(ItemId(follower));
    rescale(row);  // it may have been written with a greater half_weight
    row.followers.prune(options_.row_items + options_.row_items / 4);
    at(item) = std::move(row);
    return {};
  });
}

std::size_t Transitions::memory_bytes() const {
  std::size_t bytes = rows_.capacity() * sizeof(Row) + dirty_.memory_bytes();
  for (const Row& row : rows_) bytes += row.followers.memory_bytes();
  return bytes;
}

}  // namespace freshet
