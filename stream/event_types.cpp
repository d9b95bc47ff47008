#include "stream/event_types.h"

#include <algorithm>
#include <cassert>
#include <set>

namespace freshet {

namespace {

EventTypeOptions type(double weight, bool refresh = true,
                      EventAction action = EventAction::interact, std::string takes_back = {}) {
  EventTypeOptions o;
  o.weight = weight;
  o.refresh = refresh;
  o.action = action;
  o.takes_back = std::move(takes_back);
  return o;
}

}  // namespace

EventTypeMap default_event_types() {
  return {{"view", type(1)},
          {"click", type(1)},
          {"like", type(2)},
          {"cart", type(3)},
          {"purchase", type(5)},
          {"rating", type(5, true, EventAction::rate)},
          {"dislike", type(-1)},
          {"uncart", type(0, true, EventAction::interact, "cart")},
          {"return", type(0, true, EventAction::interact, "purchase")},
          {"impression", type(0, false)},
          {"profile", type(0, false, EventAction::profile)},
          {"forget", type(0, false, EventAction::forget)}};
}

std::vector<std::string> EventTypes::problems(const EventTypeMap& types) {
  std::vector<std::string> found;
  if (types.size() > max_count) {
    found.push_back(std::to_string(types.size()) + " types; at most " + std::to_string(max_count) +
                    " are possible");
  }
  std::set<std::string> undoable;
  for (const auto& [name, kind] : types) {
    if (kind.action == EventAction::rate && !(kind.scale_min < kind.scale_max)) {
      found.push_back("type '" + name + "': scale_min must be below scale_max");
    }
    if (kind.takes_back.empty()) continue;
    const auto target = types.find(kind.takes_back);
    if (target == types.end()) {
      found.push_back("type '" + name + "' takes back '" + kind.takes_back +
                      "', which is no declared type");
    } else if (!target->second.takes_back.empty() || target->second.weight <= 0) {
      found.push_back("type '" + name + "' takes back '" + kind.takes_back +
                      "', which is not a type of positive weight");
    } else if (target->second.action != EventAction::interact) {
      found.push_back("type '" + name + "' takes back '" + kind.takes_back +
                      "', which is no interaction");
    } else {
      undoable.insert(kind.takes_back);
    }
  }
  if (undoable.size() > max_undoable) {
    found.push_back("at most " + std::to_string(max_undoable) +
                    " types can be taken back by another; these are " +
                    std::to_string(undoable.size()));
  }
  return found;
}

namespace {

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// The state's types, then the new ones by name.
KnownTypes joined(KnownTypes known, const EventTypeMap& types) {
  for (const auto& [name, kind] : types) add_once(known.names, name);
  for (const auto& [name, kind] : types) {
    if (!kind.takes_back.empty()) add_once(known.undoable, kind.takes_back);
  }
  return known;
}

}  // namespace

Status EventTypes::fit(const EventTypeMap& types, const KnownTypes& known) {
  const KnownTypes all = joined(known, types);
  if (all.names.size() > max_count) {
    return error("events.types: with the types that the state has seen before these are " +
                 std::to_string(all.names.size()) + "; at most " + std::to_string(max_count) +
                 " are possible");
  }
  if (all.undoable.size() > max_undoable) {
    return error("events.types: with those that the state has seen before, " +
                 std::to_string(all.undoable.size()) +
                 " types can be taken back by another; at most " + std::to_string(max_undoable) +
                 " are possible in the life of a state");
  }
  return {};
}

EventTypes::EventTypes(const EventTypeMap& types, const KnownTypes& known)
    : known_(joined(known, types)) {
  assert(problems(types).empty() && fit(types, known));
  for (const std::string& name : known_.names) {
    const auto at = types.find(name);
    const bool declared = at != types.end();
    types_.push_back({name, declared ? at->second : type(0), {}, {}, declared});
  }
  for (std::size_t i = 0; i < types_.size(); ++i) {
    Type& type = types_[i];
    if (type.options.action == EventAction::forget && !forget_) {
      forget_ = EventTypeId{static_cast<std::uint8_t>(i)};
    }
    if (!type.options.takes_back.empty()) type.takes_back = find(type.options.takes_back);
    const auto slot = std::find(known_.undoable.begin(), known_.undoable.end(), type.name);
    if (slot != known_.undoable.end()) {
      type.undo_slot = static_cast<std::uint8_t>(slot - known_.undoable.begin());
    }
  }
}

std::optional<EventTypeId> EventTypes::find(std::string_view name) const {
  for (std::size_t i = 0; i < types_.size(); ++i) {
    if (types_[i].name == name && types_[i].declared) {
      return EventTypeId{static_cast<std::uint8_t>(i)};
    }
  }
  return std::nullopt;
}

std::string EventTypes::names() const {
  std::string all;
  for (const Type& type : types_) {
    if (type.declared) all += (all.empty() ? "" : ", ") + type.name;
  }
  return all;
}

float EventTypes::weight(EventTypeId id, std::optional<double> value) const {
  const EventTypeOptions& o = types_[id.value].options;
  if (o.action != EventAction::rate) return static_cast<float>(o.weight);
  assert(value);
  return static_cast<float>((*value - o.scale_min) / (o.scale_max - o.scale_min) *
                            rating_weight_max);
}

}  // namespace freshet
