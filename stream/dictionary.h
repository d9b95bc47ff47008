#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stream/ids.h"
#include "stream/result.h"
#include "stream/store.h"

namespace freshet {

/// Names of items ↔ dense ids, in order of first appearance.
///
/// Invariants: 1. ids are 0 … size()-1; 2. a name's bytes never move or change while the dictionary
/// lives, so a view of a name may be handed to another thread. Cost: one hash a look-up; about 50
/// bytes an item beside its name.
class ItemDictionary {
 public:
  ItemDictionary();
  ~ItemDictionary();

  /// Requires a name of 1 to 65,536 bytes.
  ItemId intern(std::string_view name);
  /// The id, or none if the name was never interned.
  ItemId find(std::string_view name) const;
  std::string_view name(ItemId id) const { return names_[id.index()]; }
  std::size_t size() const { return names_.size(); }
  /// Bytes held, approximately.
  std::size_t memory_bytes() const;

  void save(RowBatch& out);
  Status restore(const RowReader& rows);

 private:
  struct Index;
  std::unique_ptr<Index> index_;
  std::vector<std::string_view> names_;
  std::size_t saved_ = 0;  ///< ids below this are in the store
};

}  // namespace freshet
