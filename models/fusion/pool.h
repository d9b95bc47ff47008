#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stream/ids.h"
#include "stream/model.h"

namespace freshet {

/// The candidates for one list: the union of what the models found, and what every model says of
/// each.
///
/// Items stand in the order in which they were first named; `place` finds them. Blocked items do
/// not enter. Cost: `place`, `block`, `insert` O(1); `clear` O(items named). Reused from list to
/// list.
class CandidatePool {
 public:
  static constexpr std::uint32_t absent = 0xffffffffU;

  /// `withheld`: items that never enter, by id; must outlive the list.
  void clear(std::size_t models, const std::vector<bool>& withheld);
  void block(ItemId item);
  void unblock(ItemId item) {
    if (mark(item) == blocked_mark) marks_[item.index()] = 0;
  }
  bool blocked(ItemId item) const { return mark(item) == blocked_mark || withheld(item); }
  /// The blocked items. Valid until the next `block` or `insert`.
  ItemSet hidden() const { return ItemSet(marks_); }
  /// Adds an item unless it is there, blocked or none. Its place, or `absent`.
  std::uint32_t insert(ItemId item);
  std::uint32_t place(ItemId item) const;

  std::span<const ItemId> items() const { return items_; }
  std::size_t size() const { return items_.size(); }

  /// Adds the first `limit` unblocked entries of a model's list and keeps their ranks.
  void insert_list(std::size_t model, std::span<const Candidate> list, std::size_t limit);
  /// Asks a model for the scores of all items. False: it gave one that is not finite; then it has
  /// none at all.
  bool read_scores(std::size_t model, const Model& source, const Query& query, Scratch& scratch);
  /// Takes a model out of this list: no scores, no ranks.
  void drop(std::size_t model);

  /// A model's scores of all items, at least 0; empty: it has none.
  std::span<const float> scores(std::size_t model) const { return scores_[model]; }
  /// The highest of them, 0 if none is above 0.
  float best(std::size_t model) const { return best_[model]; }
  struct Ranked {
    std::uint32_t place;
    std::uint32_t rank;  ///< from 1, blocked items not counted
  };
  /// Where the items of a model's own list stand.
  std::span<const Ranked> ranks(std::size_t model) const { return ranks_[model]; }

 private:
  static constexpr std::uint32_t blocked_mark = ItemSet::inside;
  bool withheld(ItemId item) const {
    return item.index() < withheld_->size() && (*withheld_)[item.index()];
  }
  std::uint32_t mark(ItemId item) const {
    return item.index() < marks_.size() ? marks_[item.index()] : 0;
  }
  std::uint32_t& mark_at(ItemId item);

  const std::vector<bool>* withheld_ = nullptr;
  std::vector<ItemId> items_;
  std::vector<ItemId> blocked_;
  std::vector<std::uint32_t> marks_;  ///< by item: 0 unknown, place + 1, or blocked
  std::vector<std::vector<float>> scores_;
  std::vector<std::vector<Ranked>> ranks_;
  std::vector<float> best_;
};

}  // namespace freshet
