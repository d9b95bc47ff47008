#include "stream/similar.h"

#include <algorithm>

#include "stream/bytes.h"
#include "stream/hash.h"

namespace freshet {
namespace {

constexpr std::string_view items_space = "similar.items";
constexpr std::string_view next_space = "similar.next";
constexpr std::string_view next_key = "next";
constexpr std::uint8_t row_version = 1;
// Of quiet times no more is saved up than for so many lists; and for each list so many items are
// passed over at most.
constexpr std::uint64_t saved_lists = 64, passed_per_list = 64;

std::uint64_t hash_of(const std::vector<SimilarItem>& items) {
  if (items.empty()) return 0;
  std::string bytes;
  ByteWriter w(bytes);
  for (const SimilarItem& s : items) w.number(s.item.value);
  return std::max<std::uint64_t>(hash64(bytes), 1);
}

}  // namespace

SimilarLists::Row& SimilarLists::at(ItemId item) {
  if (item.index() >= rows_.size()) rows_.resize(item.index() + 1);
  return rows_[item.index()];
}

void SimilarLists::change(ItemId item) {
  Row& row = at(item);
  if (!row.changed) changed_.push_back(item.value);
  row.changed = true;
}

void SimilarLists::wait(ItemId item) {
  Row& row = at(item);
  if (row.waiting) return;
  row.waiting = true;
  ++waiting_;
  change(item);
}

bool SimilarLists::due(const Row& row, std::int64_t now_ms) const {
  const std::int64_t since = now_ms - row.told_ms;
  return since < 0 || since >= options_.min_interval.count;
}

void SimilarLists::collect(Model& model, const Catalog& catalog, const ItemDictionary& items,
                           std::uint32_t events, std::int64_t now_ms,
                           std::vector<SimilarList>& out) {
  touched_.clear();
  model.take_changed(touched_);
  for (const ItemId item : touched_) wait(item);
  const std::uint64_t most = saved_lists * options_.events_per_list;
  credit_ =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(most, std::uint64_t{credit_} + events));
  next_changed_ = true;
  std::uint64_t steps = passed_per_list * (credit_ / options_.events_per_list);
  steps = std::min<std::uint64_t>(steps, rows_.size());  // once round
  for (; steps > 0 && waiting_ > 0 && credit_ >= options_.events_per_list; --steps) {
    if (next_ >= rows_.size()) next_ = 0;
    const ItemId item(next_++);
    const Row& row = rows_[item.index()];
    if (!row.waiting || !due(row, now_ms)) continue;
    credit_ -= options_.events_per_list;
    look_at(item, model, catalog, items, now_ms, out);
  }
}

void SimilarLists::look_at(ItemId item, const Model& model, const Catalog& catalog,
                           const ItemDictionary& items, std::int64_t now_ms,
                           std::vector<SimilarList>& out) {
  Row& row = rows_[item.index()];
  row.waiting = false;
  --waiting_;
  change(item);
  found_.clear();
  const bool withdrawn = catalog.named(item) && catalog.find(item) == nullptr;
  if (!withdrawn) model.similar(item, catalog, options_.size, found_);
  // What is printed decides ties, as in the lists of users.
  std::sort(found_.begin(), found_.end(), [&](const SimilarItem& a, const SimilarItem& b) {
    const std::int64_t left = score_nanos(a.score), right = score_nanos(b.score);
    return left != right ? left > right : items.name(a.item) < items.name(b.item);
  });
  const std::uint64_t hash = hash_of(found_);
  if (hash == row.told) return;
  row.told = hash;
  row.told_ms = now_ms;
  SimilarList& list = out.emplace_back();
  list.item = items.name(item);
  list.time_ms = now_ms;
  for (const SimilarItem& s : found_) {
    list.entries.push_back({items.name(s.item), s.score, s.support});
  }
}

void SimilarLists::recommendable_changed(ItemId item, const Model& model) {
  found_.clear();
  model.similar(item, Catalog(), static_cast<std::size_t>(-1), found_);
  if (found_.empty()) return;
  wait(item);
  for (const SimilarItem& s : found_) wait(s.item);
}

bool SimilarLists::save_some(RowBatch& out, std::size_t rows_max) {
  std::string value;
  if (next_changed_) {
    ByteWriter w(value);
    w.number(row_version);
    w.number(next_);
    w.number(credit_);
    out.put(next_space, next_key, value);
    next_changed_ = false;
  }
  const std::size_t n = rows_to_save(changed_.size(), rows_max);
  for (std::size_t k = 0; k < n; ++k) {
    Row& row = rows_[changed_[k]];
    row.changed = false;
    value.clear();
    ByteWriter w(value);
    w.number(row_version);
    w.number(row.told_ms);
    w.number(row.told);
    w.number(row.waiting);
    out.put(items_space, id_key(changed_[k]), value);
  }
  changed_.erase(changed_.begin(), changed_.begin() + static_cast<std::ptrdiff_t>(n));
  return changed_.size() <= rows_max;
}

Status SimilarLists::restore(const RowReader& rows, std::size_t items) {
  const auto damaged = [] { return error("state: a row of similar items is damaged"); };
  auto next = rows.get(next_space, next_key);
  if (!next) return next.error();
  if (*next) {
    ByteReader r(**next);
    const auto version = r.number<std::uint8_t>();
    next_ = r.number<std::uint32_t>();
    credit_ = r.number<std::uint32_t>();
    if (version != row_version || !r.at_end()) return damaged();
  }
  return rows.scan(items_space, [&](std::string_view key, std::string_view value) -> Status {
    const std::uint32_t id = key_id(key);
    ByteReader r(value);
    const auto version = r.number<std::uint8_t>();
    Row row;
    row.told_ms = r.number<std::int64_t>();
    row.told = r.number<std::uint64_t>();
    row.waiting = r.number<bool>();
    if (id >= items || version != row_version || !r.at_end() || row.told_ms < 0 ||
        row.told_ms > event_ms_max) {
      return damaged();
    }
    waiting_ += row.waiting ? 1 : 0;
    at(ItemId(id)) = row;
    return {};
  });
}

std::size_t SimilarLists::memory_bytes() const { return rows_.capacity() * sizeof(Row); }

}  // namespace freshet
