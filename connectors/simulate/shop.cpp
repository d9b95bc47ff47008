#include "connectors/simulate/shop.h"

#include <algorithm>
#include <iterator>

namespace freshet {

namespace {

using Kind = ShopEvent::Kind;

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t hour_us = 3'600 * second_us;
constexpr std::int64_t refresh_us = 6 * hour_us;
constexpr std::int64_t mean_absence_us = 96 * hour_us;
constexpr std::uint32_t rest_s = 31 * 60;
constexpr std::uint32_t in_session = 0xffffffffU;
constexpr std::uint32_t personas = 64;
constexpr std::uint32_t persona_shelves = 6;
constexpr std::uint32_t favourites = 3;

/// Length of the gaps between arrivals in each hour, in percent: few come at night.
constexpr std::uint32_t hourly_gap_percent[24] = {180, 260, 330, 360, 340, 260, 170, 120,
                                                  95,  85,  80,  80,  80,  85,  90,  85,
                                                  80,  75,  65,  60,  60,  70,  95,  130};

/// Puts `item` in front and lets the oldest go; an item that is there already moves up.
template <std::size_t n>
void remember(std::uint32_t (&items)[n], std::uint32_t item) {
  const auto found = std::find(std::begin(items), std::prev(std::end(items)), item);
  std::move_backward(std::begin(items), found, std::next(found));
  items[0] = item;
}

constexpr auto acts_later = [](const auto& a, const auto& b) {
  return a.next_us != b.next_us ? a.next_us > b.next_us : a.number > b.number;
};

}  // namespace

Shop::Shop(const SimulateOptions& options)
    : seed_(mix(options.seed)),
      start_us_(options.start_time * 1000),
      mean_gap_us_(std::max<std::int64_t>(1, mean_absence_us / options.users)),
      assortment_(options.seed, options.items),
      popularity_(options.seed, assortment_),
      random_(seed_),
      shoppers_(options.users),
      in_shop_(options.items) {
  for (std::uint32_t i = 0; i < options.items; ++i) in_shop_[i] = popularity_.is_available(i);
  for (Shopper& shopper : shoppers_) {
    std::fill(std::begin(shopper.seen), std::end(shopper.seen), nothing);
    std::fill(std::begin(shopper.bought), std::end(shopper.bought), nothing);
  }
}

ShopEvent Shop::next() {
  while (true) {
    start_sessions();
    std::pop_heap(active_.begin(), active_.end(), acts_later);
    Session& session = active_.back();
    refresh_popularity(session.next_us);

    ShopEvent event;
    event.user = session.user;
    event.session = session.number;
    event.time_ms = (start_us_ + session.next_us) / 1000;
    if (act(session, event)) {
      ++events_since_refresh_;
      session.last = event.kind;
      std::push_heap(active_.begin(), active_.end(), acts_later);
      return event;
    }
    shoppers_[session.user].busy_until_s =
        static_cast<std::uint32_t>(session.next_us / second_us) + rest_s;
    active_.pop_back();
  }
}

/// Lets in everybody who arrives before the next act, and somebody if nobody is there.
void Shop::start_sessions() {
  while (active_.empty() || arrival_us_ <= active_.front().next_us) {
    // The product of two draws favours low numbers: a few shoppers come often, most seldom.
    const std::uint64_t skew = random_.below(1ULL << 32) * random_.below(1ULL << 32) >> 32;
    const auto user = static_cast<std::uint32_t>(skew * shoppers_.size() >> 32);
    if (arrival_us_ / second_us >= shoppers_[user].busy_until_s) start_session(user);
    arrival_us_ += arrival_gap_us();
  }
}

void Shop::start_session(std::uint32_t user) {
  Shopper& shopper = shoppers_[user];
  Session session;
  session.next_us = arrival_us_;
  session.number = session_count_++;
  session.user = user;
  session.views_left = static_cast<std::uint8_t>(random_.between(1, 5));
  if (random_.percent(30)) session.views_left += static_cast<std::uint8_t>(random_.index(10));
  const std::uint32_t last = shopper.bought[0];
  session.is_rebuying =
      last != nothing && assortment_.item(last).is_consumable && random_.percent(40);
  shopper.busy_until_s = in_session;
  active_.push_back(session);
  std::push_heap(active_.begin(), active_.end(), acts_later);
}

std::int64_t Shop::arrival_gap_us() {
  const auto hour = static_cast<std::size_t>((start_us_ + arrival_us_) / hour_us % 24);
  const std::int64_t mean_us = mean_gap_us_ * hourly_gap_percent[hour] / 100;
  return 1 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * mean_us)));
}

void Shop::refresh_popularity(std::int64_t now_us) {
  // The second condition keeps the cost of a refresh below that of the events between two.
  if (now_us - refreshed_us_ < refresh_us || events_since_refresh_ < assortment_.size() / 8) return;
  popularity_.refresh(now_us / second_us);
  for (std::uint32_t item = 0; item < assortment_.size(); ++item) {
    if (in_shop_[item] == popularity_.is_available(item)) continue;
    in_shop_[item] = !in_shop_[item];
    changed_.push_back(item);
  }
  refreshed_us_ = now_us;
  events_since_refresh_ = 0;
}

/// The session's next event. False: it is over.
bool Shop::act(Session& session, ShopEvent& event) {
  Shopper& shopper = shoppers_[session.user];
  if (session.current == nothing && shopper.has_news && random_.percent(25)) {
    judge(session, event);
    return true;
  }
  if (session.last == Kind::view && session.current != nothing && react(session, event))
    return true;
  if (session.views_left == 0) return buy(session, event);
  view(session, event);
  return true;
}

/// What follows at once from having seen an item.
bool Shop::react(Session& session, ShopEvent& event) {
  const Assortment::Item& item = assortment_.item(session.current);
  const bool is_liked = is_favourite(session.user, item.shelf);
  event.item = session.current;
  const std::uint32_t dice = random_.index(100);
  const Shopper& shopper = shoppers_[session.user];
  const bool has_it =
      !item.is_consumable && std::find(std::begin(shopper.bought), std::end(shopper.bought),
                                       session.current) != std::end(shopper.bought);
  const std::uint32_t cart_percent = session.is_rebuying ? 70 : has_it ? 0 : is_liked ? 18 : 9;
  session.next_us += random_.between(2, 25) * second_us;
  if (dice < cart_percent && session.cart_count < memory_count) {
    session.cart[session.cart_count++] = session.current;
    session.is_rebuying = false;
    event.kind = Kind::cart;
    return true;
  }
  if (dice >= 97 && is_liked)
    event.kind = Kind::like;
  else if (dice == 99)
    event.kind = Kind::dislike;
  else
    return false;
  return true;
}

bool Shop::buy(Session& session, ShopEvent& event) {
  if (session.cart_count == 0) return false;
  if (session.bought_count == 0) {
    const std::uint32_t dice = random_.index(100);
    if (dice < 35) return false;
    if (dice < 42) {
      event.kind = Kind::uncart;
      event.item = session.cart[--session.cart_count];
      session.next_us += random_.between(3, 40) * second_us;
      return true;
    }
  }
  event.kind = Kind::purchase;
  event.item = session.cart[--session.cart_count];
  ++session.bought_count;
  const Assortment::Item& item = assortment_.item(event.item);
  event.price_cents = item.price_cents;
  event.quantity = static_cast<std::uint8_t>(item.is_consumable ? random_.between(1, 3) : 1);
  Shopper& shopper = shoppers_[session.user];
  remember(shopper.bought, event.item);
  shopper.has_news = true;
  session.next_us += second_us;
  return true;
}

/// Rates the newest purchase, or gives it back.
void Shop::judge(Session& session, ShopEvent& event) {
  Shopper& shopper = shoppers_[session.user];
  event.item = shopper.bought[0];
  shopper.has_news = false;
  if (random_.percent(20)) {
    event.kind = Kind::giveback;
  } else {
    event.kind = Kind::rating;
    const bool is_liked = is_favourite(session.user, assortment_.item(event.item).shelf);
    event.stars =
        static_cast<std::uint8_t>(is_liked ? random_.between(3, 5) : random_.between(1, 5));
  }
  session.next_us += random_.between(5, 60) * second_us;
}

void Shop::view(Session& session, ShopEvent& event) {
  const std::uint32_t item = session.current == nothing ? first_item(session) : next_item(session);
  session.current = item;
  --session.views_left;
  event.kind = Kind::view;
  event.item = item;
  remember(shoppers_[session.user].seen, item);
  session.next_us += random_.between(4, 75) * second_us + std::int64_t{random_.index(1000)} * 1000;
}

std::uint32_t Shop::first_item(const Session& session) {
  const Shopper& shopper = shoppers_[session.user];
  const std::uint32_t dice = random_.index(100);
  std::uint32_t item = nothing;
  if (session.is_rebuying)
    item = shopper.bought[0];
  else if (dice < 15)
    item = shopper.seen[random_.index(memory_count)];
  if (item != nothing && popularity_.is_available(item)) return item;
  return dice < 75 ? draw_favourite(session.user) : popularity_.draw(random_);
}

std::uint32_t Shop::next_item(const Session& session) {
  const Assortment::Item& current = assortment_.item(session.current);
  const std::uint32_t dice = random_.index(100);
  std::uint32_t item = nothing;
  if (dice < 24)
    item = current.next[0];
  else if (dice < 36)
    item = current.next[1];
  else if (dice < 44)
    item = current.next[2];
  else if (dice < 48)
    item = current.next[3];
  else if (dice < 56)
    item = shoppers_[session.user].seen[1 + random_.index(memory_count - 1)];
  else if (dice < 72)
    item = popularity_.draw_from(current.shelf, random_).value_or(nothing);
  else if (dice < 86)
    item = draw_favourite(session.user);
  if (item != nothing && item != session.current && popularity_.is_available(item)) return item;
  return popularity_.draw(random_);
}

/// Favourite 0 to 2 of a shopper: one of the shelves of his persona, which lie in two departments.
std::uint32_t Shop::favourite_shelf(std::uint32_t user, std::uint32_t favourite) const {
  const std::uint64_t taste = mix(seed_ ^ user);
  const std::uint64_t persona = taste % personas;
  const std::uint64_t slot = (taste >> 32) % persona_shelves + favourite;
  const std::uint64_t choice = mix(seed_ ^ (persona << 40) ^ (slot % persona_shelves + 1) << 34);
  const std::uint64_t home = mix(seed_ ^ (persona << 40) ^ slot % 2);
  const auto department = static_cast<std::uint32_t>(home % assortment_.department_count());
  const std::uint32_t begin = assortment_.department_begin(department);
  const std::uint32_t shelves = assortment_.department_begin(department + 1) - begin;
  return begin + static_cast<std::uint32_t>(choice % shelves);
}

std::uint32_t Shop::draw_favourite(std::uint32_t user) {
  const std::uint32_t dice = random_.index(100);
  const std::uint32_t shelf = favourite_shelf(user, dice < 55 ? 0 : dice < 85 ? 1 : 2);
  const auto item = popularity_.draw_from(shelf, random_);
  return item ? *item : popularity_.draw(random_);
}

bool Shop::is_favourite(std::uint32_t user, std::uint32_t shelf) const {
  for (std::uint32_t i = 0; i < favourites; ++i) {
    if (favourite_shelf(user, i) == shelf) return true;
  }
  return false;
}

std::string Shop::catalog_now(std::uint32_t item) const {
  const auto stock = static_cast<std::uint32_t>(20 + mix(seed_ ^ item) % 180);
  return assortment_.catalog_record(item, in_shop_[item] ? stock : 0);
}

std::size_t Shop::memory_bytes() const {
  return assortment_.memory_bytes() + popularity_.memory_bytes() +
         shoppers_.capacity() * sizeof(Shopper) + active_.capacity() * sizeof(Session);
}

}  // namespace freshet
