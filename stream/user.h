#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stream/bytes.h"
#include "stream/event.h"
#include "stream/event_types.h"
#include "stream/model.h"
#include "stream/settings.h"

namespace freshet {

/// All that is remembered of one user. One row of the state.
struct User {
  std::string name;  ///< the row's key
  UserId id;
  std::uint32_t session = 0;             ///< ordinal of his current session; 0: none yet
  std::uint32_t session_events = 0;      ///< events of positive weight in it
  std::uint64_t session_hash = 0;        ///< of the shop's own session id; 0: cut by time
  std::int64_t last_ms = 0;              ///< time of his newest event
  std::vector<HistoryItem> history;      ///< distinct items, the newest first
  std::vector<RecentEvent> recent;       ///< events of positive weight, the newest first
  std::vector<std::uint64_t> event_ids;  ///< hashes of the newest event ids, the oldest first
  std::vector<std::pair<std::string, AttributeValue>> attributes;  ///< by name
  std::vector<std::uint64_t> segments;  ///< hashes of "name=value" of them, sorted; not stored
  std::int64_t list_ms = 0;             ///< event time of the list he holds
  std::vector<ItemId> held;             ///< the list he holds; empty: none yet
  std::vector<ItemId> held_popular;     ///< what plain popularity would have shown him instead
  std::string example;            ///< RankedList::example of the list he holds, until he chooses
  std::int64_t learn_due_us = 0;  ///< shop's time until which his share of learning is used up

  UserView view() const { return {id, history, recent, session, session_events, segments}; }

  /// The row's value.
  std::string encode() const;
  /// Sets all but the name. False if the row is damaged.
  bool decode(std::string_view row);
  /// Whether all items that he names are among the first `items`.
  bool names_known_items(std::size_t items) const;
  /// Bytes held, approximately.
  std::size_t memory_bytes() const;
};

/// The part of a user that an Interaction copies, as it stands in a row.
void write_past(std::string& row, const std::vector<HistoryItem>& history,
                const std::vector<RecentEvent>& recent);
void read_past(ByteReader& r, std::vector<HistoryItem>& history, std::vector<RecentEvent>& recent);
/// Sets the segments from the attributes: texts and flags, `segments_max` at most.
void set_segments(User& user);

/// Whether all items named there are among the first `items`.
bool names_known_items(const std::vector<HistoryItem>& history,
                       const std::vector<RecentEvent>& recent, std::size_t items);

/// Folds events into users. Pure: what comes out depends on the user, the event and the options
/// only.
class UserFold {
 public:
  /// `types` must outlive the fold.
  UserFold(const UserOptions& options, std::int64_t session_gap_ms, const EventTypes& types)
      : options_(options), session_gap_ms_(session_gap_ms), types_(types) {}

  /// Whether the user already sent an event with this id (among his newest).
  static bool knows(const User& user, const Event& event);
  /// The same, and remembers the id.
  bool repeated(User& user, const Event& event) const;

  /// Newest events of a user that are looked through for repeats.
  static constexpr std::size_t repeats_seen = 10;

  enum class Taken : std::uint8_t {
    nothing,  ///< to learn
    learned,  ///< `out` is to be learned
    flooded,  ///< it is his alone: he has used up his share of learning
  };
  /// When the event is taken.
  struct Moment {
    std::uint64_t learned = 0;  ///< interactions of positive weight learned so far
    std::int64_t shop_ms = 0;   ///< the shop's time (ShopClock)
    std::uint32_t items = 0;    ///< items that the shop had before this epoch have ids below this
  };
  /// Takes the event in: session, attributes, history; fills `out` if there is something to learn
  /// from it. `item` is none only for types that are about no item.
  ///
  /// A user's share: an event costs 1 + k², k his newest `repeats_seen` that are on its item, and ¼
  /// if the shop had its item before this epoch, and his history has not: a large basket is no
  /// flood; the cost is paid back at `learn_events` in `learn_span` of the shop's time, and what
  /// would leave more than `learn_events` unpaid is not learned. So of one user are learned, in any
  /// time T of the shop, whatever times his events bear, at most L = learn_events · (1 + T /
  /// learn_span) events on items that he had before, 4·L in all, and of events on one item alone,
  /// with k soon at repeats_seen, L by 1 + repeats_seen². (Generic cell rate algorithm, ITU-T
  /// I.371.) An event that leaves u unpaid has the fusion_weight 1 / max(u, 1), and 0 if u is above
  /// `learn_choices`: the choices of a flood weigh together what 1 + ln(learn_choices) do, and of
  /// items new to him four times that.
  Taken apply(User& user, const Event& event, ItemId item, Interaction& out, Moment now) const;

 private:
  void enter_session(User& user, const Event& event) const;
  void set_attributes(User& user, const Event& event) const;
  Taken interact(User& user, const Event& event, ItemId item, Interaction& out, Moment now) const;
  bool pays(User& user, ItemId item, Moment now) const;
  float fusion_weight(const User& user, std::int64_t shop_ms) const;
  void add(User& user, const Event& event, ItemId item, float weight, const Interaction& out) const;
  void add_flooded(User& user, const Event& event, ItemId item, float weight) const;
  std::vector<HistoryItem>::iterator enter(User& user, ItemId item) const;
  void put_first(User& user, std::vector<HistoryItem>::iterator at, const HistoryItem& entry) const;
  void remember(User& user, const Event& event, ItemId item, std::uint64_t learned) const;
  bool take_back(User& user, EventTypeId target, ItemId item, Interaction& out) const;
  void rate_strength(HistoryItem& entry) const;

  UserOptions options_;
  std::int64_t session_gap_ms_;
  const EventTypes& types_;
};

}  // namespace freshet
