#include "models/item_cf.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "models/accumulator.h"
#include "models/top_selector.h"

namespace freshet {

namespace {

constexpr std::string_view space = "item_cf.items";

constexpr std::size_t ahead = 6;  // partners whose rows are fetched before their turn

}  // namespace

config::Table<ItemCfOptions> describe_item_cf() {
  using O = ItemCfOptions;
  using config::range;
  return config::object<O>("Items that the same users chose, whatever the order.")
      .option("similarity", &O::similarity, "How counts become similarities.",
              config::names<ItemSimilarity>({{"cosine", ItemSimilarity::cosine},
                                             {"jaccard", ItemSimilarity::jaccard},
                                             {"llr", ItemSimilarity::llr}}))
      .option("pair_items", &O::pair_items, "The user's newest items that an event is paired with.",
              range(1, 10'000))
      .option("distance_decay", &O::distance_decay,
              "Weight of a pair for each item further back in the user's history.",
              range(0.01, 1.0))
      .option("row_items", &O::row_items, "Partners kept for each item.", range(1, 10'000))
      .option("query_power", &O::query_power,
              "Of cosine: how much the own item's total is divided away.", range(0.0, 1.0))
      .option("candidate_power", &O::candidate_power,
              "Of cosine: how much the candidate's total is divided away; lower prefers popular "
              "items.",
              range(0.0, 1.0))
      .option("query_items", &O::query_items, "The user's newest items that are looked up.",
              range(1, 1'000))
      .option("position_decay", &O::position_decay, "Weight of an own item for each newer one.",
              range(0.01, 1.0))
      .option("pruning_delta", &O::pruning_delta,
              "Chance that is taken to be wrong when a pair that can hardly come back into a full "
              "row is counted there no more (Hoeffding's bound); 0: all are counted, which costs "
              "no more time.",
              range(0.0, 0.999));
}

struct ItemCf::Work final : Scratch {
  std::vector<ItemId> query;  ///< own items, the newest first
  ScoreAccumulator
      scores;  ///< Σ position weight · query factor · co, without the candidate's factor
  TopSelector top;
  std::vector<ItemId> own_items;
  PlaceMap own;                ///< of `own_items`
  std::vector<float> weights;  ///< of one row
};

ItemCf::ItemCf(const ItemCfOptions& options) : options_(options) {
  for (std::uint32_t d = 0; d < options.pair_items; ++d) {
    distance_weight_.push_back(static_cast<float>(std::pow(options.distance_decay, d)));
  }
  for (std::uint32_t d = 0; d < options.query_items; ++d) {
    position_weight_.push_back(static_cast<float>(std::pow(options.position_decay, d)));
  }
}

std::unique_ptr<Scratch> ItemCf::make_scratch() const { return std::make_unique<Work>(); }

void ItemCf::candidates(const Query& query, Scratch& scratch, std::vector<Candidate>& out) const {
  Work& work = static_cast<Work&>(scratch);
  work.query.clear();
  for (const HistoryItem& own : query.user.history) {
    if (work.query.size() == options_.query_items) break;
    if (!(own.strength > 0)) continue;
    work.query.push_back(own.item);
    if (own.item.index() < items_.size()) __builtin_prefetch(&items_[own.item.index()]);
  }
  work.scores.reset(items_.size());
  for (std::size_t d = 0; d < work.query.size(); ++d) {
    if (d + 1 < work.query.size() && work.query[d + 1].index() < items_.size()) {
      items_[work.query[d + 1].index()].partners.prefetch();
    }
    if (work.query[d].index() >= items_.size()) continue;
    const Item& item = items_[work.query[d].index()];
    work.scores.add_row(item.partners.ids(), weights(item, work.weights),
                        position_weight_[d] * query_factor(item));
  }
  work.own_items.clear();
  for (const HistoryItem& own : query.user.history) work.own_items.push_back(own.item);
  work.own.assign(work.own_items);
  work.top.begin(query.limit);
  const std::span<const std::uint32_t> items = work.scores.touched();
  work.top.offer(
      items,
      [&](std::size_t k) {
        return work.scores[ItemId(items[k])] * candidate_factor(ItemId(items[k]));
      },
      [&](std::uint32_t item) { return work.own[item] != 0 || query.hidden.contains(item); });
  work.top.finish(out);
}

void ItemCf::score(const Query&, Scratch& scratch, std::span<const ItemId> items,
                   std::span<float> out) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const float sum = work.scores[items[i]];
    out[i] = sum > 0 && work.own[items[i].value] == 0 ? sum * candidate_factor(items[i]) : 0;
  }
}

void ItemCf::explain(const Query&, Scratch& scratch, std::span<const ItemId> items,
                     std::vector<Reason>& out) const {
  Work& work = static_cast<Work&>(scratch);
  for (std::size_t d = 0; d < work.query.size(); ++d) {
    if (work.query[d].index() >= items_.size()) continue;
    const Item& own = items_[work.query[d].index()];
    const float factor = position_weight_[d] * query_factor(own);
    const std::span<const float> row = weights(own, work.weights);
    for (std::uint32_t i = 0; i < items.size(); ++i) {
      if (!(work.scores[items[i]] > 0)) continue;  // it is in none of the rows
      const std::uint32_t k = own.partners.find(items[i].value);
      if (k == BoundedRow::absent) continue;
      const float weight = factor * row[k];
      if (weight > 0) out.push_back({i, work.query[d], weight});
    }
  }
}

std::span<const float> ItemCf::weights(const Item& own, std::vector<float>& out) const {
  const std::span<const float> counts = own.partners.weights();
  if (options_.similarity == ItemSimilarity::cosine) return counts;
  const bool llr = options_.similarity == ItemSimilarity::llr;
  out.resize(counts.size());
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const double other = items_[own.partners.ids()[k]].strength;
    out[k] = static_cast<float>(
        llr ? log_likelihood_ratio(double{counts[k]} / unit, own.strength / unit, other / unit,
                                   strength_ / unit)
            : counts[k] / std::max(own.strength + other - counts[k], double{counts[k]}));
  }
  return out;
}

double ItemCf::log_likelihood_ratio(double both, double one, double other, double all) {
  if (!(both * all > one * other)) return 0;
  const auto term = [all](double cell, double row, double column) {
    return cell > 0 && row > 0 && column > 0 ? cell * std::log(cell * all / (row * column)) : 0;
  };
  const double sum = term(both, one, other) + term(one - both, one, all - other) +
                     term(other - both, all - one, other) +
                     term(all - one - other + both, all - one, all - other);
  return std::max(2 * sum, 0.0);
}

void ItemCf::learn(std::span<const Interaction> epoch) {
  for (const Interaction& x : epoch) {
    if (x.forget) {
      forget(x);
    } else if (x.new_strength != x.old_strength) {
      change(x);
    }
  }
}

void ItemCf::change(const Interaction& x) {
  add_strength(x.item, whole(x.new_strength) - whole(x.old_strength));
  std::uint32_t order = x.next_order();
  for (const HistoryItem& own : x.history) {
    if (own.item == x.item && x.old_strength > 0) order = own.order;
  }
  changes_.clear();
  for (const HistoryItem& other : x.history) {
    if (other.item == x.item || other.order == 0) continue;
    const float strength = other.known_strength();
    const float change = pair_count(std::min(x.new_strength, strength), order, other.order) -
                         pair_count(std::min(x.old_strength, strength), order, other.order);
    if (change != 0) changes_.push_back({other.item, change});
  }
  for (std::size_t k = 0; k < changes_.size(); ++k) {
    if (k + 2 * ahead < changes_.size()) {
      const std::size_t item = changes_[k + 2 * ahead].item.index();
      if (item < items_.size()) __builtin_prefetch(&items_[item]);
    }
    if (k + ahead < changes_.size()) {
      const std::size_t item = changes_[k + ahead].item.index();
      if (item < items_.size()) items_[item].partners.prefetch_ids();
    }
    add_pair(x.item, changes_[k].item, changes_[k].amount);
  }
  if (x.old_strength > 0 && !(x.new_strength > 0)) close_gap(x, order);
}

/// Those before and after an item that left stand one closer together.
void ItemCf::close_gap(const Interaction& x, std::uint32_t order) {
  for (const HistoryItem& later : x.history) {
    if (later.order <= order) continue;
    for (const HistoryItem& earlier : x.history) {
      if (earlier.order == 0 || earlier.order >= order) continue;
      const float both = std::min(later.known_strength(), earlier.known_strength());
      const float change = pair_count(both, later.order - 1, earlier.order) -
                           pair_count(both, later.order, earlier.order);
      if (change != 0) add_pair(later.item, earlier.item, change);
    }
  }
}

void ItemCf::forget(const Interaction& x) {
  for (std::size_t a = 0; a < x.history.size(); ++a) {
    const HistoryItem& one = x.history[a];
    if (one.order == 0) continue;
    add_strength(one.item, -whole(one.known_strength()));
    for (std::size_t b = a + 1; b < x.history.size(); ++b) {
      const HistoryItem& other = x.history[b];
      if (other.order == 0) continue;
      const float both = std::min(one.known_strength(), other.known_strength());
      const float count = pair_count(both, one.order, other.order);
      if (count != 0) add_pair(one.item, other.item, -count);
    }
  }
}

double ItemCf::whole(float strength) { return std::round(double{strength} * unit); }

float ItemCf::pair_count(float both, std::uint32_t a, std::uint32_t b) const {
  const std::uint32_t apart = (a > b ? a - b : b - a) - 1;
  if (!(both > 0) || apart >= distance_weight_.size()) return 0;
  return std::round(both * distance_weight_[apart] * unit);
}

void ItemCf::add_pair(ItemId a, ItemId b, float amount) {
  add_partner(a, b, amount);
  add_partner(b, a, amount);
}

void ItemCf::add_partner(ItemId own, ItemId partner, float amount) {
  BoundedRow& row = at(own).partners;
  if (options_.pruning_delta > 0) {
    const std::span<const std::uint32_t> gone = pruned(own);
    if (std::binary_search(gone.begin(), gone.end(), partner.value)) return;
    const bool full = row.size() >= options_.row_items + options_.row_items / 4;
    const bool comes = amount > 0 && row.find(partner.value) == BoundedRow::absent;
    if (full && comes) drop_lightest(own);
  }
  row.add(partner.value, amount, options_.row_items);
  dirty_.mark(own.value);
  changed_.mark(own.value);
}

void ItemCf::drop_lightest(ItemId own) {
  Item& item = at(own);
  const BoundedRow before = item.partners;
  item.partners.prune(options_.row_items);
  const std::span<const float> kept = item.partners.weights();
  const float lightest = *std::min_element(kept.begin(), kept.end());
  // n · ε, in units.
  const double error =
      unit * std::sqrt(item.strength / unit * std::log(1 / options_.pruning_delta) / 2);
  for (std::size_t k = 0; k < before.size(); ++k) {
    if (pruned(own).size() >= options_.row_items) return;
    if (lightest - before.weights()[k] > error) prune(own, before.ids()[k]);
  }
}

void ItemCf::prune(ItemId own, std::uint32_t partner) {
  if (own.index() >= pruned_.size()) pruned_.resize(own.index() + 1);
  std::vector<std::uint32_t>& gone = pruned_[own.index()];
  gone.insert(std::lower_bound(gone.begin(), gone.end(), partner), partner);
  ++pruned_pairs_;
}

void ItemCf::add_strength(ItemId item, double amount) {
  Item& row = at(item);
  const double strength = std::max(row.strength + amount, 0.0);
  strength_ += strength - row.strength;
  row.strength = strength;
  set_factors(item);
  dirty_.mark(item.value);
}

void ItemCf::set_factors(ItemId id) {
  Item& item = items_[id.index()];
  const bool any = item.strength > 0;  // else it has no pairs either
  const double strength = item.strength / unit;
  item.query_factor =
      any ? static_cast<float>(std::pow(strength, -options_.query_power) / unit) : 0;
  candidate_factors_[id.index()] =
      any ? static_cast<float>(std::pow(strength, -options_.candidate_power)) : 0;
}

ItemCf::Item& ItemCf::at(ItemId item) {
  if (item.index() >= items_.size()) {
    items_.resize(item.index() + 1);
    candidate_factors_.resize(items_.size(), 0);
  }
  return items_[item.index()];
}

void ItemCf::similar(ItemId item, const Catalog& catalog, std::size_t limit,
                     std::vector<SimilarItem>& out) const {
  if (item.index() >= items_.size()) return;
  const Item& row = items_[item.index()];
  std::vector<float> computed;
  const std::span<const float> similarities = weights(row, computed);
  TopSelector top;
  limit = std::min(limit, row.partners.size());
  top.begin(limit);
  const std::span<const std::uint32_t> partners = row.partners.ids();
  top.offer(
      partners,
      [&](std::size_t k) {
        return similarities[k] * query_factor(row) * candidate_factor(ItemId(partners[k]));
      },
      [&](std::uint32_t partner) { return !catalog.recommendable(ItemId(partner)); });
  std::vector<Candidate> best;
  top.finish(best);
  for (const Candidate& c : best) {
    const float count = row.partners.weights()[row.partners.find(c.item.value)];
    out.push_back({c.item, c.score, double{count / unit}});
  }
}

void ItemCf::take_changed(std::vector<ItemId>& out) {
  for (const std::uint32_t item : changed_.take_unsorted()) out.emplace_back(item);
}

bool ItemCf::save_some(RowBatch& out, std::size_t rows_max) {
  std::string value;
  for (const std::uint32_t item : dirty_.take(rows_max)) {
    const Item& row = items_[item];
    const std::span<const std::uint32_t> gone = pruned(ItemId(item));
    if (row.partners.size() == 0 && row.strength == 0 && gone.empty()) {
      out.erase(space, id_key(item));
      continue;
    }
    begin_row(value).number(row.strength);
    row.partners.write(value);
    if (!gone.empty()) {
      ByteWriter(value).number(static_cast<std::uint32_t>(gone.size()));
      append_array<std::uint32_t>(value, gone);
    }
    out.put(space, id_key(item), value);
  }
  return dirty_.few(rows_max);
}

Status ItemCf::restore(const RowReader& rows, std::size_t items) {
  return rows.scan(space, [&](std::string_view key, std::string_view value) -> Status {
    const ItemId item = key_item(key, items);
    if (item.is_none()) return row_error(space, key, "its key is no item");
    ByteReader reader = open_row(value);
    Item row;
    row.strength = reader.number<double>();
    const bool partners = row.partners.read(reader, items);
    std::vector<std::uint32_t> gone;
    if (partners && !reader.at_end()) read_array(reader, gone);
    const bool ascending =
        std::adjacent_find(gone.begin(), gone.end(), std::greater_equal<>()) == gone.end() &&
        (gone.empty() || gone.back() < items);
    if (!partners || !ascending || !reader.at_end() || !(row.strength >= 0) ||
        row.strength > BoundedRow::most || row.strength != std::floor(row.strength)) {
      return row_error(space, key, "it holds no pair counts");
    }
    for (const std::uint32_t partner : row.partners.ids()) at(ItemId(partner));
    row.partners.prune(options_.row_items + options_.row_items / 4);
    strength_ += row.strength;
    at(item) = std::move(row);
    set_factors(item);
    if (!(options_.pruning_delta > 0)) return {};
    for (const std::uint32_t partner : gone) prune(item, partner);
    return {};
  });
}

std::size_t ItemCf::memory_bytes() const {
  std::size_t bytes = items_.capacity() * sizeof(Item) + candidate_factors_.capacity() * 4 +
                      dirty_.memory_bytes() + changes_.capacity() * sizeof(Change);
  for (const Item& item : items_) bytes += item.partners.memory_bytes();
  bytes += pruned_.capacity() * sizeof(std::vector<std::uint32_t>);
  for (const auto& gone : pruned_) bytes += gone.capacity() * 4;
  return bytes;
}

}  // namespace freshet
