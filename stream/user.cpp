#include "stream/user.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>

#include "stream/bytes.h"
#include "stream/catalog.h"
#include "stream/hash.h"

namespace freshet {
namespace {

constexpr std::uint8_t row_version = 3;

template <class Counter>
void add_one(Counter& n) {
  if (n < std::numeric_limits<Counter>::max()) ++n;
}

EventTypeId type_id(std::size_t index) { return {static_cast<std::uint8_t>(index)}; }

constexpr std::size_t history_item_bytes = 37;
constexpr std::size_t recent_event_bytes = 25;

void write(std::string& row, const HistoryItem& h) {
  ByteBlock<history_item_bytes>()
      .number(h.item.value)
      .number(h.strength)
      .number(h.last_ms)
      .number(h.session)
      .number(h.types)
      .number(h.count)
      .number(h.strongest.value)
      .number(h.undoable[0])
      .number(h.undoable[1])
      .number(h.rating)
      .number(h.order)
      .append_to(row);
}

void write(std::string& row, const RecentEvent& e) {
  ByteBlock<recent_event_bytes>()
      .number(e.item.value)
      .number(e.type.value)
      .number(e.session)
      .number(e.time_ms)
      .number(e.learned)
      .append_to(row);
}

// An event is paid for at most a span after the end of all times, and a span has at most a day.
constexpr std::int64_t learn_due_max_us = (event_ms_max + 86'400'000) * 1'000;

bool is_time(std::int64_t ms) { return ms >= 0 && ms <= event_ms_max; }
bool is_weight(float w) { return std::abs(w) <= static_cast<float>(EventTypes::weight_max); }
bool is_type(EventTypeId type) { return type.value < EventTypes::max_count; }

HistoryItem read_history_item(ByteReader& r) {
  HistoryItem h;
  h.item = ItemId{r.number<std::uint32_t>()};
  h.strength = r.number<float>();
  h.last_ms = r.number<std::int64_t>();
  h.session = r.number<std::uint32_t>();
  h.types = r.number<std::uint32_t>();
  h.count = r.number<std::uint16_t>();
  h.strongest.value = r.number<std::uint8_t>();
  h.undoable[0] = r.number<std::uint8_t>();
  h.undoable[1] = r.number<std::uint8_t>();
  h.rating = r.number<float>();
  h.order = r.number<std::uint32_t>();
  if (h.item.is_none() || !is_weight(h.strength) || !is_time(h.last_ms) || !is_type(h.strongest) ||
      !is_weight(h.rating)) {
    r.fail();
  }
  return h;
}

std::vector<HistoryItem>::iterator find_item(std::vector<HistoryItem>& history, ItemId item) {
  return std::find_if(history.begin(), history.end(),
                      [item](const HistoryItem& h) { return h.item == item; });
}

/// As if it had not been among those that the models know.
void leave_order(std::vector<HistoryItem>& history, HistoryItem& entry) {
  if (entry.order == 0) return;
  for (HistoryItem& h : history) {
    if (h.order > entry.order) --h.order;
  }
  entry.order = 0;
}

void write(ByteWriter& w, const std::vector<ItemId>& items) {
  w.number(static_cast<std::uint32_t>(items.size()));
  for (const ItemId i : items) w.number(i.value);
}

void read(ByteReader& r, std::vector<ItemId>& items) {
  items.resize(r.count(4));
  for (ItemId& i : items) i = ItemId{r.number<std::uint32_t>()};
}

}  // namespace

void write_past(std::string& row, const std::vector<HistoryItem>& history,
                const std::vector<RecentEvent>& recent) {
  ByteWriter w(row);
  w.number(static_cast<std::uint32_t>(history.size()));
  for (const HistoryItem& h : history) write(row, h);
  w.number(static_cast<std::uint32_t>(recent.size()));
  for (const RecentEvent& e : recent) write(row, e);
}

void read_past(ByteReader& r, std::vector<HistoryItem>& history, std::vector<RecentEvent>& recent) {
  history.resize(r.count(history_item_bytes));
  for (HistoryItem& h : history) h = read_history_item(r);
  recent.resize(r.count(recent_event_bytes));
  for (RecentEvent& e : recent) {
    e.item = ItemId{r.number<std::uint32_t>()};
    e.type.value = r.number<std::uint8_t>();
    e.session = r.number<std::uint32_t>();
    e.time_ms = r.number<std::int64_t>();
    e.learned = r.number<std::uint64_t>();
    if (e.item.is_none() || !is_type(e.type) || !is_time(e.time_ms)) r.fail();
  }
}

bool names_known_items(const std::vector<HistoryItem>& history,
                       const std::vector<RecentEvent>& recent, std::size_t items) {
  const auto known = [&](const auto& named) { return named.item.index() < items; };
  return std::all_of(history.begin(), history.end(), known) &&
         std::all_of(recent.begin(), recent.end(), known);
}

bool User::names_known_items(std::size_t items) const {
  const auto known = [&](ItemId item) { return item.index() < items; };
  return freshet::names_known_items(history, recent, items) &&
         std::all_of(held.begin(), held.end(), known) &&
         std::all_of(held_popular.begin(), held_popular.end(), known);
}

std::string User::encode() const {
  std::string row;
  row.reserve(128 + example.size() + history.size() * history_item_bytes +
              recent.size() * recent_event_bytes + (held.size() + held_popular.size()) * 4);
  ByteWriter w(row);
  w.number(row_version);
  w.number(id.value);
  w.number(session);
  w.number(session_events);
  w.number(session_hash);
  w.number(last_ms);
  write_past(row, history, recent);
  w.number(static_cast<std::uint32_t>(event_ids.size()));
  for (const std::uint64_t id : event_ids) w.number(id);
  write_attributes(w, attributes);
  w.number(list_ms);
  write(w, held);
  write(w, held_popular);
  w.text(example);
  w.number(learn_due_us);
  return row;
}

std::size_t User::memory_bytes() const {
  // Each block on the heap costs its header too.
  constexpr std::size_t block = 16;
  const auto held_by = [](const auto& v) {
    using T = typename std::decay_t<decltype(v)>::value_type;
    return v.capacity() == 0 ? 0 : v.capacity() * sizeof(T) + block;
  };
  std::size_t bytes = sizeof(User) + block + held_by(name) + held_by(history) + held_by(recent) +
                      held_by(event_ids) + held_by(attributes) + held_by(held) +
                      held_by(held_popular) + held_by(example) + held_by(segments);
  for (const auto& [key, value] : attributes) {
    bytes += key.capacity();
    if (const auto* text = std::get_if<std::string>(&value)) bytes += text->capacity();
  }
  return bytes;
}

bool User::decode(std::string_view row) {
  ByteReader r(row);
  if (r.number<std::uint8_t>() != row_version) return false;
  id = UserId{r.number<std::uint32_t>()};
  session = r.number<std::uint32_t>();
  session_events = r.number<std::uint32_t>();
  session_hash = r.number<std::uint64_t>();
  last_ms = r.number<std::int64_t>();
  read_past(r, history, recent);
  event_ids.resize(r.count(8));
  for (std::uint64_t& id : event_ids) id = r.number<std::uint64_t>();
  read_attributes(r, attributes);
  list_ms = r.number<std::int64_t>();
  read(r, held);
  read(r, held_popular);
  example = r.text();
  learn_due_us = r.number<std::int64_t>();
  set_segments(*this);
  return r.at_end() && is_time(last_ms) && is_time(list_ms) && learn_due_us >= 0 &&
         learn_due_us <= learn_due_max_us;
}

void set_segments(User& user) {
  constexpr std::size_t segments_max = 8;
  user.segments.clear();
  for (const auto& [name, value] : user.attributes) {
    if (user.segments.size() == segments_max) break;
    if (const auto* text = std::get_if<std::string>(&value)) {
      user.segments.push_back(hash64(name + '=' + *text));
    } else if (const auto* flag = std::get_if<bool>(&value)) {
      user.segments.push_back(hash64(name + (*flag ? "=true" : "=false")));
    }
  }
  std::sort(user.segments.begin(), user.segments.end());
}

bool UserFold::knows(const User& user, const Event& event) {
  return !event.id.empty() && std::find(user.event_ids.begin(), user.event_ids.end(),
                                        hash64(event.id)) != user.event_ids.end();
}

bool UserFold::repeated(User& user, const Event& event) const {
  auto& ids = user.event_ids;
  if (options_.event_ids == 0) ids.clear();
  if (event.id.empty() || options_.event_ids == 0) return false;
  if (knows(user, event)) return true;
  while (ids.size() >= options_.event_ids) ids.erase(ids.begin());
  ids.push_back(hash64(event.id));
  return false;
}

UserFold::Taken UserFold::apply(User& user, const Event& event, ItemId item, Interaction& out,
                                Moment now) const {
  const EventTypes::Type& type = types_[event.type];
  switch (type.options.action) {
    case EventAction::profile:
      set_attributes(user, event);
      return Taken::nothing;
    case EventAction::forget:
      return Taken::nothing;  // the engine's business
    case EventAction::interact:
    case EventAction::rate:
      break;
  }
  enter_session(user, event);
  const bool matters = type.options.action == EventAction::rate || type.options.weight != 0 ||
                       type.takes_back.has_value();
  if (!matters || item.is_none()) return Taken::nothing;
  out.learned = now.learned;
  return interact(user, event, item, out, now);
}

void UserFold::enter_session(User& user, const Event& event) const {
  const std::uint64_t hash = event.session.empty() ? 0 : hash64(event.session);
  const bool gap = event.time_ms - user.last_ms > session_gap_ms_;
  const bool fresh = user.session == 0 || (hash != 0 ? hash != user.session_hash : gap);
  if (fresh) {
    ++user.session;
    user.session_events = 0;
    user.session_hash = hash;
  }
  user.last_ms = std::max(user.last_ms, event.time_ms);
}

void UserFold::set_attributes(User& user, const Event& event) const {
  for (const auto& [key, value] : event.attributes) {
    const auto at =
        std::lower_bound(user.attributes.begin(), user.attributes.end(), key,
                         [](const auto& a, const std::string& k) { return a.first < k; });
    if (at != user.attributes.end() && at->first == key) {
      at->second = value;
    } else if (user.attributes.size() < 64) {
      user.attributes.insert(at, {key, value});
    }
  }
  set_segments(user);
}

UserFold::Taken UserFold::interact(User& user, const Event& event, ItemId item, Interaction& out,
                                   Moment now) const {
  const EventTypes::Type& type = types_[event.type];
  const auto strength = [&] {
    const auto at = find_item(user.history, item);
    return at == user.history.end() ? 0.0F : at->known_strength();
  };
  const bool undoes = type.takes_back.has_value();
  const float weight = undoes ? -types_.weight(*type.takes_back, std::nullopt)
                              : types_.weight(event.type, event.value);
  // Taking back and dislike are free: they leave less behind than there was.
  if (!undoes && weight > 0 && !pays(user, item, now)) {
    add_flooded(user, event, item, weight);
    return Taken::flooded;
  }
  out.item = item;
  out.type = event.type;
  out.weight = weight;
  out.time_ms = event.time_ms;
  out.session = user.session;
  out.rating = type.options.action == EventAction::rate;
  out.forget = false;
  out.fusion_weight = fusion_weight(user, now.shop_ms);
  out.undone = Interaction::none;
  out.history.assign(user.history.begin(), user.history.end());
  out.recent.assign(user.recent.begin(), user.recent.end());
  out.segments.assign(user.segments.begin(), user.segments.end());
  out.example.clear();
  out.old_strength = strength();
  if (undoes) {
    if (!take_back(user, *type.takes_back, item, out)) return Taken::nothing;
  } else {
    add(user, event, item, weight, out);
  }
  out.new_strength = strength();
  if (weight > 0) out.example.swap(user.example);
  if (!(out.fusion_weight > 0)) out.example.clear();
  return Taken::learned;
}

bool UserFold::pays(User& user, ItemId item, Moment now) const {
  if (options_.learn_events == 0) return true;
  const auto newest = static_cast<std::ptrdiff_t>(std::min(user.recent.size(), repeats_seen));
  const auto same = std::count_if(user.recent.begin(), user.recent.begin() + newest,
                                  [item](const RecentEvent& event) { return event.item == item; });
  const std::int64_t span_us = options_.learn_span.count * 1'000;
  const bool is_browsed =
      item.value < now.items && find_item(user.history, item) == user.history.end();
  const std::int64_t quarters = is_browsed ? 1 : 4 * (1 + same * same);
  const std::int64_t price_us = quarters * span_us / (4LL * options_.learn_events);
  const std::int64_t now_us = now.shop_ms * 1'000;
  const std::int64_t due_us = std::max(user.learn_due_us, now_us) + price_us;
  if (due_us - now_us > span_us) return false;
  user.learn_due_us = due_us;
  return true;
}

/// After it was paid for.
float UserFold::fusion_weight(const User& user, std::int64_t shop_ms) const {
  if (options_.learn_events == 0 || options_.learn_choices == 0) return 1;
  const std::int64_t span_us = options_.learn_span.count * 1'000;
  const std::int64_t unpaid_us = user.learn_due_us - shop_ms * 1'000;
  const std::uint32_t choices = std::min(options_.learn_choices, options_.learn_events);
  const std::int64_t price_us = std::max<std::int64_t>(span_us / options_.learn_events, 1);
  if (unpaid_us > price_us * choices) return 0;
  return static_cast<float>(price_us) / static_cast<float>(std::max(unpaid_us, price_us));
}

/// Finds or makes his entry on an item.
std::vector<HistoryItem>::iterator UserFold::enter(User& user, ItemId item) const {
  const auto at = find_item(user.history, item);
  if (at != user.history.end()) return at;
  HistoryItem entry;
  entry.item = item;
  return user.history.insert(user.history.begin(), entry);
}

/// Makes the entry his newest. Of those that are too many, also because the limit was lowered, the
/// oldest go.
void UserFold::put_first(User& user, std::vector<HistoryItem>::iterator at,
                         const HistoryItem& entry) const {
  std::rotate(user.history.begin(), at, at + 1);
  user.history.front() = entry;
  while (user.history.size() > options_.history_items) user.history.pop_back();
}

void UserFold::remember(User& user, const Event& event, ItemId item, std::uint64_t learned) const {
  ++user.session_events;
  while (user.recent.size() >= options_.recent_events) user.recent.pop_back();
  user.recent.insert(user.recent.begin(), {item, event.type, user.session, event.time_ms, learned});
}

void UserFold::add(User& user, const Event& event, ItemId item, float weight,
                   const Interaction& out) const {
  const std::uint32_t bit = 1U << event.type.value;
  const auto at = enter(user, item);
  HistoryItem entry = *at;
  // The newest opinion wins: a dislike clears the interest shown before, and interest clears a
  // dislike.
  if (weight < 0) {
    entry.types = 0;
    entry.undoable[0] = entry.undoable[1] = 0;
  } else {
    for (std::size_t t = 0; t < types_.size(); ++t) {
      if (types_[type_id(t)].options.weight < 0) entry.types &= ~(1U << t);
    }
  }
  if (entry.order == 0) entry.count = 0;
  entry.types |= bit;
  entry.last_ms = event.time_ms;
  entry.session = user.session;
  add_one(entry.count);
  const EventTypes::Type& type = types_[event.type];
  if (type.undo_slot) add_one(entry.undoable[*type.undo_slot]);
  if (type.options.action == EventAction::rate) entry.rating = weight;
  rate_strength(entry);
  if (!(entry.strength > 0)) {
    leave_order(user.history, entry);
  } else if (entry.order == 0) {
    entry.order = out.next_order();
  }
  put_first(user, at, entry);
  if (weight > 0) remember(user, event, item, out.learned);
}

/// Of an event that nobody learns he keeps that it was, not what it says of an item that the models
/// know: what they were told must stay what can be taken back.
void UserFold::add_flooded(User& user, const Event& event, ItemId item, float weight) const {
  const auto at = enter(user, item);
  HistoryItem entry = *at;
  if (entry.order == 0) {
    entry.types = 1U << event.type.value;
    entry.strength = weight;
    entry.strongest = event.type;
    entry.undoable[0] = entry.undoable[1] = 0;
    if (types_[event.type].options.action == EventAction::rate) entry.rating = weight;
    add_one(entry.count);
  }
  entry.last_ms = event.time_ms;
  entry.session = user.session;
  put_first(user, at, entry);
  if (weight > 0) remember(user, event, item, RecentEvent::not_learned);
}

bool UserFold::take_back(User& user, EventTypeId target, ItemId item, Interaction& out) const {
  const std::uint8_t slot = *types_[target].undo_slot;
  const auto at = find_item(user.history, item);
  if (at == user.history.end() || at->undoable[slot] == 0) return false;
  if (--at->undoable[slot] == 0) at->types &= ~(1U << target.value);
  if (at->count > 1) --at->count;
  const auto newest = std::find_if(
      user.recent.begin(), user.recent.end(),
      [&](const RecentEvent& e) { return e.item == item && e.type == target && e.known(); });
  if (newest != user.recent.end()) {
    out.undone = static_cast<std::uint32_t>(newest - user.recent.begin());
    user.recent.erase(newest);
  }
  if (at->types == 0) {
    leave_order(user.history, *at);
    user.history.erase(at);
    return true;
  }
  rate_strength(*at);
  if (!(at->strength > 0)) leave_order(user.history, *at);
  return true;
}

void UserFold::rate_strength(HistoryItem& entry) const {
  bool first = true;
  for (std::size_t t = 0; t < types_.size(); ++t) {
    if ((entry.types >> t & 1) == 0) continue;
    const EventTypeOptions& o = types_[type_id(t)].options;
    const float w = o.action == EventAction::rate ? entry.rating : static_cast<float>(o.weight);
    if (first || w > entry.strength) {
      entry.strength = w;
      entry.strongest = type_id(t);
    }
    first = false;
  }
}

}  // namespace freshet
