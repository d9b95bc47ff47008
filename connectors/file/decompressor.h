#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "connectors/file/compression.h"
#include "stream/result.h"

namespace freshet {

/// Decompresses a stream of joined gzip members or zstd frames, however it is cut into pieces.
class Decompressor {
 public:
  virtual ~Decompressor() = default;

  /// Takes bytes off the front of `in`, writes to `out` and returns how many it wrote. Makes
  /// progress when `in` is not empty; call it with an empty `in` only when it filled `out` and
  /// `inside` is true. Error: the bytes are damaged, or are no member or frame at all; says which.
  virtual Result<std::size_t> decompress(std::string_view& in, std::span<char> out) = 0;

  /// Between the first byte of a member or frame and its end: the input must not stop here.
  virtual bool inside() const = 0;
};

/// Null for Compression::none.
std::unique_ptr<Decompressor> make_decompressor(Compression compression);

}  // namespace freshet
