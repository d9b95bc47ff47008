#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "connectors/simulate/assortment.h"
#include "connectors/simulate/popularity.h"
#include "connectors/simulate/random.h"
#include "connectors/simulate/simulate_options.h"

namespace freshet {

/// What a simulated shopper did.
struct ShopEvent {
  enum class Kind : std::uint8_t { view, like, cart, purchase, rating, dislike, uncart, giveback };

  std::uint32_t user = 0;
  std::uint32_t item = 0;
  Kind kind = Kind::view;
  std::uint8_t quantity = 1;      ///< of purchase and giveback (a `return`)
  std::uint8_t stars = 0;         ///< of rating: 1 to 5
  std::uint32_t price_cents = 0;  ///< of purchase
  std::uint64_t session = 0;      ///< unique
  std::int64_t time_ms = 0;
};

/// A seeded shop and its shoppers, one event after the other, without end.
///
/// Each shopper likes a few shelves, shared with others of his persona. He comes in sessions: views
/// that follow the items' "next" links, his taste, what he saw before and what is popular now; some
/// views become carts and some carts purchases; consumables are bought again; now and then
/// something is rated or given back. Sessions of different shoppers interleave; time never goes
/// back. One shopper has one session at a time, its events less than 5 minutes apart, and none in
/// the 31 minutes after it.
///
/// Deterministic: whole numbers only, so the same options give the same events on every machine.
/// Memory: O(users + items), about 40 bytes a user and 70 an item. Cost: about 0.2 µs an event.
class Shop {
 public:
  explicit Shop(const SimulateOptions& options);
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  ShopEvent next();

  /// Items that came into the shop or went out of it since the last call, in ascending order: what
  /// the shop says of them has changed before the event that `next` gave last.
  std::vector<std::uint32_t> take_changed() { return std::exchange(changed_, {}); }
  /// The item's record as of now: sold out while it is not in the shop.
  std::string catalog_now(std::uint32_t item) const;

  const Assortment& assortment() const { return assortment_; }
  const ShopPopularity& popularity() const { return popularity_; }
  /// The item's record for the topic `catalog`, as one line of JSON without newline.
  std::string catalog(std::uint32_t item) const { return assortment_.catalog_record(item); }

  std::size_t memory_bytes() const;

 private:
  static constexpr std::uint32_t nothing = 0xffffffffU;
  static constexpr std::size_t memory_count = 4;

  struct Shopper {
    std::uint32_t busy_until_s = 0;      ///< no session begins before; all ones: in one now
    std::uint32_t seen[memory_count];    ///< items viewed, the newest first
    std::uint32_t bought[memory_count];  ///< the same of purchases
    bool has_news = false;               ///< bought[0] is neither rated nor given back
  };

  struct Session {
    std::int64_t next_us = 0;  ///< when it acts next
    std::uint64_t number = 0;
    std::uint32_t user = 0;
    std::uint32_t current = nothing;
    std::uint8_t views_left = 0;
    std::uint8_t cart_count = 0;
    std::uint8_t bought_count = 0;
    ShopEvent::Kind last = ShopEvent::Kind::purchase;
    bool is_rebuying = false;  ///< came for a consumable
    std::uint32_t cart[memory_count] = {};
  };

  void start_sessions();
  void start_session(std::uint32_t user);
  std::int64_t arrival_gap_us();
  bool act(Session& session, ShopEvent& event);
  bool react(Session& session, ShopEvent& event);
  bool buy(Session& session, ShopEvent& event);
  void judge(Session& session, ShopEvent& event);
  void view(Session& session, ShopEvent& event);
  std::uint32_t first_item(const Session& session);
  std::uint32_t next_item(const Session& session);
  std::uint32_t favourite_shelf(std::uint32_t user, std::uint32_t favourite) const;
  std::uint32_t draw_favourite(std::uint32_t user);
  bool is_favourite(std::uint32_t user, std::uint32_t shelf) const;
  void refresh_popularity(std::int64_t now_us);

  // Fixed after construction.
  const std::uint64_t seed_;
  const std::int64_t start_us_;
  const std::int64_t mean_gap_us_;  ///< between two sessions' beginnings
  const Assortment assortment_;

  ShopPopularity popularity_;
  std::int64_t refreshed_us_ = 0;
  std::uint64_t events_since_refresh_ = 0;
  Random random_;
  std::vector<Shopper> shoppers_;
  std::vector<Session> active_;  ///< a heap, the one that acts next on top
  std::int64_t arrival_us_ = 0;  ///< since the opening, as all times here
  std::uint64_t session_count_ = 0;
  std::vector<bool> in_shop_;           ///< by item
  std::vector<std::uint32_t> changed_;  ///< items, since they were last taken
};

}  // namespace freshet
