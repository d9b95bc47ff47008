#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <vector>

#include "connectors/simulate/shop.h"

// What a recommender finds in a simulated history. All counts are of fixed seeds, so a bound that
// holds once holds always; the bounds say what the shop promises, not what it happens to give.

namespace freshet {
namespace {

using Kind = ShopEvent::Kind;
constexpr std::int64_t minute_ms = 60'000, day_ms = 24 * 60 * minute_ms;

std::vector<ShopEvent> history(const SimulateOptions& options, std::size_t events) {
  Shop shop(options);
  std::vector<ShopEvent> all(events);
  for (ShopEvent& event : all) event = shop.next();
  return all;
}

/// Items by number of views, the most viewed first.
template <class Iterator>
std::vector<std::uint32_t> popular(Iterator begin, Iterator end) {
  std::map<std::uint32_t, int> views;
  for (; begin != end; ++begin) views[begin->item] += begin->kind == Kind::view;
  std::vector<std::uint32_t> items;
  items.reserve(views.size());
  for (const auto& [item, count] : views) items.push_back(item);
  std::stable_sort(items.begin(), items.end(), [&](auto a, auto b) { return views[a] > views[b]; });
  return items;
}

TEST_CASE("sessions are one at a time for each shopper, short, apart, and mixed with others'") {
  struct Seen {
    std::uint64_t session = 0;
    std::int64_t time_ms = 0;
  };
  const auto events = history({.users = 500, .items = 500}, 100'000);
  std::map<std::uint32_t, Seen> users;
  std::map<std::uint64_t, std::uint32_t> owners;
  std::size_t switches = 0;
  std::int64_t now_ms = 0;
  for (const ShopEvent& event : events) {
    REQUIRE(event.time_ms >= now_ms);
    now_ms = event.time_ms;
    REQUIRE(owners.emplace(event.session, event.user).first->second == event.user);
    const auto [found, is_new] = users.try_emplace(event.user, Seen{event.session, event.time_ms});
    Seen& seen = found->second;
    if (!is_new && seen.session == event.session) {
      REQUIRE(event.time_ms - seen.time_ms < 5 * minute_ms);
    } else if (!is_new) {
      REQUIRE(event.session > seen.session);
      REQUIRE(event.time_ms - seen.time_ms > 30 * minute_ms);
    }
    seen = {event.session, event.time_ms};
  }
  for (std::size_t i = 1; i < events.size(); ++i) switches += events[i].user != events[i - 1].user;
  const double session_length =
      static_cast<double>(events.size()) / static_cast<double>(owners.size());
  CHECK(session_length > 3);
  CHECK(session_length < 10);
  CHECK(switches > owners.size());

  const auto many = history({}, 50'000);
  switches = 0;
  for (std::size_t i = 1; i < many.size(); ++i) switches += many[i].user != many[i - 1].user;
  CHECK(switches > many.size() / 2);
}

TEST_CASE("carts follow views, purchases follow carts, judgements follow purchases") {
  const auto events = history({.users = 500, .items = 500}, 200'000);
  std::map<std::uint64_t, std::multiset<std::uint32_t>> viewed, carts;
  std::map<std::uint32_t, std::set<std::uint32_t>> bought;
  std::map<Kind, std::size_t> counts;
  for (const ShopEvent& event : events) {
    ++counts[event.kind];
    switch (event.kind) {
      case Kind::view:
        viewed[event.session].insert(event.item);
        break;
      case Kind::like:
      case Kind::dislike:
        REQUIRE(viewed[event.session].contains(event.item));
        break;
      case Kind::cart:
        REQUIRE(viewed[event.session].contains(event.item));
        carts[event.session].insert(event.item);
        break;
      case Kind::uncart:
      case Kind::purchase: {
        const auto in_cart = carts[event.session].find(event.item);
        REQUIRE(in_cart != carts[event.session].end());
        carts[event.session].erase(in_cart);
        if (event.kind == Kind::uncart) break;
        REQUIRE(event.price_cents > 0);
        REQUIRE(event.quantity >= 1);
        bought[event.user].insert(event.item);
        break;
      }
      case Kind::rating:
        REQUIRE(event.stars >= 1);
        REQUIRE(event.stars <= 5);
        [[fallthrough]];
      case Kind::giveback:
        REQUIRE(bought[event.user].contains(event.item));
        break;
    }
  }
  CHECK(counts[Kind::view] > events.size() / 2);
  CHECK(counts[Kind::cart] > counts[Kind::purchase]);
  CHECK(counts[Kind::purchase] > events.size() / 50);
  for (const Kind kind : {Kind::like, Kind::dislike, Kind::uncart, Kind::rating, Kind::giveback}) {
    CHECK(counts[kind] > 100);
    CHECK(counts[kind] < events.size() / 20);
  }
}

TEST_CASE("popularity is Zipf-like: a heavy head and a long tail") {
  const auto events = history({}, 200'000);
  std::map<std::uint32_t, std::size_t> counts;
  for (const ShopEvent& event : events) ++counts[event.item];
  std::vector<std::size_t> sorted;
  sorted.reserve(counts.size());
  for (const auto& [item, count] : counts) sorted.push_back(count);
  std::sort(sorted.rbegin(), sorted.rend());
  const auto share = [&](std::size_t head) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < head; ++i) sum += sorted[i];
    return static_cast<double>(sum) / static_cast<double>(events.size());
  };
  CHECK(share(20) > 0.08);
  CHECK(share(20) < 0.25);
  CHECK(share(500) > 0.45);
  CHECK(share(500) < 0.80);
  CHECK(sorted.size() > 3000);
}

TEST_CASE("shoppers come back to items, and buy consumables again") {
  const auto events = history({.users = 2000}, 200'000);
  const Assortment assortment(1, 5000);
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen, bought;
  std::size_t views = 0, seen_again = 0, bought_again = 0, wrong = 0;
  for (const ShopEvent& event : events) {
    const std::pair of{event.user, event.item};
    if (event.kind == Kind::view) {
      ++views;
      seen_again += !seen.insert(of).second;
    }
    if (event.kind == Kind::purchase && !bought.insert(of).second) {
      const bool is_consumable = assortment.item(event.item).is_consumable;
      ++bought_again;
      wrong += !is_consumable;
    }
  }
  CHECK(seen_again > views / 10);
  CHECK(seen_again < views / 2);
  CHECK(bought_again > 1000);
  CHECK(wrong < bought_again / 4);
}

TEST_CASE("what is popular changes over the weeks, and new items appear") {
  // 2000 shoppers make about 2,700 events a day.
  const auto events = history({.users = 2000}, 300'000);
  REQUIRE(events.back().time_ms - events.front().time_ms > 60 * day_ms);
  const auto middle = events.begin() + 150'000;
  const auto early = popular(events.begin(), events.begin() + 50'000);
  const auto late = popular(events.end() - 50'000, events.end());
  const std::set<std::uint32_t> early_head(early.begin(), early.begin() + 50);
  const auto stayed = std::count_if(late.begin(), late.begin() + 50,
                                    [&](auto i) { return early_head.contains(i); });
  CHECK(stayed > 10);
  CHECK(stayed < 45);

  const Shop shop({.users = 2000});
  std::set<std::uint32_t> before, after;
  for (auto it = events.begin(); it != middle; ++it) before.insert(it->item);
  for (auto it = middle; it != events.end(); ++it) after.insert(it->item);
  const std::int64_t middle_s = (middle->time_ms - events.front().time_ms) / 1000;
  const auto is_newer = [&](auto i) { return shop.popularity().appears_s(i) > middle_s; };
  CHECK(std::count_if(before.begin(), before.end(), is_newer) == 0);
  CHECK(std::count_if(after.begin(), after.end(), is_newer) > 100);
}

TEST_CASE("what was viewed last says more of the next view than what is popular") {
  const auto events = history({}, 200'000);
  std::map<std::uint64_t, std::uint32_t> last;
  std::map<std::uint32_t, std::map<std::uint32_t, int>> followers;
  const auto popular_items = popular(events.begin(), events.begin() + 160'000);
  const std::set<std::uint32_t> head(popular_items.begin(), popular_items.begin() + 20);
  std::size_t asked = 0, by_popularity = 0, by_sequence = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const ShopEvent& event = events[i];
    if (event.kind != Kind::view) continue;
    const auto [previous, is_first] = last.try_emplace(event.session, event.item);
    if (is_first) continue;
    auto& follow = followers[previous->second];
    if (i >= 160'000) {
      std::vector<std::pair<int, std::uint32_t>> ranked;
      for (const auto& [item, count] : follow) ranked.emplace_back(-count, item);
      std::sort(ranked.begin(), ranked.end());
      ranked.resize(std::min<std::size_t>(ranked.size(), 20));
      ++asked;
      by_popularity += head.contains(event.item);
      by_sequence += std::any_of(ranked.begin(), ranked.end(),
                                 [&](const auto& r) { return r.second == event.item; });
    }
    ++follow[event.item];
    previous->second = event.item;
  }
  REQUIRE(asked > 10'000);
  CHECK(by_popularity > asked / 20);
  CHECK(by_sequence > 3 * by_popularity);
}

TEST_CASE("shoppers keep to their tastes, and share them with some others") {
  const auto events = history({.users = 2000}, 200'000);
  const Assortment assortment(1, 5000);
  std::map<std::uint32_t, std::map<std::uint32_t, int>> shelves;
  for (const ShopEvent& event : events) {
    ++shelves[event.user][assortment.item(event.item).shelf];
  }
  double own = 0;
  std::map<std::uint32_t, int> everyone;
  std::set<std::uint32_t> favourites;
  int users = 0;
  for (const auto& [user, counts] : shelves) {
    int total = 0, best = 0;
    std::uint32_t favourite = 0;
    for (const auto& [shelf, count] : counts) {
      total += count;
      everyone[shelf] += count;
      if (count > best) favourite = shelf;
      best = std::max(best, count);
    }
    if (total < 50) continue;
    ++users;
    own += static_cast<double>(best) / total;
    favourites.insert(favourite);
  }
  REQUIRE(users > 500);
  int largest = 0;
  for (const auto& [shelf, count] : everyone) largest = std::max(largest, count);
  // A shopper's favourite shelf gets far more of him than the most popular shelf gets of everyone.
  CHECK(own / users > 2.0 * largest / static_cast<double>(events.size()));
  CHECK(favourites.size() > 50);
  CHECK(favourites.size() < 200);
}

}  // namespace
}  // namespace freshet
