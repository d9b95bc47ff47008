#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "stream/bytes.h"
#include "stream/event.h"
#include "stream/ids.h"

namespace freshet {

/// What time it is in the shop: the newest event time that `witnesses` different users have
/// reached, or all users if there are fewer. It never goes back. So no one user moves it, neither
/// by old times nor by future ones; when an old log is loaded it goes along.
///
/// Moves when an epoch closes (`tick`), so that it is the same for all that are ranked in between.
/// Cost: O(1).
class ShopClock {
 public:
  static constexpr std::size_t witnesses = 3;

  std::int64_t now_ms() const { return now_ms_; }

  /// An event, in engine order.
  void see(UserId user, std::int64_t time_ms) {
    const auto end = newest_.begin() + static_cast<std::ptrdiff_t>(seen_);
    auto at =
        std::find_if(newest_.begin(), end, [user](const Newest& n) { return n.user == user; });
    if (at == end && seen_ < witnesses) {
      newest_[seen_++] = {user, time_ms};
      return;
    }
    if (at == end) at = std::min_element(newest_.begin(), end, earlier);
    if (at->time_ms < time_ms) *at = {user, time_ms};
  }
  /// The user is to be erased: his time stays as nobody's.
  void forget(UserId user) {
    for (Newest& n : newest_) {
      if (n.user == user) n.user = UserId{};
    }
  }
  void tick() {
    if (seen_ == 0) return;
    const auto end = newest_.begin() + static_cast<std::ptrdiff_t>(seen_);
    now_ms_ = std::max(now_ms_, std::min_element(newest_.begin(), end, earlier)->time_ms);
  }

  /// The row's value.
  std::string encode() const {
    std::string row;
    ByteWriter w(row);
    w.number(row_version);
    w.number(now_ms_);
    w.number(static_cast<std::uint32_t>(seen_));
    for (std::size_t k = 0; k < seen_; ++k) {
      w.number(newest_[k].user.value);
      w.number(newest_[k].time_ms);
    }
    return row;
  }
  /// False: the row is damaged.
  bool decode(std::string_view row) {
    ByteReader r(row);
    const auto version = r.number<std::uint8_t>();
    now_ms_ = r.number<std::int64_t>();
    seen_ = r.count(4 + 8);
    if (version != row_version || seen_ > witnesses || !is_time(now_ms_)) return false;
    for (std::size_t k = 0; k < seen_; ++k) {
      newest_[k].user = UserId{r.number<std::uint32_t>()};
      newest_[k].time_ms = r.number<std::int64_t>();
      if (!is_time(newest_[k].time_ms)) return false;
    }
    return r.at_end();
  }

 private:
  static constexpr std::uint8_t row_version = 1;
  struct Newest {
    UserId user;
    std::int64_t time_ms = 0;
  };
  static bool earlier(const Newest& a, const Newest& b) { return a.time_ms < b.time_ms; }
  static bool is_time(std::int64_t ms) { return ms >= 0 && ms <= event_ms_max; }

  std::array<Newest, witnesses> newest_;  ///< of different users, the newest of all users' newest
  std::size_t seen_ = 0;
  std::int64_t now_ms_ = 0;
};

}  // namespace freshet
