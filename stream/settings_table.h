#pragma once

#include "config/table.h"
#include "stream/settings.h"

namespace freshet {

/// The options of the stream folder, one line each.
config::Table<EventOptions> describe_events();
config::Table<UserOptions> describe_users();
config::Table<EngineOptions> describe_engine();
config::Table<ListOptions> describe_lists();
config::Table<SimilarOptions> describe_similar();
config::Table<StateOptions> describe_state();
config::Table<DeliveryOptions> describe_delivery();

}  // namespace freshet
