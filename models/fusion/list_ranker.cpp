#include "models/fusion/list_ranker.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "models/accumulator.h"
#include "models/order_key.h"
#include "models/top_selector.h"
#include "stream/list.h"

namespace freshet {

namespace {

constexpr double units = 1e9;  // of a score, per 1
constexpr std::size_t reasons_max = std::size(RankedList::Entry{}.because);

}  // namespace

struct ListRanker::Work final : Scratch {
  std::vector<std::unique_ptr<Scratch>> scratch;  ///< by source
  std::vector<std::vector<Candidate>> lists;      ///< by source, what it proposed
  CandidatePool pool;
  Query query;                        ///< the models' query
  std::unique_ptr<Scratch> weighing;  ///< the subclass's
  std::vector<float> scores;          ///< by item of the pool
  std::vector<std::uint64_t> keys;    ///< by item of the pool, the better the greater
  std::vector<float> parts;           ///< of one item, by source
  std::vector<ItemId> chosen;
  std::vector<std::int64_t> chosen_units;  ///< chosen × source, in units of 1e-9
  std::vector<std::int64_t> totals;        ///< by chosen
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> spoken;  ///< entries that one source speaks for
  std::vector<ItemId> spoken_items;   ///< their items
  std::vector<Reason> reasons;        ///< one source's
  struct OwnReason {
    std::uint32_t candidate, own;  ///< places in `spoken` and in `own`
    float weight;
  };
  std::vector<OwnReason> own_reasons;  ///< those of `reasons` that count
  std::vector<ItemId> own;             ///< the user's own items, the newest first
  PlaceMap own_places;
  std::vector<float> reason_sums;                    ///< by place in `spoken`
  std::vector<float> reason_weights;                 ///< entry × own; 0 between two lists
  std::vector<std::vector<std::uint32_t>> reasoned;  ///< by entry: places of own with a weight
};

ListRanker::ListRanker(std::vector<const Model*> models, const ListRankerOptions& options)
    : options_(options), sources_(std::move(models)), gates_(options.gates) {
  for (const Model* model : sources_) {
    if (const auto* found = dynamic_cast<const Popularity*>(model)) popularity_ = found;
  }
  if (popularity_ == nullptr) {
    own_popularity_ = std::make_unique<Popularity>(PopularityOptions{});
    popularity_ = own_popularity_.get();
    sources_.push_back(popularity_);
  }
  for (const Model* model : sources_) {
    if (model == popularity_) popularity_place_ = part_names_.size();
    part_names_.emplace_back(model->name());
  }
}

std::unique_ptr<Scratch> ListRanker::make_scratch() const {
  auto work = std::make_unique<Work>();
  for (const Model* model : sources_) work->scratch.push_back(model->make_scratch());
  work->lists.resize(sources_.size());
  work->parts.resize(sources_.size());
  work->weighing = make_weighing();
  return work;
}

void ListRanker::rank(const Query& query, std::size_t size, bool want_by_model, Scratch& scratch,
                      RankedList& out) const {
  Work& work = static_cast<Work&>(scratch);
  work.pool.clear(sources_.size(), withheld_);
  block_items(query, work);
  collect(query, size, work);
  work.query.hidden = ItemSet();
  fill_up(query, size, work);
  for (std::size_t m = 0; m < sources_.size(); ++m) {
    if (work.lists[m].empty() && sources_[m] != popularity_) continue;
    if (!work.pool.read_scores(m, *sources_[m], work.query, *work.scratch[m])) {
      work.lists[m].clear();
      dropped_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  choose(query, size, work, out);
  give_reasons(work.query, work, out);
  list_popular(size, work, out);
  out.by_model.clear();
  if (want_by_model) list_by_model(size, work, out);
}

void ListRanker::block_items(const Query& query, Work& work) const {
  const std::span<const HistoryItem> history = query.user.history;
  for (std::size_t k = 0; k < history.size(); ++k) {
    if (!gates_.lets_through(history[k], k)) work.pool.block(history[k].item);
  }
}

void ListRanker::collect(const Query& query, std::size_t size, Work& work) const {
  const std::size_t wanted = std::max<std::size_t>(options_.candidates, size);
  work.query = query;
  work.query.limit = wanted;
  for (std::size_t m = 0; m < sources_.size(); ++m) {
    std::vector<Candidate>& list = work.lists[m];
    work.query.hidden = work.pool.hidden();
    sources_[m]->candidates(work.query, *work.scratch[m], list);
    const bool finite = std::all_of(list.begin(), list.end(),
                                    [](const Candidate& c) { return std::isfinite(c.score); });
    if (finite) {
      work.pool.insert_list(m, list, wanted);
    } else {
      list.clear();
      dropped_.fetch_add(1, std::memory_order_relaxed);
    }
  }
}

void ListRanker::fill_up(const Query& query, std::size_t size, Work& work) const {
  for (const Candidate& candidate : popularity_->top()) {
    if (work.pool.size() >= size) return;
    work.pool.insert(candidate.item);
  }
  for (std::uint32_t item = 0; item < popularity_->counts().items() && work.pool.size() < size;
       ++item) {
    if (popularity_->counts().known(ItemId(item))) work.pool.insert(ItemId(item));
  }
  for (std::uint32_t item = 0; item < offered_.size() && work.pool.size() < size; ++item) {
    if (offered_[item]) work.pool.insert(ItemId(item));
  }
  for (const HistoryItem& own : query.user.history) {
    if (work.pool.size() >= size) return;
    work.pool.insert(own.item);
  }
  if (work.pool.size() > 0) return;
  // Items that nobody has chosen, or whose events were all taken back.
  for (std::uint32_t item = 0; item < query.items && work.pool.size() < size; ++item) {
    work.pool.insert(ItemId(item));
  }
  if (work.pool.size() > 0) return;
  // There is nothing but what the gates hide: better that than an empty list.
  for (const HistoryItem& own : query.user.history) {
    if (work.pool.size() >= size) return;
    if (own.strength < 0) continue;
    work.pool.unblock(own.item);
    work.pool.insert(own.item);
  }
}

void ListRanker::choose(const Query& query, std::size_t size, Work& work, RankedList& out) const {
  const CandidatePool& pool = work.pool;
  const std::size_t n = pool.size(), width = sources_.size();
  const Gathered in{query, pool, work.scratch, size};
  work.scores.assign(n, 0);
  out.example.clear();
  weigh(in, *work.weighing, work.scores, out.example);
  work.keys.resize(n);
  for (std::size_t i = 0; i < n; ++i) work.keys[i] = order_key(work.scores[i], pool.items()[i]);
  const std::size_t chosen = std::min(n, size);
  keep_greatest(work.keys, chosen);
  std::sort(work.keys.begin(), work.keys.begin() + static_cast<std::ptrdiff_t>(chosen),
            std::greater<>());
  work.chosen.resize(chosen);
  work.chosen_units.resize(chosen * width);
  work.totals.assign(chosen, 0);
  work.order.resize(chosen);
  for (std::size_t c = 0; c < chosen; ++c) {
    work.order[c] = static_cast<std::uint32_t>(c);
    work.chosen[c] = item_of(work.keys[c]);
    split(in, *work.weighing, pool.place(work.chosen[c]), work.parts);
    bool brought = false;
    for (std::size_t m = 0; m < width; ++m) {
      const std::int64_t part = score_nanos(double{work.parts[m]});
      work.chosen_units[c * width + m] = part;
      work.totals[c] += part;
      brought = brought || part != 0;
    }
    if (!brought) {  // it fills the list: that shows as the least share of popularity
      work.chosen_units[c * width + popularity_place_] = 1;
      work.totals[c] = 1;
    }
  }
  std::sort(work.order.begin(), work.order.end(), [&work](std::uint32_t a, std::uint32_t b) {
    return work.totals[a] != work.totals[b] ? work.totals[a] > work.totals[b]
                                            : work.chosen[a] < work.chosen[b];
  });
  out.entries.resize(chosen);
  out.parts.resize(chosen * width);
  for (std::size_t k = 0; k < chosen; ++k) {
    const std::size_t c = work.order[k];
    RankedList::Entry& entry = out.entries[k];
    entry.item = work.chosen[c];
    entry.score = static_cast<double>(work.totals[c]) / units;
    entry.because_count = 0;
    for (std::size_t m = 0; m < width; ++m) {
      out.parts[k * width + m] = static_cast<double>(work.chosen_units[c * width + m]) / units;
    }
  }
}

void ListRanker::give_reasons(const Query& query, Work& work, RankedList& out) const {
  const std::size_t width = sources_.size();
  work.own.clear();
  for (const HistoryItem& own : query.user.history) work.own.push_back(own.item);
  work.own_places.assign(work.own);
  const std::size_t own = work.own.size();
  work.reason_weights.resize(std::max(work.reason_weights.size(), out.entries.size() * own), 0);
  work.reasoned.resize(std::max(work.reasoned.size(), out.entries.size()));
  for (std::size_t m = 0; m < width && own > 0; ++m) {
    if (work.pool.best(m) == 0) continue;
    work.spoken.clear();
    work.spoken_items.clear();
    for (std::uint32_t k = 0; k < out.entries.size(); ++k) {
      if (!(out.parts[k * width + m] > 0)) continue;
      work.spoken.push_back(k);
      work.spoken_items.push_back(out.entries[k].item);
    }
    if (work.spoken.empty()) continue;
    work.reasons.clear();
    sources_[m]->explain(query, *work.scratch[m], work.spoken_items, work.reasons);
    work.reason_sums.assign(work.spoken.size(), 0);
    work.own_reasons.clear();
    for (const Reason& r : work.reasons) {
      if (r.candidate >= work.spoken.size() || !(r.weight > 0) || !std::isfinite(r.weight))
        continue;
      const std::uint32_t place = work.own_places[r.because.value];
      if (place == 0) continue;
      work.reason_sums[r.candidate] += r.weight;
      work.own_reasons.push_back({r.candidate, place - 1, r.weight});
    }
    for (const Work::OwnReason& r : work.own_reasons) {
      const std::uint32_t k = work.spoken[r.candidate];
      const auto share = static_cast<float>(out.parts[k * width + m]);
      const float more = share * r.weight / work.reason_sums[r.candidate];
      if (!(more > 0)) continue;
      float& weight = work.reason_weights[k * own + r.own];
      if (weight == 0) work.reasoned[k].push_back(r.own);
      weight += more;
    }
  }
  for (std::size_t k = 0; k < out.entries.size(); ++k) {
    RankedList::Entry& entry = out.entries[k];
    float* const weights = work.reason_weights.data() + k * own;
    std::vector<std::uint32_t>& reasoned = work.reasoned[k];
    const std::size_t n = std::min(reasons_max, reasoned.size());
    std::partial_sort(reasoned.begin(), reasoned.begin() + static_cast<std::ptrdiff_t>(n),
                      reasoned.end(), [weights](std::uint32_t a, std::uint32_t b) {
                        return weights[a] != weights[b] ? weights[a] > weights[b] : a < b;
                      });
    for (std::size_t r = 0; r < n; ++r) {
      entry.because[entry.because_count++] = work.own[reasoned[r]];
    }
    for (const std::uint32_t at : reasoned) weights[at] = 0;
    reasoned.clear();
  }
}

void ListRanker::list_popular(std::size_t size, const Work& work, RankedList& out) const {
  out.popular.clear();
  for (const Candidate& candidate : popularity_->top()) {
    if (out.popular.size() == size) break;
    if (!work.pool.blocked(candidate.item)) out.popular.push_back(candidate.item);
  }
}

void ListRanker::list_by_model(std::size_t size, const Work& work, RankedList& out) const {
  out.by_model.resize(sources_.size());
  for (std::size_t m = 0; m < sources_.size(); ++m) {
    for (const CandidatePool::Ranked& ranked : work.pool.ranks(m)) {
      if (out.by_model[m].size() == size) break;
      out.by_model[m].push_back(work.pool.items()[ranked.place]);
    }
  }
}

void ListRanker::learn(std::span<const Interaction> epoch) {
  gates_.learn(epoch);
  if (own_popularity_) own_popularity_->learn(epoch);
}

std::vector<std::pair<std::string, double>> ListRanker::weights() const {
  std::vector<std::pair<std::string, double>> out;
  for (const FusionReport::Weight& w : report().weights) {
    if (w.what.empty()) out.emplace_back(w.model, w.weight);
  }
  return out;
}

void ListRanker::describe(ItemId item, const CatalogEntry* entry) {
  if (own_popularity_) own_popularity_->describe(item, entry);
  if (item.index() >= withheld_.size()) withheld_.resize(item.index() + 1, false);
  if (item.index() >= offered_.size()) offered_.resize(item.index() + 1, false);
  offered_[item.index()] = entry != nullptr && entry->recommendable();
  withheld_[item.index()] = !offered_[item.index()];
}

bool ListRanker::save_some(RowBatch& out, std::size_t rows_max) {
  gates_.save(out);
  return !own_popularity_ || own_popularity_->save_some(out, rows_max);
}

Status ListRanker::restore(const RowReader& rows, std::size_t items) {
  if (Status s = gates_.restore(rows); !s) return s;
  return own_popularity_ ? own_popularity_->restore(rows, items) : Status{};
}

}  // namespace freshet
