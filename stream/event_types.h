#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stream/ids.h"
#include "stream/result.h"

namespace freshet {

/// What an event of a type does.
enum class EventAction : std::uint8_t { interact, rate, profile, forget };

/// One configured event type.
struct EventTypeOptions {
  double weight = 1;    ///< strength of the interest shown; below 0: the opposite
  bool refresh = true;  ///< such an event is answered with a new list
  EventAction action = EventAction::interact;
  std::string takes_back;  ///< name of the type of which it takes one event back; "": none
  double scale_min = 1;    ///< for `rate`: the scale of `value`, mapped linearly to 0–5
  double scale_max = 5;
};

using EventTypeMap = std::map<std::string, EventTypeOptions>;

/// The types of the contract: view, click, like, cart, purchase, rating, dislike, uncart, return,
/// impression, profile, forget.
EventTypeMap default_event_types();

/// What a state says of the event types it has seen: its rows hold their numbers.
struct KnownTypes {
  std::vector<std::string> names;     ///< by id
  std::vector<std::string> undoable;  ///< by HistoryItem::undoable's index: the type counted there
};

/// The configured types, compiled. Ids are stored in rows, so a type keeps its id for the life of
/// the state: types that the state knows come first, in the state's order, then the new ones by
/// name. A type that is no longer declared keeps its place and is not found.
class EventTypes {
 public:
  static constexpr std::size_t max_count = 32;    ///< HistoryItem::types is a word of bits
  static constexpr std::size_t max_undoable = 2;  ///< HistoryItem::undoable
  static constexpr double rating_weight_max = 5;
  static constexpr double weight_max = 100;  ///< of any type, up or down

  struct Type {
    std::string name;
    EventTypeOptions options;
    std::optional<EventTypeId> takes_back;
    std::optional<std::uint8_t>
        undo_slot;  ///< index into HistoryItem::undoable, if it can be taken back
    bool declared = true;
  };

  /// What is wrong with a set of types, as one sentence each; empty: nothing.
  static std::vector<std::string> problems(const EventTypeMap& types);

  /// Error: the declared types and those that the state knows are together more than `max_count`.
  static Status fit(const EventTypeMap& types, const KnownTypes& known);

  /// `known`: from the state, else empty. Requires
  /// `problems(types)` to be empty, and at most `max_count` names in both together.
  explicit EventTypes(const EventTypeMap& types, const KnownTypes& known = {});

  std::optional<EventTypeId> find(std::string_view name) const;
  const Type& operator[](EventTypeId id) const { return types_[id.value]; }
  std::size_t size() const { return types_.size(); }
  /// The first type that erases a user, for records without a value.
  std::optional<EventTypeId> forget() const { return forget_; }
  /// What a state is to remember of these types.
  const KnownTypes& known() const { return known_; }
  /// The declared names, comma-separated, for messages.
  std::string names() const;

  /// Weight of one event: the type's, or the rating mapped to 0–5.
  float weight(EventTypeId id, std::optional<double> value) const;

 private:
  std::vector<Type> types_;
  KnownTypes known_;
  std::optional<EventTypeId> forget_;
};

}  // namespace freshet
