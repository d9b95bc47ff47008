#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "models/rows.h"

namespace freshet {

/// The heaviest partners of one item: item ids and weights above 0, bounded.
///
/// A row may outgrow `limit` by a quarter before the lightest entries are dropped together (ties:
/// the higher id goes), so that a new partner has time to gain weight and the cost of dropping is
/// shared. Entries stand in the order of their ids, so that rows that hold the same are the same
/// bytes however they came to it; ids and weights lie apart, so that a search touches few lines.
/// Sums of whole numbers below 2^24 are exact.
class BoundedRow {
 public:
  static constexpr std::uint32_t absent = 0xffffffffU;

  std::size_t size() const { return ids_.size(); }
  std::span<const std::uint32_t> ids() const { return ids_; }
  std::span<const float> weights() const { return weights_; }

  /// Index of the entry, or `absent`. Cost: O(log size).
  std::uint32_t find(std::uint32_t id) const;

  /// Adds to an entry's weight, made or dropped as needed: what falls to `least` or below is gone.
  /// Cost: O(log size), and O(size) of moving memory for a new entry.
  void add(std::uint32_t id, float weight, std::size_t limit);

  /// Fetches what a search reads first.
  void prefetch_ids() const {
    for (std::size_t k = 0; k < ids_.size(); k += per_line) __builtin_prefetch(&ids_[k]);
  }
  /// Fetches all of it.
  void prefetch() const {
    prefetch_ids();
    for (std::size_t k = 0; k < weights_.size(); k += per_line) __builtin_prefetch(&weights_[k]);
  }

  /// Multiplies all weights; entries that fall to `least` or below are gone. Cost: O(size).
  void scale(float factor);

  /// Drops the lightest entries until at most `limit` are left. Cost: O(size).
  void prune(std::size_t limit);

  /// Count, ids, weights.
  void write(std::string& out) const;
  /// False: the bytes are no row of ascending items below `items` and weights up to `most`.
  bool read(ByteReader& in, std::size_t items);

  std::size_t memory_bytes() const { return (ids_.capacity() + weights_.capacity()) * 4; }

  static constexpr float least = 1e-6F;
  /// No sum of what is learned comes near it, and sums of scores made of it stay finite.
  static constexpr float most = 1e24F;

 private:
  static constexpr std::size_t per_line = 64 / sizeof(std::uint32_t);

  std::size_t place(std::uint32_t id) const;
  void grow(std::size_t most);

  std::vector<std::uint32_t> ids_;
  std::vector<float> weights_;
};

}  // namespace freshet
