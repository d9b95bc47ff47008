#pragma once

#include <string_view>

#include "stream/user.h"
#include "tests/support/events.h"

namespace freshet::test {

/// One user who acts on numbered items, with limits small enough to reach.
struct UserPlay {
  UserOptions options{.history_items = 3, .recent_events = 2, .event_ids = 2, .learn_events = 0};
  EventTypes types{default_event_types()};
  UserFold fold{options, 30 * minute_ms, types};
  User user{};
  Interaction learned{};
  UserFold::Taken taken = UserFold::Taken::nothing;

  /// An event `at_ms` after the start; whether there is something to learn.
  bool act(std::string_view type, std::uint32_t item, std::int64_t at_ms = 0,
           std::optional<double> value = {}, std::string_view session = {}) {
    Event event = event_of("u", "i", type, start_ms + at_ms);
    event.value = value;
    event.session = session;
    learned = {};
    taken = fold.apply(user, event, ItemId{item}, learned, {0, start_ms + at_ms});
    return taken == UserFold::Taken::learned;
  }

  EventTypeId type(std::string_view name) const { return types.find(name).value(); }
  std::uint32_t bit(std::string_view name) const { return 1U << type(name).value; }

  /// The user's entry on an item; null: none.
  const HistoryItem* entry(std::uint32_t item) const {
    for (const HistoryItem& h : user.history) {
      if (h.item == ItemId{item}) return &h;
    }
    return nullptr;
  }
  std::vector<std::uint32_t> history() const {
    std::vector<std::uint32_t> items;
    for (const HistoryItem& h : user.history) items.push_back(h.item.value);
    return items;
  }
  std::vector<std::uint32_t> recent() const {
    std::vector<std::uint32_t> items;
    for (const RecentEvent& e : user.recent) items.push_back(e.item.value);
    return items;
  }
};

}  // namespace freshet::test
