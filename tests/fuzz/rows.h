#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stream/store.h"

namespace freshet::fuzz {

/// Rows in memory that can be read from the bytes of an input: a byte that chooses the row's space,
/// the key's length in a byte, the value's in two, key, value, and the next row, to the end.
class Rows final : public RowReader {
 public:
  /// Bytes that are no row end the reading. Keys of at most 64 bytes.
  static Rows read(std::string_view input);
  /// What `read` reads as these rows; a longer key or value, or another space, is left out.
  std::string write() const;

  void apply(const RowBatch& batch);
  const std::map<std::string, std::string>& in(std::string_view space) const;

  Result<std::optional<std::string>> get(std::string_view space,
                                         std::string_view key) const override;
  Status scan(std::string_view space, const Visit& visit) const override;
  Result<std::vector<std::string>> spaces() const override;

 private:
  std::map<std::string, std::map<std::string, std::string>, std::less<>> spaces_;
};

}  // namespace freshet::fuzz
