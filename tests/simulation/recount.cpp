#include "tests/simulation/recount.h"

#include <algorithm>
#include <tuple>

#include "stream/list.h"
#include "stream/users.h"
#include "tests/support/count_model.h"

namespace freshet::test {
namespace {

constexpr std::size_t pool_max = 50;  // Query::limit

Output output_of(const Decoded& record, const std::string& user) {
  Output out;
  out.partition = record.partition;
  out.offset = record.offset;
  out.key = user;
  return out;
}

}  // namespace

std::optional<Output> Recount::take(const Decoded& record) {
  if (const CatalogRecord* said = record.catalog()) {
    items_.emplace(said->item, items_.size());
    shelf_[said->item] = said->entry;
    return std::nullopt;
  }
  const Event* event = record.event();
  if (event == nullptr) {
    Output out = output_of(record, "");
    out.channel = Channel::rejected;
    out.key = record.rejected.key;
    out.value = record.rejected.value;
    out.reason = std::get<Rejection>(record.what).reason;
    return out;
  }
  if (type_of(*event).options.action == EventAction::forget) return forget(record);
  if (!event->consent) {
    const auto known = shoppers_.find(event->user);
    Shopper visitor = known == shoppers_.end() ? Shopper{} : known->second;
    if (known_id(visitor, *event)) return std::nullopt;
    apply(visitor, *event, items_.count(event->item) > 0, false);
    return answer(visitor, record);
  }
  begin_in_epoch(*event);
  Shopper& shopper = shoppers_[event->user];
  std::int64_t& newest = newest_ms_[event->user];
  newest = std::max(newest, event->time_ms);
  if (!event->item.empty()) items_.emplace(event->item, items_.size());
  std::optional<Output> out;
  if (!known_id(shopper, *event)) {
    remember_id(shopper, *event);
    apply(shopper, *event, true, true);
    out = answer(shopper, record);
  }
  if (epoch_records_ >= plan_.engine.epoch_events) close_epoch();
  return out;
}

/// What the catalogue never named can be sold.
bool Recount::off_the_shelf(const std::string& item) const {
  const auto said = shelf_.find(item);
  if (said == shelf_.end()) return false;
  const std::optional<CatalogEntry>& entry = said->second;
  return !entry || !entry->available || (entry->stock && *entry->stock <= 0);
}

std::optional<Output> Recount::forget(const Decoded& record) {
  const Event& event = *record.event();
  begin_in_epoch(event);
  const auto known = shoppers_.find(event.user);
  if (known != shoppers_.end()) {
    for (const Interest& interest : known->second.interests) {
      waiting_.push_back({interest.item, -known_strength(known->second, interest.item)});
    }
    shoppers_.erase(known);
    // Who comes back is somebody else.
    newest_ms_["erased " + std::to_string(++erased_)] = newest_ms_[event.user];
    newest_ms_.erase(event.user);
  }
  close_epoch();
  return output_of(record, event.user);
}

void Recount::begin_in_epoch(const Event& event) {
  const bool over = event.time_ms - epoch_first_ms_ >= plan_.engine.epoch_span.count;
  if (epoch_records_ > 0 && over) close_epoch();
  if (epoch_records_ == 0) epoch_first_ms_ = event.time_ms;
  ++epoch_records_;
}

void Recount::close_epoch() {
  for (const Change& change : waiting_) counts_[change.item] += change.by;
  waiting_.clear();
  move_clock();
  epoch_records_ = 0;
  closed_items_ = items_.size();
}

/// The third newest of the users' newest times, or the oldest of fewer; never back.
void Recount::move_clock() {
  std::vector<std::int64_t> times;
  for (const auto& [user, time_ms] : newest_ms_) times.push_back(time_ms);
  if (times.empty()) return;
  std::sort(times.rbegin(), times.rend());
  clock_ms_ = std::max(clock_ms_, times[std::min<std::size_t>(times.size(), 3) - 1]);
}

bool Recount::known_id(const Shopper& shopper, const Event& event) const {
  return !event.id.empty() &&
         std::find(shopper.ids.begin(), shopper.ids.end(), event.id) != shopper.ids.end();
}

void Recount::remember_id(Shopper& shopper, const Event& event) const {
  if (event.id.empty()) return;
  shopper.ids.push_back(event.id);
  if (shopper.ids.size() > plan_.users.event_ids) shopper.ids.erase(shopper.ids.begin());
}

double Recount::strength(const Interest& interest) const {
  std::optional<double> best;
  for (const auto& [type, count] : interest.events) {
    const EventTypeOptions& options = plan_.events.types.at(type);
    const double weight = options.action == EventAction::rate ? interest.rating : options.weight;
    best = std::max(best.value_or(weight), weight);
  }
  return best.value_or(0);
}

double Recount::strength(const Shopper& shopper, const std::string& item) const {
  for (const Interest& interest : shopper.interests) {
    if (interest.item == item) return std::max(0.0, strength(interest));
  }
  return 0;
}

double Recount::known_strength(const Shopper& shopper, const std::string& item) const {
  for (const Interest& interest : shopper.interests) {
    if (interest.item == item) return interest.known ? std::max(0.0, strength(interest)) : 0;
  }
  return 0;
}

void Recount::apply(Shopper& shopper, const Event& event, bool item_known, bool learn) {
  const EventTypes::Type& type = type_of(event);
  if (type.options.action == EventAction::profile) {
    for (const auto& [key, value] : event.attributes) shopper.attributes[key] = value;
    return;
  }
  const bool pause = event.time_ms - shopper.newest_ms > plan_.events.session_gap.count;
  const bool other = event.session.empty() ? pause : event.session != shopper.session_name;
  if (shopper.session == 0 || other) {
    ++shopper.session;
    shopper.session_events = 0;
    shopper.session_name = event.session;
  }
  shopper.newest_ms = std::max(shopper.newest_ms, event.time_ms);
  if (!item_known) return;
  const std::string& undone = type.options.takes_back;
  const bool rates = type.options.action == EventAction::rate;
  if (!rates && type.options.weight == 0 && undone.empty()) return;
  if (undone.empty() && types_.weight(event.type, event.value) > 0 && !pays(shopper, event)) {
    add_flooded(shopper, event);
    return;
  }
  const double before = known_strength(shopper, event.item);
  if (undone.empty()) {
    add(shopper, event);
  } else if (!take_back(shopper, event, undone)) {
    return;
  }
  if (learn) waiting_.push_back({event.item, known_strength(shopper, event.item) - before});
}

/// An event costs 1 + k², k his newest ten on its item, of `learn_events` a span; a quarter if
/// the shop had the item before this epoch, and he has no interest in it yet.
bool Recount::pays(Shopper& shopper, const Event& event) const {
  const UserOptions& options = plan_.users;
  if (options.learn_events == 0) return true;
  std::int64_t same = 0;
  for (std::size_t k = 0; k < std::min<std::size_t>(shopper.recent.size(), 10); ++k) {
    same += shopper.recent[k].item == event.item ? 1 : 0;
  }
  const std::int64_t span_us = options.learn_span.count * 1'000;
  const std::int64_t now_us = clock_ms_ * 1'000;
  const bool has = std::any_of(shopper.interests.begin(), shopper.interests.end(),
                               [&](const Interest& i) { return i.item == event.item; });
  const auto met = items_.find(event.item);
  const bool browsed = !has && met != items_.end() && met->second < closed_items_;
  const std::int64_t quarters = browsed ? 1 : 4 + 4 * same * same;
  const std::int64_t due_us =
      std::max(shopper.due_us, now_us) + quarters * span_us / (4LL * options.learn_events);
  if (due_us > now_us + span_us) return false;
  shopper.due_us = due_us;
  return true;
}

/// His interest in an item; a new one if he has none.
Recount::Interest Recount::take_out(Shopper& shopper, const std::string& item) const {
  auto& interests = shopper.interests;
  Interest interest{item, {}, 0, false};
  const auto at = std::find_if(interests.begin(), interests.end(),
                               [&](const Interest& i) { return i.item == item; });
  if (at != interests.end()) {
    interest = std::move(*at);
    interests.erase(at);
  } else if (interests.size() >= plan_.users.history_items) {
    interests.pop_back();
  }
  return interest;
}

void Recount::put_first(Shopper& shopper, const Event& event, Interest interest, bool known) {
  shopper.interests.insert(shopper.interests.begin(), std::move(interest));
  if (types_.weight(event.type, event.value) <= 0) return;
  ++shopper.session_events;
  shopper.recent.insert(shopper.recent.begin(), {event.item, type_of(event).name, known});
  if (shopper.recent.size() > plan_.users.recent_events) shopper.recent.pop_back();
}

void Recount::add(Shopper& shopper, const Event& event) {
  const EventTypes::Type& type = type_of(event);
  Interest interest = take_out(shopper, event.item);
  const double weight = types_.weight(event.type, event.value);
  if (weight < 0) {
    interest.events.clear();
  } else {
    std::erase_if(interest.events,
                  [&](const auto& e) { return plan_.events.types.at(e.first).weight < 0; });
  }
  ++interest.events[type.name];
  if (type.options.action == EventAction::rate) interest.rating = weight;
  interest.known = strength(interest) > 0;
  put_first(shopper, event, std::move(interest), true);
}

/// His alone: what the models know of the item stays as they were told.
void Recount::add_flooded(Shopper& shopper, const Event& event) {
  Interest interest = take_out(shopper, event.item);
  if (!interest.known) {
    interest.events = {{type_of(event).name, 0}};
    if (type_of(event).options.action == EventAction::rate) {
      interest.rating = types_.weight(event.type, event.value);
    }
  }
  put_first(shopper, event, std::move(interest), false);
}

bool Recount::take_back(Shopper& shopper, const Event& event, const std::string& type) {
  auto& interests = shopper.interests;
  const auto at = std::find_if(interests.begin(), interests.end(),
                               [&](const Interest& i) { return i.item == event.item; });
  if (at == interests.end() || at->events.count(type) == 0 || at->events[type] == 0) return false;
  if (--at->events[type] == 0) at->events.erase(type);
  const auto newest =
      std::find_if(shopper.recent.begin(), shopper.recent.end(), [&](const Recent& recent) {
        return recent.item == event.item && recent.type == type && recent.known;
      });
  if (newest != shopper.recent.end()) shopper.recent.erase(newest);
  at->known = at->known && strength(*at) > 0;
  if (at->events.empty()) interests.erase(at);
  return true;
}

std::optional<Output> Recount::answer(Shopper& shopper, const Decoded& record) const {
  const Event& event = *record.event();
  if (!type_of(event).options.refresh) return std::nullopt;
  const std::int64_t since = event.time_ms - shopper.list_ms;
  const bool soon = since >= 0 && since < plan_.lists.min_interval.count;
  if (!shopper.held.empty() && soon) return std::nullopt;

  // The most counted items, and with them his own that nobody else knows; the older item wins.
  struct Row {
    std::string item;
    double count = 0, own = 0;
    std::size_t age = 0;
  };
  std::vector<Row> rows, own_rows;
  for (const auto& [item, age] : items_) {
    const auto counted = counts_.find(item);
    const Row row{item, counted == counts_.end() ? 0 : counted->second, strength(shopper, item),
                  age};
    if (row.count > 0) rows.push_back(row);
    if (row.count == 0 && row.own > 0) own_rows.push_back(row);
  }
  const auto best = [](const Row& a, const Row& b) {
    return std::tuple(-a.count, a.age) < std::tuple(-b.count, b.age);
  };
  std::sort(rows.begin(), rows.end(), best);
  if (rows.size() > pool_max) rows.resize(pool_max);
  rows.insert(rows.end(), own_rows.begin(), own_rows.end());
  std::erase_if(rows, [&](const Row& row) { return off_the_shelf(row.item); });
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tuple(-a.count - a.own, a.age) < std::tuple(-b.count - b.own, b.age);
  });
  if (rows.size() > plan_.lists.size) rows.resize(plan_.lists.size);
  // What is printed is sorted by name where scores are equal.
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tuple(-a.count - a.own, a.item) < std::tuple(-b.count - b.own, b.item);
  });

  std::vector<std::string> items;
  List list;
  for (const Row& row : rows) {
    items.push_back(row.item);
    List::Entry& entry = list.entries.emplace_back();
    entry.item = row.item;
    entry.score = row.count + row.own;
    if (!shopper.recent.empty()) {
      entry.because_count = 1;
      entry.because[0] = shopper.recent.front().item;
    }
    list.parts.insert(list.parts.end(), {row.count, row.own});
    if (included_.empty()) continue;
    std::string& fields = list.included.emplace_back();
    const auto said = shelf_.find(row.item);
    if (said != shelf_.end()) included_.write(*said->second, fields);
  }
  if (plan_.lists.suppress_unchanged && shopper.held == items) return std::nullopt;
  shopper.held = items;
  shopper.list_ms = event.time_ms;
  Output out = output_of(record, event.user);
  const Cause cause{"events", record.partition, record.offset, type_of(event).name};
  write_list(list, event, cause, {"count", "own"}, out.value.emplace());
  return out;
}

std::string Recount::problem_of_catalog(const RowReader& rows, const ItemDictionary& items) const {
  Catalog catalog;
  if (Status s = catalog.restore(rows, items.size()); !s) return s.error().message;
  const auto fields = [](const CatalogEntry& e) {
    return std::tie(e.title, e.category, e.brand, e.price, e.available, e.stock, e.tags,
                    e.attributes, e.embedding, e.kind);
  };
  std::size_t named = 0;
  for (std::uint32_t i = 0; i < catalog.item_end(); ++i) named += catalog.named(ItemId(i)) ? 1 : 0;
  if (named != shelf_.size()) return "the number of items that the catalogue names";
  for (const auto& [name, said] : shelf_) {
    const CatalogEntry* found = catalog.find(items.find(name));
    const bool same = found == nullptr ? !said : said && fields(*found) == fields(*said);
    if (!same || !catalog.named(items.find(name))) return "what the catalogue says of " + name;
  }
  return "";
}

std::string Recount::problem_of(const RowReader& rows) const {
  ItemDictionary items;
  if (Status s = items.restore(rows); !s) return s.error().message;
  CountModel model;
  if (Status s = model.restore(rows, items.size()); !s) return s.error().message;
  for (const auto& [name, age] : items_) {
    const auto counted = counts_.find(name);
    const double wanted = counted == counts_.end() ? 0 : counted->second;
    const ItemId id = items.find(name);
    if (id.is_none()) return "item " + name + " is not known";
    if (model.count(id) != wanted) return "the count of item " + name;
  }
  std::string problem = problem_of_catalog(rows, items);
  if (!problem.empty()) return problem;
  std::size_t users = 0;
  const auto check = [&](const User& user) {
    ++users;
    const auto at = shoppers_.find(user.name);
    if (at == shoppers_.end()) {
      problem = "user " + user.name + " should not be there";
      return;
    }
    const Shopper& s = at->second;
    bool same = s.session == user.session && s.session_events == user.session_events &&
                s.newest_ms == user.last_ms && s.due_us == user.learn_due_us &&
                s.interests.size() == user.history.size() &&
                s.recent.size() == user.recent.size() && s.ids.size() == user.event_ids.size() &&
                s.held.size() == user.held.size() &&
                std::map(user.attributes.begin(), user.attributes.end()) == s.attributes;
    for (std::size_t i = 0; same && i < s.interests.size(); ++i) {
      same = items.name(user.history[i].item) == s.interests[i].item &&
             user.history[i].strength == strength(s.interests[i]) &&
             (user.history[i].order > 0) == s.interests[i].known;
    }
    for (std::size_t i = 0; same && i < s.recent.size(); ++i) {
      same = items.name(user.recent[i].item) == s.recent[i].item &&
             user.recent[i].known() == s.recent[i].known;
    }
    for (std::size_t i = 0; same && i < s.held.size(); ++i) {
      same = items.name(user.held[i]) == s.held[i];
    }
    if (!same) problem = "user " + user.name;
  };
  if (Status s = for_each_stored_user(rows, check); !s) return s.error().message;
  if (problem.empty() && users != shoppers_.size()) problem = "the number of users";
  return problem;
}

}  // namespace freshet::test
