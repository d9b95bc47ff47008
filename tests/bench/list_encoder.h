#pragma once

#include <cstdint>
#include <span>

#include "stream/decoder.h"
#include "stream/engine.h"

namespace freshet::bench {

/// Encodes the lists among outcomes as they would go out, and counts them.
class ListEncoder {
 public:
  /// `engine` must outlive the encoder.
  explicit ListEncoder(const Engine& engine) : engine_(engine) {}

  /// `outcomes` are those of `records`.
  void encode(std::span<const Decoded> records, std::span<const Outcome> outcomes);

  std::uint64_t lists = 0, list_bytes = 0;
  std::int64_t spent_ns = 0;  ///< wall time

 private:
  const Engine& engine_;
};

}  // namespace freshet::bench
