// What is taken back leaves the counting models as if it had never been, or as near as their
// headers say.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "models/item_cf.h"
#include "models/popularity.h"
#include "models/transitions.h"
#include "tests/models/play.h"

namespace freshet {
namespace {

using test::Play;
using test::Rows;

struct Act {
  std::uint32_t user, item;
  const char* type;
  double value = 0;
  bool undone = false;  ///< not in the log without what was taken back
};

/// Learns a log one event at a time, with or without what was taken back.
Rows rows_after(Model& model, const std::vector<Act>& log, bool with_undone) {
  Play play;
  for (const Act& act : log) {
    if (act.undone && !with_undone) continue;
    if (std::string_view(act.type) == "forget") {
      play.forget(act.user);
    } else {
      play.act(act.user, act.item, act.type, test::day, act.value);
    }
    model.learn(play.take());
  }
  MemoryStore store;
  test::save(model, store);
  return test::rows_of(store);
}

template <class M, class O>
void check_bytes(const std::vector<Act>& log) {
  M with{O{}}, without{O{}};
  CHECK(rows_after(with, log, true) == rows_after(without, log, false));
}

/// Others' events around, then one user's; the undone ones are last or in between.
std::vector<Act> crowd_log(std::uint32_t seed, std::size_t n) {
  std::vector<Act> log;
  std::uint64_t state = seed;
  const auto random = [&](std::uint32_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((state >> 33) % below);
  };
  static const char* const types[] = {"view", "view", "click", "like", "cart", "purchase"};
  for (std::size_t k = 0; k < n; ++k) log.push_back({1 + random(9), random(40), types[random(6)]});
  return log;
}

/// Puts events of user 1 and their undoing at random places; what he did is on items that nobody
/// takes back otherwise.
std::vector<Act> with_undone(std::uint32_t seed, std::size_t n) {
  std::vector<Act> log = crowd_log(seed, n);
  std::uint64_t state = seed * 77;
  const auto random = [&](std::size_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>((state >> 33) % below);
  };
  for (std::uint32_t k = 0; k < 6; ++k) {
    const std::size_t first = random(log.size() + 1);
    const std::size_t second = first + random(log.size() + 1 - first);
    const std::uint32_t item = k < 3 ? static_cast<std::uint32_t>(random(40)) : 50 + k;
    const char* const back = k % 3 == 0 ? "return" : k % 3 == 1 ? "uncart" : "dislike";
    const char* const act = k % 3 == 0 ? "purchase" : k % 3 == 1 ? "cart" : "like";
    if (k % 3 == 2 && item < 50) continue;  // a dislike clears what is not undone, too
    // Only where he has none of these himself, or his own would be taken back too; and where the
    // item does not come to stay in between, for it stands where it first came.
    bool own = false, before = false, between = false;
    for (std::size_t at = 0; at < log.size(); ++at) {
      const Act& a = log[at];
      if (a.user != 1 || a.item != item) continue;
      own = own || std::string_view(a.type) == act;
      before = before || at < first;
      between = between || (at >= first && at < second);
    }
    if (own || (between && !before)) continue;
    log.insert(log.begin() + static_cast<std::ptrdiff_t>(second), {1, item, back, 0, true});
    log.insert(log.begin() + static_cast<std::ptrdiff_t>(first), {1, item, act, 0, true});
  }
  return log;
}

TEST_CASE("undo: item_cf's rows are byte for byte those of a log without it") {
  const std::vector<Act> around = {{1, 1, "view"}, {2, 2, "view"}, {1, 3, "cart"}, {2, 1, "view"}};
  for (const auto& [act, back] : {std::pair("purchase", "return"), std::pair("cart", "uncart"),
                                  std::pair("like", "dislike")}) {
    for (const std::uint32_t item : {1U, 7U}) {
      if (item == 1 && std::string_view(back) == "dislike") continue;
      std::vector<Act> log = around;
      log.push_back({1, item, act, 0, true});
      log.push_back({1, 4, "view"});
      log.push_back({1, item, back, 0, true});
      log.push_back({1, 5, "purchase"});
      check_bytes<ItemCf, ItemCfOptions>(log);
    }
  }
}

TEST_CASE("undo: a lowered rating leaves in item_cf what the lower one alone would") {
  std::vector<Act> log = {{1, 1, "rating", 4}, {2, 2, "rating", 5}, {2, 1, "rating", 3}};
  std::vector<Act> lowered = log;
  lowered.insert(lowered.begin(), {1, 2, "rating", 5});
  lowered.push_back({1, 2, "rating", 2});
  log.insert(log.begin(), {1, 2, "rating", 2});
  ItemCf a{ItemCfOptions{}}, b{ItemCfOptions{}};
  CHECK(rows_after(a, lowered, true) == rows_after(b, log, true));
}

TEST_CASE("undo: item_cf, any order of many users' events and what is taken back between them") {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    check_bytes<ItemCf, ItemCfOptions>(with_undone(seed, 200));
  }
}

TEST_CASE("undo: forgetting a user leaves item_cf's rows those of a log without him") {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    std::vector<Act> log = with_undone(seed, 200);
    for (Act& a : log) a.undone = a.user == 1;
    log.push_back({1, 0, "forget", 0, true});
    check_bytes<ItemCf, ItemCfOptions>(log);
  }
}

/// The same rows, but for a float's rounding.
void require_transitions(const Rows& a, const Rows& b) {
  const auto &rows = a.at("transitions.items"), &expected = b.at("transitions.items");
  REQUIRE(rows.size() == expected.size());
  for (const auto& [key, value] : expected) {
    REQUIRE(rows.count(key) == 1);
    ByteReader x(rows.at(key)), y(value);
    REQUIRE(x.number<std::uint8_t>() == y.number<std::uint8_t>());
    REQUIRE(x.number<double>() == Approx(y.number<double>()));  // total
    REQUIRE(x.number<double>() == Approx(y.number<double>()));  // gained
    BoundedRow p, q;
    REQUIRE((p.read(x, 100) && q.read(y, 100)));
    REQUIRE(p.size() == q.size());
    for (std::size_t k = 0; k < p.size(); ++k) {
      REQUIRE(p.ids()[k] == q.ids()[k]);
      REQUIRE(p.weights()[k] == Approx(q.weights()[k]).epsilon(1e-5));
    }
  }
}

TEST_CASE("undo: transitions, at once: rows as before but for a float's rounding") {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    std::vector<Act> log = crowd_log(seed, 120);
    // No more than users.recent_events: what fell out of them is not known any more.
    for (std::uint32_t k = 0; k < 45; ++k) log.push_back({20, (seed + k) % 60, "view"});
    log.push_back({20, 77, "purchase", 0, true});
    log.push_back({20, 77, "return", 0, true});
    Transitions with{TransitionsOptions{}}, without{TransitionsOptions{}};
    const Rows a = rows_after(with, log, true), b = rows_after(without, log, false);
    require_transitions(a, b);
  }
}

TEST_CASE("undo: transitions without a forgotten user whose 40 events were on items of his own") {
  std::vector<Act> log = crowd_log(4, 120);
  for (std::uint32_t k = 0; k < 40; ++k) log.push_back({77, 60 + k, "view", 0, true});
  log.push_back({77, 0, "forget", 0, true});
  Transitions with{TransitionsOptions{}}, without{TransitionsOptions{}};
  const Rows a = rows_after(with, log, true), b = rows_after(without, log, false);
  require_transitions(a, b);
}

TEST_CASE("undo: transitions, later: what was around it stands as without it, within the bound") {
  TransitionsOptions options;
  Transitions with(options), without(options);
  // Between: three views. Pairs of the undone event hold at most 1 + 1/2 + 1/3 + 1/4 each way.
  const std::vector<Act> log = {{1, 1, "view"}, {1, 2, "view"}, {1, 9, "cart", 0, true},
                                {1, 3, "view"}, {1, 4, "view"}, {1, 9, "uncart", 0, true}};
  rows_after(with, log, true);
  rows_after(without, log, false);
  Play play;
  for (const std::uint32_t from : {1U, 2U, 3U, 4U, 9U}) {
    play.act(50 + from, from);
    const auto a = test::candidates(with, play.ask(50 + from));
    const auto b = test::candidates(without, play.ask(50 + from));
    REQUIRE(a.size() == b.size());
    const double bound = 2 * (std::exp2(2.0 / options.half_weight) - 1);
    for (std::size_t k = 0; k < a.size(); ++k) {
      CHECK(a[k].item == b[k].item);
      CHECK(a[k].score == Approx(b[k].score).epsilon(bound));
    }
  }
}

/// log2 of the counts, by item and half-life.
std::map<std::string, std::array<double, 3>> counts(const Rows& rows) {
  std::map<std::string, std::array<double, 3>> out;
  const auto found = rows.find("popularity.items");
  if (found == rows.end()) return out;
  for (const auto& [key, value] : found->second) {
    ByteReader r(value);
    r.number<std::uint8_t>();
    for (double& sum : out[key]) sum = r.number<double>();
  }
  return out;
}

void check_popularity(const std::vector<Act>& log, std::size_t undone) {
  Popularity with{PopularityOptions{}}, without{PopularityOptions{}};
  const auto a = counts(rows_after(with, log, true)), b = counts(rows_after(without, log, false));
  REQUIRE(a.size() == b.size());
  const std::array<double, 3> half_life = {1'000, 10'000, 100'000};
  for (const auto& [key, sums] : b) {
    for (std::size_t h = 0; h < 3; ++h) {
      // Each event taken back leaves the clock one further, and nothing else.
      const double later = a.at(key)[h] - sums[h];
      CHECK(later >= -1e-9);
      CHECK(later <= static_cast<double>(undone) / half_life[h] + 1e-9);
    }
  }
}

TEST_CASE("undo: popularity counts as without it, but that the clock went on") {
  std::vector<Act> log = crowd_log(3, 100);
  log.push_back({1, 7, "purchase", 0, true});
  log.push_back({1, 60, "purchase", 0, true});
  log.push_back({1, 8, "view"});
  log.push_back({1, 7, "return", 0, true});
  log.push_back({2, 7, "view"});
  log.push_back({1, 60, "return", 0, true});
  check_popularity(log, 2);
}

TEST_CASE("undo: popularity without a forgotten user, of whom all events are known") {
  std::vector<Act> log = crowd_log(4, 150);
  const std::size_t before = log.size();
  for (std::uint32_t k = 0; k < 40; ++k) log.push_back({77, 30 + k, "view", 0, true});
  for (std::uint32_t k = 0; k < 20; ++k) log.push_back({3, k, "view"});
  log.push_back({77, 0, "forget", 0, true});
  check_popularity(log, log.size() - before - 21);
}

TEST_CASE("undo: popularity's kept list stays that of all items sorted, and restores the same") {
  PopularityOptions options;
  options.top_items = 5;
  Popularity model(options);
  Play play;
  std::uint64_t state = 9;
  const auto random = [&](std::uint32_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((state >> 33) % below);
  };
  MemoryStore store;
  std::size_t rising = 0;
  for (int epoch = 0; epoch < 400; ++epoch) {
    for (int k = 0; k < 4; ++k) {
      const std::uint32_t user = random(12), item = random(40);
      play.act(user, item, random(2) == 0 ? "purchase" : "return");
    }
    model.learn(play.take());
    test::save(model, store);
    Popularity restored(options);
    REQUIRE(restored.restore(store, 40).has_value());
    REQUIRE(restored.top().size() == model.top().size());
    for (std::size_t k = 0; k < model.top().size(); ++k) {
      REQUIRE(restored.top()[k].item == model.top()[k].item);
    }
    rising += model.top().size();
  }
  CHECK(rising > 1'000);
}

}  // namespace
}  // namespace freshet
