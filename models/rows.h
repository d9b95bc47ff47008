#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "stream/bytes.h"
#include "stream/ids.h"
#include "stream/result.h"
#include "stream/store.h"

namespace freshet {

/// Which of a dense range of rows changed since they were last saved. Cost: `mark` O(1).
class DirtyRows {
 public:
  void mark(std::uint32_t row) {
    const std::size_t word = row / 64;
    if (word >= bits_.size()) bits_.resize(word + 1 + word / 2, 0);
    const std::uint64_t bit = std::uint64_t{1} << (row % 64);
    if (bits_[word] & bit) return;
    bits_[word] |= bit;
    rows_.push_back(row);
  }

  /// Marked rows as Model::save_some appends them: the `rows_max` that were marked first, or none
  /// if no more than that are marked, or all if `rows_max` is every_row; in ascending order. After
  /// it they are not marked. Valid until the next `mark`.
  std::span<const std::uint32_t> take(std::size_t rows_max);
  /// All marked rows, in the order of marking. After it they are not marked. Valid until the next
  /// `mark`.
  std::span<const std::uint32_t> take_unsorted();
  /// Whether at most `rows_max` rows are marked.
  bool few(std::size_t rows_max) const { return rows_.size() <= rows_max; }

  std::size_t memory_bytes() const { return bits_.capacity() * 8 + rows_.capacity() * 4; }

 private:
  void unmark();

  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint32_t> taken_;  ///< by the last call
};

/// The first byte of every row value of the models.
inline constexpr std::uint8_t row_version = 1;

/// Begins a row value in `out`: cleared, version written.
ByteWriter begin_row(std::string& out);

/// Reads the version byte; another version makes the reader not ok.
ByteReader open_row(std::string_view value);

/// "model row <space>/<key in hex> cannot be read: <why>".
Error row_error(std::string_view space, std::string_view key, std::string_view why);

/// The item in a row's key; none: the key is no item of a state that has `items` of them.
ItemId key_item(std::string_view key, std::size_t items);

/// No count of events comes near it; a greater one in a row would wrap around.
inline constexpr std::uint64_t count_max = std::uint64_t{1} << 62;

/// Appends the values of an array, without their count, at memcpy speed.
template <class T>
  requires std::is_trivially_copyable_v<T>
void append_array(std::string& out, std::span<const T> values) {
  out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

/// Reads a count and as many numbers. A count that cannot fit makes the reader not ok.
template <class T>
void read_array(ByteReader& in, std::vector<T>& out) {
  const std::uint32_t n = in.count(sizeof(T));
  out.resize(n);
  for (T& value : out) value = in.number<T>();
}

}  // namespace freshet
