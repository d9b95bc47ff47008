#pragma once

#include <cstdint>
#include <string_view>

#include "stream/result.h"
#include "stream/store.h"

namespace freshet {

/// Grows with every change of a row that an older or newer program would misread.
constexpr std::uint32_t state_format_version = 4;

constexpr std::string_view meta_space = "meta";
/// Where input and output stand; no part of what was learned, and left out of the digest: the same
/// events in another number of partitions make the same digest.
constexpr std::string_view delivery_space = "delivery";

/// Error: rows of a format that this program does not read. A store without rows is fine.
Status check_format(const RowReader& rows);

}  // namespace freshet
