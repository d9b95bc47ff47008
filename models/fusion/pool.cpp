#include "models/fusion/pool.h"

#include <Eigen/Core>
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
  if (item.is_none()) return absent;
  std::uint32_t& mark = mark_at(item);
  if (mark == blocked_mark) return absent;
  if (mark == 0) {
    if (withheld(item)) return absent;
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
  std::vector<Ranked>& ranks = ranks_[model];
  for (const Candidate& candidate : list) {
    if (ranks.size() == limit) return;
    const std::uint32_t place = insert(candidate.item);
    if (place == absent) continue;
    ranks.push_back({place, static_cast<std::uint32_t>(ranks.size() + 1)});
  }
}

bool CandidatePool::read_scores(std::size_t model, const Model& source, const Query& query,
                                Scratch& scratch) {
  std::vector<float>& scores = scores_[model];
  scores.assign(items_.size(), 0);
  source.score(query, scratch, items_, scores);
  bool finite = true;
  for (const float score : scores) finite &= std::isfinite(score);
  if (!finite) {
    drop(model);
    return false;
  }
  Eigen::Map<Eigen::ArrayXf> all(scores.data(), static_cast<Eigen::Index>(scores.size()));
  all = all.max(0.0F);
  best_[model] = scores.empty() ? 0 : all.maxCoeff();
  return true;
}

void CandidatePool::drop(std::size_t model) {
  scores_[model].clear();
  ranks_[model].clear();
  best_[model] = 0;
}

}  // namespace freshet
