#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stream/catalog.h"
#include "stream/dictionary.h"
#include "stream/list.h"
#include "stream/model.h"
#include "stream/result.h"
#include "stream/settings.h"
#include "stream/store.h"

namespace freshet {

/// Tells which items are like which (topic similar-items): after each epoch, the lists that
/// changed.
///
/// An item waits from the moment at which the model says that its similar items may have changed
/// until it is looked at. After each epoch the next waiting items are looked at, in the order of
/// ids and round and round, one for every `events_per_list` events, but not those that were told
/// within `min_interval` of event time; the list is told if it holds other items, or in another
/// order, than when it was last told. An item whose list has become empty is told so once; so is
/// one that the catalogue withdrew. A pure function of the interactions, the catalogue, their order
/// and the options.
///
/// Threads: the engine's calling thread.
class SimilarLists {
 public:
  explicit SimilarLists(const SimilarOptions& options) : options_(options) {}
  bool on() const { return options_.size > 0; }

  /// Learns what the model changed in an epoch of so many events, and appends to `out` the lists to
  /// be told now.
  void collect(Model& model, const Catalog& catalog, const ItemDictionary& items,
               std::uint32_t events, std::int64_t now_ms, std::vector<SimilarList>& out);
  /// An item became recommendable, or is no longer: its own list and those it stands in may change.
  void recommendable_changed(ItemId item, const Model& model);

  /// As Model::save_some, in spaces that begin with "similar".
  bool save_some(RowBatch& out, std::size_t rows_max);
  Status restore(const RowReader& rows, std::size_t items);
  std::size_t memory_bytes() const;

 private:
  struct Row {
    std::int64_t told_ms = 0;
    std::uint64_t told = 0;  ///< hash of the items last told; 0: none
    bool waiting = false;
    bool changed = false;  ///< since it was last saved
  };

  Row& at(ItemId item);
  void change(ItemId item);
  void wait(ItemId item);
  bool due(const Row& row, std::int64_t now_ms) const;
  void look_at(ItemId item, const Model& model, const Catalog& catalog, const ItemDictionary& items,
               std::int64_t now_ms, std::vector<SimilarList>& out);

  const SimilarOptions options_;
  std::vector<Row> rows_;
  std::uint64_t waiting_ = 0;  ///< items that wait
  std::uint32_t next_ = 0;     ///< item that is looked at next
  std::uint32_t credit_ = 0;   ///< events that no list has used up
  std::vector<std::uint32_t> changed_;
  bool next_changed_ = false;
  std::vector<ItemId> touched_;
  std::vector<SimilarItem> found_;
};

}  // namespace freshet
