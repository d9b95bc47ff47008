#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stream/bytes.h"
#include "stream/event.h"
#include "stream/ids.h"
#include "stream/result.h"
#include "stream/store.h"

namespace freshet {

/// What the shop says of one item. Field meanings: the README's "Catalogue".
struct CatalogEntry {
  std::string title;
  std::vector<std::string> category;  ///< broad to narrow
  std::string brand;
  std::optional<double> price;
  bool available = true;
  std::optional<std::int64_t> stock;
  std::vector<std::string> tags;
  std::vector<std::pair<std::string, AttributeValue>> attributes;  ///< by name
  std::vector<float> embedding;
  std::string kind = "product";

  bool recommendable() const { return available && (!stock || *stock > 0); }
};

/// A record of the catalogue, decoded and valid.
struct CatalogRecord {
  std::string item;                   ///< 1–256 bytes of UTF-8
  std::optional<CatalogEntry> entry;  ///< replaces what was said before; none: withdrawn
};

/// The newest word on each item that the catalogue named. A withdrawn item stays known as such.
///
/// Threads: the calling thread changes it; the rank phase reads.
class Catalog {
 public:
  void set(ItemId item, std::optional<CatalogEntry> entry);

  /// None: the catalogue never named it, or it is withdrawn.
  const CatalogEntry* find(ItemId item) const {
    return item.index() < rows_.size() && rows_[item.index()].entry ? &*rows_[item.index()].entry
                                                                    : nullptr;
  }
  /// Items that the catalogue never named are.
  bool recommendable(ItemId item) const {
    if (item.index() >= rows_.size() || !rows_[item.index()].named) return true;
    return rows_[item.index()].entry && rows_[item.index()].entry->recommendable();
  }
  bool named(ItemId item) const { return item.index() < rows_.size() && rows_[item.index()].named; }
  /// All items named are below this.
  std::size_t item_end() const { return rows_.size(); }
  std::size_t memory_bytes() const;

  /// As Model::save_some, in the space "catalog".
  bool save_some(RowBatch& out, std::size_t rows_max);
  Status restore(const RowReader& rows, std::size_t items);

 private:
  struct Row {
    bool named = false, changed = false;
    std::optional<CatalogEntry> entry;
  };
  std::vector<Row> rows_;
  std::vector<std::uint32_t> changed_;
};

/// User and item attributes as they stand in a row: a count, then by name.
void write_attributes(ByteWriter& w,
                      const std::vector<std::pair<std::string, AttributeValue>>& attributes);
/// Not ok: they are not in the order of their names, or hold a value that cannot be.
void read_attributes(ByteReader& r,
                     std::vector<std::pair<std::string, AttributeValue>>& attributes);

}  // namespace freshet
