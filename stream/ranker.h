#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stream/ids.h"
#include "stream/model.h"

namespace freshet {

/// A finished list. Row i of `parts` holds one share per name in Ranker::part_names.
struct RankedList {
  struct Entry {
    ItemId item;
    double score = 0;
    std::uint8_t because_count = 0;
    ItemId because[3];
  };
  std::vector<Entry> entries;  ///< best first
  std::vector<double>
      parts;  ///< entries.size() × part_names().size(), row-major; a row sums to the score
  std::vector<ItemId> popular;  ///< what plain popularity would have shown: the baseline
  std::vector<std::vector<ItemId>> by_model;  ///< each model's own list, if asked for; else empty
  /// What the ranker wants to see again, in Interaction::example, when the user has chosen next:
  /// kept with him. At most some kilobytes; empty: nothing.
  std::string example;
};

/// Makes one list out of what the models say. Threads and purity as Model.
class Ranker {
 public:
  virtual ~Ranker() = default;

  /// Names of the shares: each model's and, after them, each rule's.
  virtual const std::vector<std::string>& part_names() const = 0;

  virtual std::unique_ptr<Scratch> make_scratch() const = 0;

  /// Replaces `out` by the best `size` items for the query. `want_by_model` fills `out.by_model`
  /// too. The list is empty only when nothing at all can be recommended.
  virtual void rank(const Query& query, std::size_t size, bool want_by_model, Scratch& scratch,
                    RankedList& out) const = 0;

  virtual void learn(std::span<const Interaction> epoch) = 0;
  /// How much each model counts now, by name, for people to read; empty: the ranker cannot tell.
  virtual std::vector<std::pair<std::string, double>> weights() const { return {}; }
  /// As Model::describe. An item that is not recommendable is in no list from now on.
  virtual void describe(ItemId item, const CatalogEntry* entry) = 0;
  /// As Model::save_some.
  virtual bool save_some(RowBatch& out, std::size_t rows_max) = 0;
  void save(RowBatch& out) { save_some(out, every_row); }
  virtual Status restore(const RowReader& rows, std::size_t items) = 0;
};

}  // namespace freshet
