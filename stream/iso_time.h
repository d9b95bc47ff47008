#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace freshet {

/// Milliseconds since 1970 of an ISO-8601 time with its zone: "2024-01-31T12:34:56.789+01:00",
/// "…Z". Nothing: it is not one, or has no zone.
std::optional<std::int64_t> iso_time_ms(std::string_view text);

}  // namespace freshet
