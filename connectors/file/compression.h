#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace freshet {

enum class Compression : std::uint8_t { none, gzip, zstd };

/// What the first bytes of a stream say. Absent: they are too few to tell; at most 4 are needed.
/// `at_end`: no more will come, so the answer is always there.
std::optional<Compression> recognise_compression(std::string_view head, bool at_end);

/// What a file's name says: `.gz`, `.zst`, or none.
Compression compression_of_name(std::string_view path);

}  // namespace freshet
