#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "connectors/file/compression.h"
#include "stream/result.h"

namespace freshet {

/// Compresses into gzip members or zstd frames. The same bytes in, cut into members at the same
/// places, give the same bytes out.
class Compressor {
 public:
  virtual ~Compressor() = default;

  /// Appends to `out` what compressing `bytes` yields so far. Begins a member or frame, even if
  /// `bytes` is empty.
  virtual Status add(std::string_view bytes, std::string& out) = 0;

  /// Ends the member or frame. The next `add` begins another.
  virtual Status finish(std::string& out) = 0;
};

/// Null for Compression::none.
std::unique_ptr<Compressor> make_compressor(Compression compression);

}  // namespace freshet
