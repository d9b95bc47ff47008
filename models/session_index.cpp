#include "models/session_index.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "stream/event.h"

namespace freshet {

namespace {

constexpr std::string_view counts_key = "counts";
constexpr std::string_view emptied_key = "emptied";

SessionIndex::Limits rounded(SessionIndex::Limits limits) {
  limits.max_sessions = std::bit_floor(std::max(limits.max_sessions, 2U));
  limits.live_sessions =
      std::min(std::bit_floor(std::max(limits.live_sessions, 1U)), limits.max_sessions);
  return limits;
}

}  // namespace

SessionIndex::SessionIndex(const std::string& name, const Limits& limits)
    : limits_(rounded(limits)),
      mask_(limits_.max_sessions - 1),
      live_mask_(limits_.live_sessions - 1),
      sessions_space_(name + ".sessions"),
      items_space_(name + ".items"),
      live_space_(name + ".live"),
      counts_space_(name + ".counts") {}

bool SessionIndex::growing(UserId user, std::uint32_t ordinal, std::uint32_t& sequence) const {
  const auto found = live_.find(user);
  if (found == live_.end()) return false;
  if (!limits_.whole_users && found->second.ordinal != ordinal) return false;
  sequence = found->second.sequence;
  return alive(sequence);
}

std::array<std::span<const std::uint32_t>, 2> SessionIndex::sessions_of(ItemId item) const {
  if (item.index() >= items_.size()) return {};
  const Item& row = items_[item.index()];
  const std::span<const std::uint32_t> ring(row.ring);
  return {ring.first(row.oldest), ring.subspan(row.oldest)};
}

std::array<std::span<const std::uint16_t>, 2> SessionIndex::places_of(ItemId item) const {
  if (item.index() >= items_.size()) return {};
  const Item& row = items_[item.index()];
  const std::span<const std::uint16_t> places(row.places);
  return {places.first(row.oldest), places.subspan(row.oldest)};
}

void SessionIndex::add(UserId user, std::uint32_t ordinal, ItemId item, std::int64_t time_ms) {
  item_at(item.value);
  std::uint32_t sequence = 0;
  if (!growing(user, ordinal, sequence)) sequence = begin_session(user, ordinal);
  const auto holds = [&](const Session& s) {
    return std::find(s.items.begin(), s.items.end(), item.value) != s.items.end();
  };
  if (!holds(session(sequence))) {
    if (session(sequence).items.size() >= limits_.session_items) {
      if (limits_.whole_users) {
        auto& items = sessions_[sequence & mask_].items;
        leave_ring(items.front(), sequence);
        items.erase(items.begin());
      } else {
        sequence = begin_session(user, ordinal);
      }
    }
    sessions_[sequence & mask_].items.push_back(item.value);
    enter_ring(item, sequence);
  }
  Session& grown = sessions_[sequence & mask_];
  grown.last_ms = std::max(grown.last_ms, time_ms);
  dirty_sessions_.mark(sequence & mask_);
}

std::uint32_t SessionIndex::begin_session(UserId user, std::uint32_t ordinal) {
  stop_growing(user);
  const std::uint32_t sequence = next_++;
  ++total_;
  dirty_counts_ = true;
  const std::uint32_t slot = sequence & mask_;
  if (slot >= sessions_.size()) {
    sessions_.resize(slot + 1);
  } else {
    dead_.push_back(sequence - limits_.max_sessions);
    sessions_[slot] = Session{};
  }
  const std::uint32_t place = sequence & live_mask_;
  if (place >= owners_.size()) owners_.resize(place + 1);
  if (!owners_[place].is_none()) stop_growing(owners_[place]);
  owners_[place] = user;
  live_[user] = {ordinal, sequence};
  dirty_live_.push_back(user);
  return sequence;
}

void SessionIndex::stop_growing(UserId user) {
  const auto found = live_.find(user);
  if (found == live_.end()) return;
  owners_[found->second.sequence & live_mask_] = UserId{};
  live_.erase(found);
  dirty_live_.push_back(user);
}

SessionIndex::Item& SessionIndex::item_at(std::uint32_t item) {
  if (item >= items_.size()) {
    items_.resize(std::size_t{item} + 1);
    log_sessions_.resize(items_.size(), 0);
  }
  return items_[item];
}

void SessionIndex::set_sessions(std::uint32_t item, std::uint32_t sessions) {
  items_[item].sessions = sessions;
  log_sessions_[item] = std::log(static_cast<float>(sessions) + 1);
}

void SessionIndex::enter_ring(ItemId item, std::uint32_t sequence) {
  Item& row = items_[item.index()];
  const auto place = static_cast<std::uint16_t>(session(sequence).items.size() - 1);
  if (row.ring.size() < limits_.item_sessions) {
    if (row.ring.size() == row.ring.capacity()) {
      const auto room = std::min<std::size_t>(limits_.item_sessions, row.ring.size() * 2 + 2);
      row.ring.reserve(room);
      row.places.reserve(room);
    }
    row.ring.push_back(sequence);
    row.places.push_back(place);
  } else {
    row.ring[row.oldest] = sequence;
    row.places[row.oldest] = place;
    row.oldest = row.oldest + 1 == row.ring.size() ? 0 : row.oldest + 1;
  }
  set_sessions(item.value, row.sessions + 1);
  dirty_items_.mark(item.value);
}

void SessionIndex::leave_ring(std::uint32_t item, std::uint32_t sequence) {
  Item& row = items_[item];
  const auto at = std::find(row.ring.begin(), row.ring.end(), sequence);
  if (at != row.ring.end()) {
    const auto place = at - row.ring.begin();
    row.ring.erase(at);
    row.places.erase(row.places.begin() + place);
    if (row.oldest > 0) {
      // A ring that is not full begins at its first entry.
      const std::uint32_t first = row.oldest - (place < row.oldest ? 1 : 0);
      std::rotate(row.ring.begin(), row.ring.begin() + first, row.ring.end());
      std::rotate(row.places.begin(), row.places.begin() + first, row.places.end());
      row.oldest = 0;
    }
  }
  set_sessions(item, row.sessions - (row.sessions > 0 ? 1 : 0));
  dirty_items_.mark(item);
}

void SessionIndex::remove(UserId user, ItemId item) {
  const auto found = live_.find(user);
  if (found == live_.end() || !alive(found->second.sequence)) return;
  const std::uint32_t sequence = found->second.sequence;
  auto& items = sessions_[sequence & mask_].items;
  const auto at = std::find(items.begin(), items.end(), item.value);
  if (at == items.end()) return;
  if (items.size() == 1) return forget(user);
  leave_ring(item.value, sequence);
  items.erase(at);
  dirty_sessions_.mark(sequence & mask_);
}

void SessionIndex::forget(UserId user) {
  const auto found = live_.find(user);
  if (found == live_.end()) return;
  const std::uint32_t sequence = found->second.sequence;
  stop_growing(user);
  if (!alive(sequence)) return;
  for (const std::uint32_t item : session(sequence).items) leave_ring(item, sequence);
  sessions_[sequence & mask_] = Session{};
  dirty_sessions_.mark(sequence & mask_);
  ++emptied_;
  dirty_counts_ = true;
}

bool SessionIndex::save_some(RowBatch& out, std::size_t rows_max) {
  std::string value;
  if (dirty_counts_) {
    ByteWriter writer = begin_row(value);
    writer.number(next_);
    writer.number(total_);
    out.put(counts_space_, counts_key, value);
    if (emptied_ > 0) {
      ByteWriter emptied = begin_row(value);
      emptied.number(emptied_);
      out.put(counts_space_, emptied_key, value);
    }
    dirty_counts_ = false;
  }
  for (const std::uint32_t sequence : dead_) out.erase(sessions_space_, id_key(sequence));
  dead_.clear();
  for (const std::uint32_t slot : dirty_sessions_.take(rows_max)) {
    const Session& s = sessions_[slot];
    if (s.items.empty()) {
      out.erase(sessions_space_, id_key(sequence_of(slot)));
      continue;
    }
    ByteWriter writer = begin_row(value);
    writer.number(s.last_ms);
    writer.number(static_cast<std::uint32_t>(s.items.size()));
    append_array<std::uint32_t>(value, s.items);
    out.put(sessions_space_, id_key(sequence_of(slot)), value);
  }
  for (const std::uint32_t item : dirty_items_.take(rows_max)) {
    const Item& row = items_[item];
    const std::span<const std::uint32_t> ring(row.ring);
    ByteWriter writer = begin_row(value);
    writer.number(row.sessions);
    writer.number(static_cast<std::uint32_t>(ring.size()));
    append_array(value, ring.subspan(row.oldest));
    append_array(value, ring.first(row.oldest));
    out.put(items_space_, id_key(item), value);
  }
  save_live(out, rows_max);
  return dirty_sessions_.few(rows_max) && dirty_items_.few(rows_max) &&
         dirty_live_.size() <= rows_max;
}

void SessionIndex::save_live(RowBatch& out, std::size_t rows_max) {
  const auto end =
      dirty_live_.begin() + static_cast<std::ptrdiff_t>(rows_to_save(dirty_live_.size(), rows_max));
  std::sort(dirty_live_.begin(), end);
  std::string value;
  for (auto at = dirty_live_.begin(); at != end; ++at) {
    const UserId user = *at;
    if (at != dirty_live_.begin() && user == at[-1]) continue;
    const auto found = live_.find(user);
    if (found == live_.end()) {
      out.erase(live_space_, id_key(user.value));
      continue;
    }
    ByteWriter writer = begin_row(value);
    writer.number(found->second.ordinal);
    writer.number(found->second.sequence);
    out.put(live_space_, id_key(user.value), value);
  }
  dirty_live_.erase(dirty_live_.begin(), end);
}

Status SessionIndex::restore(const RowReader& rows, std::size_t items) {
  if (Status s = restore_counts(rows); !s) return s;
  if (Status s = restore_sessions(rows, items); !s) return s;
  if (Status s = restore_items(rows, items); !s) return s;
  return restore_live(rows);
}

Status SessionIndex::restore_counts(const RowReader& rows) {
  // "counts" comes before "emptied".
  return rows.scan(counts_space_, [this](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    if (key == emptied_key) {
      emptied_ = reader.number<std::uint64_t>();
      if (!reader.at_end() || emptied_ > total_) {
        return row_error(counts_space_, key, "it holds no count of the sessions begun");
      }
      return {};
    }
    next_ = reader.number<std::uint32_t>();
    total_ = reader.number<std::uint64_t>();
    // Both count the sessions begun, one in 32 bits.
    if (key != counts_key || !reader.at_end() || total_ > count_max ||
        next_ != static_cast<std::uint32_t>(total_)) {
      return row_error(counts_space_, key, "it holds no counts");
    }
    sessions_.resize(std::min<std::uint64_t>(total_, limits_.max_sessions));
    owners_.resize(std::min<std::uint64_t>(total_, limits_.live_sessions));
    return {};
  });
}

Status SessionIndex::restore_sessions(const RowReader& rows, std::size_t items) {
  std::vector<std::uint32_t> held;
  return rows.scan(sessions_space_, [&](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    const auto last_ms = reader.number<std::int64_t>();
    read_array(reader, held);
    const std::uint32_t last = held.empty() ? 0 : *std::max_element(held.begin(), held.end());
    if (key.size() != 4 || !reader.at_end() || last_ms < 0 || last_ms > event_ms_max ||
        (!held.empty() && last >= items)) {
      return row_error(sessions_space_, key, "it holds no session");
    }
    const std::uint32_t sequence = key_id(key);
    if (!alive(sequence)) {
      dead_.push_back(sequence);
      return {};
    }
    Session& s = sessions_[sequence & mask_];
    s.last_ms = last_ms;
    s.items.assign(held.begin(), held.end());
    if (!held.empty()) item_at(last);
    return {};
  });
}

Status SessionIndex::restore_items(const RowReader& rows, std::size_t items) {
  std::vector<std::uint32_t> ring;
  return rows.scan(items_space_, [&](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    const auto sessions = reader.number<std::uint32_t>();
    read_array(reader, ring);
    const ItemId item = key_item(key, items);
    const bool good = std::all_of(ring.begin(), ring.end(),
                                  [&](auto sequence) { return may_hold(sequence, item.value); });
    if (item.is_none() || !reader.at_end() || !good) {
      return row_error(items_space_, key, "it holds no item");
    }
    Item& row = item_at(item.value);
    const std::size_t kept = std::min<std::size_t>(ring.size(), limits_.item_sessions);
    row.ring.assign(ring.end() - static_cast<std::ptrdiff_t>(kept), ring.end());
    row.places.clear();
    for (const std::uint32_t sequence : row.ring)
      row.places.push_back(find_place(sequence, item.value));
    set_sessions(item.value, sessions);
    return {};
  });
}

bool SessionIndex::may_hold(std::uint32_t sequence, std::uint32_t item) const {
  // Once numbers are given again, a ring may still name the session that had one before.
  if (total_ > std::numeric_limits<std::uint32_t>::max()) return true;
  if (!alive(sequence)) return sequence < next_;
  const auto& items = session(sequence).items;
  return items.empty() || find_place(sequence, item) < items.size();
}

std::uint16_t SessionIndex::find_place(std::uint32_t sequence, std::uint32_t item) const {
  if (!alive(sequence)) return 0;
  const auto& items = session(sequence).items;
  return static_cast<std::uint16_t>(std::find(items.begin(), items.end(), item) - items.begin());
}

Status SessionIndex::restore_live(const RowReader& rows) {
  return rows.scan(live_space_, [this](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    Live live{};
    live.ordinal = reader.number<std::uint32_t>();
    live.sequence = reader.number<std::uint32_t>();
    const UserId user(key_id(key));
    if (user.is_none() || !reader.at_end()) {
      return row_error(live_space_, key, "it holds no growing session");
    }
    if (next_ - live.sequence - 1 >= owners_.size()) {
      dirty_live_.push_back(user);
      return {};
    }
    UserId& owner = owners_[live.sequence & live_mask_];
    if (!owner.is_none() || session(live.sequence).items.empty()) {
      return row_error(live_space_, key, "its session is another user's or not there");
    }
    owner = user;
    live_[user] = live;
    return {};
  });
}

std::size_t SessionIndex::memory_bytes() const {
  std::size_t bytes = sessions_.capacity() * sizeof(Session) + items_.capacity() * sizeof(Item) +
                      log_sessions_.capacity() * 4 + owners_.capacity() * sizeof(UserId) +
                      live_.bucket_count() * (sizeof(UserId) + sizeof(Live)) +
                      dirty_sessions_.memory_bytes() + dirty_items_.memory_bytes();
  for (const Session& s : sessions_) {
    if (s.items.capacity() > 8) bytes += s.items.capacity() * sizeof(std::uint32_t);
  }
  for (const Item& row : items_) bytes += row.ring.capacity() * 6;
  return bytes;
}

}  // namespace freshet
