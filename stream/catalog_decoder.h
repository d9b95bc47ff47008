#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "stream/catalog.h"
#include "stream/decoder.h"
#include "stream/record.h"

namespace freshet {

/// Turns records of the catalogue into entries. Accepts exactly what the contract's "In: catalogue"
/// says; everything else becomes a Rejection whose code begins with "catalog:".
///
/// - `item` may be missing where the record has a key: then that is the item.
/// - A record without a value withdraws the item that its key names.
/// - An optional field that is null, a text that is empty or an empty array counts as absent; other
///   fields than the contract's are ignored.
/// - A record that is rejected changes nothing: what was said of its item before still holds.
///
/// Threads: one decoder per thread. Cost: about 2 µs for a record of 300 bytes.
class CatalogDecoder {
 public:
  static constexpr std::size_t title_bytes_max = 1'024;
  static constexpr std::size_t name_bytes_max = 256;  ///< of a category, a brand, a tag, a kind
  static constexpr std::size_t categories_max = 16;
  static constexpr std::size_t tags_max = 64;
  static constexpr std::size_t embedding_max = 4'096;  ///< numbers
  static constexpr std::int64_t stock_max = 1'000'000'000'000'000;

  CatalogDecoder();
  ~CatalogDecoder();

  /// False: it cannot be used, and `rejection` says why.
  bool decode(const Record& record, CatalogRecord& out);
  const Rejection& rejection() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
