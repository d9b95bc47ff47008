#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stream/catalog.h"

namespace freshet {

/// What two items can have in common, as 64-bit hashes of "kind of field + text": each category,
/// the brand, the price band, each tag, and the terms of the title (runs of letters, digits and
/// bytes beyond ASCII, of two bytes or more, ASCII letters made small). A price band is half an
/// octave wide: floor(2·log2(1 + price)).
///
/// Replaces `out` by at most `tokens_max` of them, sorted, each once; where there are more,
/// category, brand and price come first, then the title's words, then tags, each in the entry's
/// order.
void content_tokens(const CatalogEntry& entry, std::size_t tokens_max,
                    std::vector<std::uint64_t>& out);

}  // namespace freshet
