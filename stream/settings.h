#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/units.h"
#include "stream/event_types.h"

namespace freshet {

/// How records are read into events.
struct EventOptions {
  /// Names that the shop's records use for the fields of the contract.
  struct Fields {
    std::string user = "user", item = "item", type = "type", time = "time", session = "session",
                value = "value", quantity = "quantity", price = "price", id = "id", list = "list",
                attributes = "attributes", consent = "consent";
  };
  Fields fields;
  EventTypeMap types = default_event_types();
  config::Millis session_gap{30 * 60'000};
};

/// How much is remembered of each user.
struct UserOptions {
  std::uint32_t history_items = 500;  ///< distinct items, the newest
  std::uint32_t recent_events = 50;
  std::uint32_t event_ids = 32;       ///< newest ids by which repeats are known
  std::uint32_t learn_events = 300;   ///< of one user, learned in one go; 0: no limit
  std::uint32_t learn_choices = 100;  ///< of these, taught the fusion; 0: all
  config::Millis learn_span{3'600'000};
};

struct EngineOptions {
  std::uint32_t threads = 0;  ///< 0: one per core
  std::uint32_t epoch_events = 64;
  config::Millis epoch_span{50};
  config::Bytes queue_bytes{2 << 20};  ///< of records and lists waiting between two stages, each
};

struct ListOptions {
  std::uint32_t size = 20;
  config::Millis min_interval{0};
  bool suppress_unchanged = false;
  std::vector<std::string> include;  ///< fields of the catalogue, see IncludedFields
  std::uint32_t explore = 0;         ///< places at a list's end that are given to new items
  std::uint32_t explore_until = 20;  ///< events of an item from which on it is new no more
};

/// The lists of similar items that go out.
struct SimilarOptions {
  std::uint32_t size = 20;  ///< 0: none go out
  config::Millis min_interval{60'000};
  std::uint32_t events_per_list = 4;
};

struct StateOptions {
  std::string path = "freshet-state";  ///< "": in memory only
  config::Millis checkpoint_interval{5'000};
  config::Millis checkpoint_work{500};
  config::Bytes memory_budget{1ULL << 30};
};

enum class Guarantee { at_least_once, exactly_once };

struct DeliveryOptions {
  Guarantee guarantee = Guarantee::at_least_once;
  config::Millis commit_interval{100};
  config::Bytes commit_bytes{16 << 20};  ///< of outputs: a commit comes early when so much waits
};

}  // namespace freshet
