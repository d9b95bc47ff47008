#include "models/fusion/exploring_ranker.h"

#include <algorithm>

#include "stream/hash.h"
#include "stream/list.h"

namespace freshet {

namespace {

constexpr std::string_view name = "explore";
constexpr std::string_view space = "explore.items";
constexpr double nanos = 1e9;  // of a score, per 1

bool holds(const UserView& user, ItemId item) {
  return std::any_of(user.history.begin(), user.history.end(),
                     [item](const HistoryItem& own) { return own.item == item; });
}

bool holds(const RankedList& list, ItemId item) {
  return std::any_of(list.entries.begin(), list.entries.end(),
                     [item](const RankedList::Entry& entry) { return entry.item == item; });
}

std::uint64_t draw(const Query& query, std::size_t place) {
  std::string bytes;
  ByteWriter w(bytes);
  w.number(query.user.user.value);
  w.number(query.now_ms);
  w.number(query.user.session);
  w.number(query.user.session_events);
  w.number(query.user.recent.empty() ? ItemId{}.value : query.user.recent.front().item.value);
  w.number(static_cast<std::uint32_t>(place));
  return hash64(bytes);
}

}  // namespace

struct ExploringRanker::Work final : Scratch {
  std::unique_ptr<Scratch> inner;
  std::vector<ItemId> chosen;
  std::vector<double> parts;
};

ExploringRanker::ExploringRanker(std::unique_ptr<Ranker> inner, const ExploringOptions& options)
    : options_(options), inner_(std::move(inner)), part_names_(inner_->part_names()) {
  part_names_.emplace_back(name);
}

std::unique_ptr<Scratch> ExploringRanker::make_scratch() const {
  auto work = std::make_unique<Work>();
  work->inner = inner_->make_scratch();
  return work;
}

void ExploringRanker::rank(const Query& query, std::size_t size, bool want_by_model,
                           Scratch& scratch, RankedList& out) const {
  Work& work = static_cast<Work&>(scratch);
  inner_->rank(query, size, want_by_model, *work.inner, out);
  choose(query, work, out);
  append(work.chosen, size, work, out);
  if (want_by_model) out.by_model.push_back(work.chosen);
}

void ExploringRanker::choose(const Query& query, Work& work, const RankedList& list) const {
  work.chosen.clear();
  const ItemId newest = query.user.recent.empty() ? ItemId{} : query.user.recent.front().item;
  const std::uint64_t category =
      newest.index() < items_.size() ? items_[newest.index()].category : 0;
  const std::size_t looked = std::min(looked_at, new_.size());
  for (std::size_t place = 0; place < options_.places && looked > 0; ++place) {
    const std::uint64_t drawn = draw(query, place);
    const bool prefers = category != 0 && drawn >> 63 != 0;
    ItemId found;
    for (std::size_t k = 0; k < looked; ++k) {
      const ItemId item = new_[(drawn + k) % new_.size()];
      const bool fits = prefers && items_[item.index()].category == category;
      if (!found.is_none() && !fits) continue;
      const bool taken =
          std::find(work.chosen.begin(), work.chosen.end(), item) != work.chosen.end();
      if (taken || holds(list, item) || holds(query.user, item)) continue;
      found = item;
      if (fits || !prefers) break;
    }
    if (!found.is_none()) work.chosen.push_back(found);
  }
}

void ExploringRanker::append(const std::vector<ItemId>& chosen, std::size_t size, Work& work,
                             RankedList& out) const {
  const std::size_t width = part_names_.size(), inner = width - 1;
  const std::size_t kept = std::min(out.entries.size(), size - std::min(size, chosen.size()));
  const std::size_t n = std::min(kept + chosen.size(), size);
  work.parts.assign(n * width, 0);
  for (std::size_t k = 0; k < kept; ++k) {
    std::copy_n(out.parts.begin() + static_cast<std::ptrdiff_t>(k * inner), inner,
                work.parts.begin() + static_cast<std::ptrdiff_t>(k * width));
  }
  out.entries.resize(n);
  std::int64_t score = kept > 0 ? score_nanos(out.entries[kept - 1].score)
                                : static_cast<std::int64_t>(chosen.size()) + 1;
  for (std::size_t k = kept; k < n; ++k) {
    --score;
    if (score == 0) --score;  // it would not be seen who brought it
    out.entries[k] = RankedList::Entry{};
    out.entries[k].item = chosen[k - kept];
    out.entries[k].score = static_cast<double>(score) / nanos;
    work.parts[k * width + inner] = out.entries[k].score;
  }
  out.parts.swap(work.parts);
}

void ExploringRanker::learn(std::span<const Interaction> epoch) {
  inner_->learn(epoch);
  for (const Interaction& x : epoch) {
    if (!x.positive()) continue;
    Item& item = at(x.item);
    if (item.events >= options_.until) continue;
    ++item.events;
    dirty_.mark(x.item.value);
    if (item.events == options_.until) update(x.item);
  }
}

void ExploringRanker::describe(ItemId item, const CatalogEntry* entry) {
  inner_->describe(item, entry);
  Item& known = at(item);
  known.offered = entry != nullptr && entry->recommendable();
  known.category = entry == nullptr || entry->category.empty() ? 0 : hash64(entry->category.back());
  update(item);
}

ExploringRanker::Item& ExploringRanker::at(ItemId item) {
  if (item.index() >= items_.size()) items_.resize(item.index() + 1);
  return items_[item.index()];
}

void ExploringRanker::update(ItemId item) {
  const Item& known = items_[item.index()];
  const auto at = std::lower_bound(new_.begin(), new_.end(), item);
  const bool there = at != new_.end() && *at == item;
  const bool wanted = known.offered && known.events < options_.until;
  if (wanted && !there) new_.insert(at, item);
  if (!wanted && there) new_.erase(at);
}

bool ExploringRanker::save_some(RowBatch& out, std::size_t rows_max) {
  std::string value;
  for (const std::uint32_t item : dirty_.take(rows_max)) {
    begin_row(value).number(items_[item].events);
    out.put(space, id_key(item), value);
  }
  return inner_->save_some(out, rows_max) && dirty_.few(rows_max);
}

Status ExploringRanker::restore(const RowReader& rows, std::size_t items) {
  if (Status s = inner_->restore(rows, items); !s) return s;
  return rows.scan(space, [&](std::string_view key, std::string_view value) -> Status {
    const ItemId item = key_item(key, items);
    if (item.is_none()) return row_error(space, key, "its key is no item");
    ByteReader reader = open_row(value);
    const auto events = reader.number<std::uint32_t>();
    if (!reader.at_end()) return row_error(space, key, "it holds no number of events");
    at(item).events = std::min(events, options_.until);
    return {};
  });
}

}  // namespace freshet
