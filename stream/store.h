#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stream/result.h"

namespace freshet {

/// Rows to be written together, all or none. A row lives in a named space ("user",
/// "item_cf.pairs").
///
/// Cost: one append to an arena a row; nothing is allocated per row.
class RowBatch {
 public:
  struct Row {
    std::string_view space, key, value;
    bool erased;
  };

  void put(std::string_view space, std::string_view key, std::string_view value);
  void erase(std::string_view space, std::string_view key);
  void append(const RowBatch& other);
  void clear();

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return arena_.size(); }
  /// Valid until the batch is changed.
  Row row(std::size_t i) const;

 private:
  struct Entry {
    std::size_t begin;
    std::uint32_t space_bytes, key_bytes, value_bytes;
    bool erased;
  };
  void add(std::string_view space, std::string_view key, std::string_view value, bool erased);

  std::string arena_;
  std::vector<Entry> entries_;
};

/// "All that changed", where a number of rows is asked for.
constexpr std::size_t every_row = static_cast<std::size_t>(-1);

/// How many of `changed` rows Model::save_some appends: all if asked for every row, else `rows_max`
/// if there are more than that, else none.
constexpr std::size_t rows_to_save(std::size_t changed, std::size_t rows_max) {
  if (rows_max == every_row) return changed;
  return changed > rows_max ? rows_max : 0;
}

/// Read access to the rows of a store, as they were at one moment. Several threads may ask at once.
class RowReader {
 public:
  using Visit = std::function<Status(std::string_view key, std::string_view value)>;

  virtual ~RowReader() = default;
  /// One row; nothing if there is none. May run beside a `write` too.
  virtual Result<std::optional<std::string>> get(std::string_view space,
                                                 std::string_view key) const = 0;
  /// Visits the rows of a space in the order of their keys' bytes; stops at the first error, which
  /// it returns.
  virtual Status scan(std::string_view space, const Visit& visit) const = 0;
  /// All spaces that hold rows, in order.
  virtual Result<std::vector<std::string>> spaces() const = 0;
};

/// The durable copy of the state. Implementations live in state/.
class Store : public RowReader {
 public:
  /// Writes all rows or none, durably when it returns. A later row of the batch wins over an
  /// earlier one with the same key. May run beside scans.
  virtual Status write(const RowBatch& batch) = 0;
};

}  // namespace freshet
