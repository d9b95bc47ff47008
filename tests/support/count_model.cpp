#include "tests/support/count_model.h"

#include <algorithm>

#include "stream/bytes.h"

namespace freshet::test {

std::vector<Candidate> CountModel::top(std::size_t limit) const {
  std::vector<Candidate> all;
  for (const auto& [item, count] : counts_) {
    if (count > 0) all.push_back({item, count});
  }
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  });
  if (all.size() > limit) all.resize(limit);
  return all;
}

float CountModel::count(ItemId item) const {
  const auto at = counts_.find(item);
  return at == counts_.end() ? 0 : at->second;
}

void CountModel::candidates(const Query& query, Scratch&, std::vector<Candidate>& out) const {
  out = top(query.limit);
}

void CountModel::score(const Query&, Scratch&, std::span<const ItemId> items,
                       std::span<float> out) const {
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = count(items[i]);
}

void CountModel::add(ItemId item, float strength) {
  if (strength == 0) return;
  counts_[item] += strength;
  changed_.insert(item);
}

void CountModel::learn(std::span<const Interaction> epoch) {
  for (const Interaction& x : epoch) {
    if (!x.forget) {
      add(x.item, x.new_strength - x.old_strength);
      continue;
    }
    for (const HistoryItem& h : x.history) add(h.item, -h.known_strength());
  }
}

bool CountModel::save_some(RowBatch& out, std::size_t rows_max) {
  for (std::size_t left = rows_to_save(changed_.size(), rows_max); left > 0; --left) {
    const ItemId item = *changed_.begin();
    changed_.erase(changed_.begin());
    std::string row;
    ByteWriter(row).number(counts_[item]);
    if (counts_[item] == 0) {
      out.erase(name_, id_key(item.value));
    } else {
      out.put(name_, id_key(item.value), row);
    }
  }
  return changed_.size() <= rows_max;
}

Status CountModel::restore(const RowReader& rows, std::size_t) {
  return rows.scan(name_, [&](std::string_view key, std::string_view value) -> Status {
    ByteReader r(value);
    counts_[ItemId{key_id(key)}] = r.number<float>();
    if (!r.at_end()) return error("state: a row of counts is damaged");
    return {};
  });
}

std::unique_ptr<Scratch> CountRanker::make_scratch() const { return std::make_unique<Scratch>(); }

void CountRanker::rank(const Query& query, std::size_t size, bool want_by_model, Scratch&,
                       RankedList& out) const {
  out.entries.clear();
  out.parts.clear();
  out.popular.clear();
  out.by_model.clear();
  std::map<ItemId, float> own;
  for (const HistoryItem& h : query.user.history) own[h.item] = std::max(0.0F, h.strength);
  std::vector<Candidate> pool = model_.top(query.limit);
  std::erase_if(pool, [&](const Candidate& c) { return off_.count(c.item) > 0; });
  for (const Candidate& c : pool) {
    if (out.popular.size() < size) out.popular.push_back(c.item);
  }
  if (want_by_model) out.by_model.push_back(out.popular);
  for (const auto& [item, strength] : own) {
    if (off_.count(item) > 0) continue;
    if (strength > 0 && model_.count(item) == 0) pool.push_back({item, 0});
  }
  for (Candidate& c : pool) c.score += own[c.item];
  std::sort(pool.begin(), pool.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  });
  if (pool.size() > size) pool.resize(size);
  for (const Candidate& c : pool) {
    RankedList::Entry& entry = out.entries.emplace_back();
    entry.item = c.item;
    entry.score = c.score;
    if (!query.user.recent.empty()) {
      entry.because_count = 1;
      entry.because[0] = query.user.recent.front().item;
    }
    out.parts.push_back(model_.count(c.item));
    out.parts.push_back(own[c.item]);
  }
}

void CountRanker::describe(ItemId item, const CatalogEntry* entry) {
  if (entry != nullptr && entry->recommendable()) {
    off_.erase(item);
  } else {
    off_.insert(item);
  }
}

bool CountRanker::save_some(RowBatch& out, std::size_t) {
  std::string row;
  ByteWriter(row).number(learned_);
  out.put("fusion", "learned", row);
  return true;
}

Status CountRanker::restore(const RowReader& rows, std::size_t) {
  return rows.scan("fusion", [&](std::string_view, std::string_view value) -> Status {
    ByteReader r(value);
    learned_ = r.number<std::uint64_t>();
    if (!r.at_end()) return error("state: the row of the ranker is damaged");
    return {};
  });
}

Engine::Parts count_parts(const EngineOptions& engine, const ListOptions& lists,
                          const EventOptions& events) {
  Engine::Parts parts;
  parts.engine = engine;
  parts.lists = lists;
  parts.events = events;
  auto model = std::make_unique<CountModel>();
  parts.ranker = std::make_unique<CountRanker>(*model);
  parts.models.push_back(std::move(model));
  return parts;
}

}  // namespace freshet::test
