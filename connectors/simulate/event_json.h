#pragma once

#include <cstdint>
#include <string>

#include "connectors/simulate/shop.h"

namespace freshet {

/// The event as a record of the topic `events`: one line of JSON without newline.
std::string event_json(const ShopEvent& event);

/// The key of that record: the user's id.
std::string event_key(const ShopEvent& event);

}  // namespace freshet
