#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "stream/order.h"

namespace freshet {

/// The bytes of one file of the order log: a header, then notes of some runs each.
///
///     header  "frshord", version (1 byte), the segment's number (8), hash of these 16 bytes (8)
///     note    hash of what follows (8), segment (8), where the note begins (8), up to where the
///             file was known to be safe when it was written (8), count (4), count × (partition
///             (4), end (8))
///
/// Numbers are little-endian. The hash is XXH3. The first 24 bytes are the same in every version.
constexpr std::uint8_t order_segment_version = 1;

std::string encode_segment_header(OrderLog::Segment segment);
/// Notes of the runs, one behind the other, for the place `begin` of the file.
std::string encode_notes(OrderLog::Segment segment, std::uint64_t begin, std::uint64_t synced_bytes,
                         std::span<const OrderRun> runs);

struct OrderSegment {
  Order runs;
  std::uint64_t good_bytes = 0;  ///< what lies behind is torn; 0: the header too
};

/// May the end be what a crash left of a note that was being written?
enum class SegmentEnd { may_be_torn, whole };

/// Error: damage that no crash explains, in a few words without the file's name. A bad note is the
/// torn end unless a later note says that its place was safe already.
Result<OrderSegment> decode_segment(OrderLog::Segment segment, std::string_view bytes,
                                    SegmentEnd end);

}  // namespace freshet
