#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/rows.h"
#include "stream/ranker.h"

namespace freshet {

struct ExploringOptions {
  std::uint32_t places = 1;  ///< at the end of each list
  std::uint32_t until = 20;  ///< events from which on an item is new no more
};

/// Gives the last places of another ranker's lists to new items, so that users tell what they are
/// worth: what no model knows anything of would be shown to nobody else.
///
/// New is an item of the catalogue that can be recommended and of which fewer than `until` events
/// of positive weight were learned. An event that is taken back, or whose user is forgotten, counts
/// nevertheless: the item was seen. Counts begin when exploration is switched on.
///
/// Which: a draw, uniform over the new items, by a hash of the user and his newest event, and so
/// the same after a restart and with any number of threads. From there the first of the next
/// `looked_at` new items, in the order in which they became known, that is not in the list and that
/// the user has nothing to do with; in every second draw, one whose narrowest category is that of
/// his newest item, if there is one among them. So nothing needs to be counted when lists are made,
/// and every new item has its turn. If none of them fits, the list stays as it is.
///
/// An explored item stands one billionth of score below what is above it, and that score is all the
/// part "explore". No reasons are given.
///
/// Memory: 16 bytes an item that is known. Cost of a list: O(places · looked_at · history).
class ExploringRanker final : public Ranker {
 public:
  static constexpr std::size_t looked_at = 8;

  ExploringRanker(std::unique_ptr<Ranker> inner, const ExploringOptions& options);

  const std::vector<std::string>& part_names() const override { return part_names_; }
  std::unique_ptr<Scratch> make_scratch() const override;
  void rank(const Query& query, std::size_t size, bool want_by_model, Scratch& scratch,
            RankedList& out) const override;
  void learn(std::span<const Interaction> epoch) override;
  FusionReport report() const override { return inner_->report(); }
  std::vector<std::pair<std::string, double>> weights() const override { return inner_->weights(); }
  void describe(ItemId item, const CatalogEntry* entry) override;
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;

  /// Ascending.
  const std::vector<ItemId>& new_items() const { return new_; }

 private:
  struct Item {
    std::uint64_t category = 0;  ///< hash of the narrowest; 0: none
    std::uint32_t events = 0;    ///< learned, at most `until`
    bool offered = false;        ///< the catalogue names it, and it can be recommended
  };
  struct Work;

  void choose(const Query& query, Work& work, const RankedList& list) const;
  void append(const std::vector<ItemId>& chosen, std::size_t size, Work& work,
              RankedList& out) const;
  Item& at(ItemId item);
  void update(ItemId item);

  // Fixed after construction.
  const ExploringOptions options_;
  const std::unique_ptr<Ranker> inner_;
  std::vector<std::string> part_names_;

  // Rank phase reads; the learn phase and `describe` write.
  std::vector<Item> items_;
  std::vector<ItemId> new_;

  // Learn phase only.
  DirtyRows dirty_;
};

}  // namespace freshet
