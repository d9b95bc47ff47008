#include "models/fusion/pool.h"

#include <algorithm>
#include <cmath>

namespace freshet {

void CandidatePool::clear(std::size_t models, const std::vector<bool>& withheld) {
  withheld_ = &withheld;
  for (const ItemId item : items_) marks_[item.index()] = 0;
  for (const ItemId item : blocked_) marks_[item.index()] = 0;
  items_.clear();
  blocked_.clear();
  scores_.resize(models);
  ranks_.resize(models);
  best_.assign(models, 0);
  for (std::size_t m = 0; m < models; ++m) drop(m);
}

std::uint32_t& CandidatePool::mark_at(ItemId item) {
  if (item.index() >= marks_.size()) marks_.resize(item.index() + item.index() / 2 + 1, 0);
  return marks_[item.index()];
}

void CandidatePool::block(ItemId item) {
  if (item.is_none() || mark(item) != 0) return;
  mark_at(item) = blocked_mark;
  blocked_.push_back(item);
}

std::uint32_t CandidatePool::insert(ItemId item) {
  if (item.is_none() || blocked(item)) return absent;
  std::uint32_t& mark = mark_at(item);
  if (mark == 0) {
    items_.push_back(item);
    mark = static_cast<std::uint32_t>(items_.size());
  }
  return mark - 1;
}

std::uint32_t CandidatePool::place(ItemId item) const {
  const std::uint32_t known = mark(item);
  return known == 0 || known == blocked_mark ? absent : known - 1;
}

void CandidatePool::insert_list(std::size_t model, std::span<const Candidate> list,
                                std::size_t limit) {
  for (const Candidate& candidate : list) {
    if (ranks_[model].size() == limit) return;
    const std::uint32_t place = insert(candidate.item);
    if (place == absent) continue;
    ranks_[model].push_back({place, static_cast<std::uint32_t>(ranks_[model].size() + 1)});
  }
}

bool CandidatePool::read_scores(std::size_t model, const Model& source, const Query& query,
                                Scratch& scratch) {
  std::vector<float>& scores = scores_[model];
  scores.assign(items_.size(), 0);
  source.score(query, scratch, items_, scores);
  float best = 0;
  for (float& score : scores) {
    if (!std::isfinite(score)) {
      drop(model);
      return false;
    }
    score = std::max(score, 0.0F);
    best = std::max(best, score);
  }
  best_[model] = best;
  return true;
}

void CandidatePool::drop(std::size_t model) {
  scores_[model].clear();
  ranks_[model].clear();
  best_[model] = 0;
}

}  // namespace freshet
