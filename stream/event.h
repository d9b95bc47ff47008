#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "stream/ids.h"

namespace freshet {

/// The end of year 9999, in ms since 1970: no event is later, and none is earlier than 1970.
inline constexpr std::int64_t event_ms_max = 253'402'300'799'999;

using AttributeValue = std::variant<std::string, double, bool>;

/// A click, purchase or other event of a shop, decoded and valid. Field meanings: the README's
/// "Events".
struct Event {
  std::string user;  ///< 1–256 bytes of UTF-8
  std::string item;  ///< the same; empty only for `profile` and `forget`
  EventTypeId type;
  std::int64_t time_ms = 0;  ///< since 1970 UTC
  std::string session;       ///< empty: sessions are cut by `events.session_gap`
  std::optional<double> value;
  std::uint32_t quantity = 1;
  std::optional<double> price;
  std::string id;    ///< empty: none
  std::string list;  ///< id of the list it was chosen from; empty: none
  std::vector<std::pair<std::string, AttributeValue>> attributes;  ///< for `profile`
  bool consent = true;
  bool time_clamped = false;  ///< `time` lay too far in the record's future and was moved back
};

}  // namespace freshet
