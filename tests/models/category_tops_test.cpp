// What is popular in the categories of the catalogue, and how a user's own categories move his
// popular items.
#include "models/category_tops.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "models/popularity.h"
#include "stream/hash.h"
#include "tests/models/play.h"

namespace freshet {
namespace {

using test::candidates;
using test::Play;
using test::score_of;

CatalogEntry in(std::vector<std::string> category) {
  CatalogEntry entry;
  entry.category = std::move(category);
  return entry;
}

constexpr double unknown = -std::numeric_limits<double>::infinity();

TEST_CASE("category tops: after any changes they are what sorting all members gives") {
  constexpr std::size_t kept = 4;
  constexpr std::uint32_t items = 60;
  const std::vector<std::string> names = {"a", "b", "c", "d"};
  CategoryTops tops(kept);
  std::vector<double> counts(items, unknown);
  std::vector<std::optional<CatalogEntry>> entries(items);
  test::Crowd random(5, 1, 1);
  std::size_t full = 0, rebuilt = 0;
  for (int step = 0; step < 6'000; ++step) {
    const std::uint32_t item = random.random(items);
    if (random.random(4) == 0) {
      std::optional<CatalogEntry>& entry = entries[item];
      entry = in({});
      for (const std::string& name : names) {
        if (random.random(2) == 0) entry->category.push_back(name);
      }
      entry->available = random.random(8) != 0;
      if (random.random(8) == 0) entry.reset();
      tops.describe(ItemId(item), entry ? &*entry : nullptr);
    } else {
      counts[item] = random.random(9) == 0 ? unknown : random.random(30);
      rebuilt += counts[item] < 5;
      tops.set(ItemId(item), counts[item]);
    }
    for (const std::string& name : names) {
      std::vector<std::uint32_t> expected;
      std::size_t members = 0;
      for (std::uint32_t i = 0; i < items; ++i) {
        if (!entries[i] || !entries[i]->available) continue;
        const auto& of = entries[i]->category;
        if (std::find(of.begin(), of.end(), name) == of.end()) continue;
        ++members;
        if (counts[i] != unknown) expected.push_back(i);
      }
      std::sort(expected.begin(), expected.end(), [&](std::uint32_t a, std::uint32_t b) {
        return counts[a] != counts[b] ? counts[a] > counts[b] : a < b;
      });
      full += expected.size() > 2 * kept;
      expected.resize(std::min(expected.size(), kept));
      const std::span<const std::uint32_t> top = tops.top(hash64(name));
      REQUIRE(std::vector<std::uint32_t>(top.begin(), top.end()) == expected);
      REQUIRE(tops.members(hash64(name)) == members);
    }
  }
  CHECK(full > 10'000);
  CHECK(rebuilt > 500);
}

TEST_CASE("category tops: the narrowest categories of an item count, each once") {
  CategoryTops tops(2);
  const CatalogEntry entry = in({"all", "clothes", "shoes", "boots", "boots", "rain boots"});
  tops.describe(ItemId(1), &entry);
  const std::span<const std::uint64_t> of = tops.of(ItemId(1));
  CHECK(of.size() == 3);
  CHECK(std::set<std::uint64_t>(of.begin(), of.end()) ==
        std::set<std::uint64_t>{hash64("shoes"), hash64("boots"), hash64("rain boots")});
  CHECK(tops.of(ItemId(0)).empty());
  CHECK(tops.of(ItemId(7)).empty());
  // One that is sold out still says which category its visitor is in, and is shown to nobody.
  CatalogEntry sold_out = entry;
  sold_out.available = false;
  tops.set(ItemId(1), 3);
  CHECK(tops.top(hash64("boots")).size() == 1);
  tops.describe(ItemId(1), &sold_out);
  CHECK(tops.of(ItemId(1)).size() == 3);
  CHECK(tops.top(hash64("boots")).empty());
}

PopularityOptions plain_counts() {
  PopularityOptions options;
  options.medium_events = 1'000'000'000;
  options.medium_share = 1;
  options.short_share = options.long_share = 0;
  options.category_share = 0.5;
  return options;
}

TEST_CASE("popularity: a user is shown what is chosen in the category he is in") {
  Popularity model(plain_counts());
  Play play;
  // Items 1 and 2 are boots, 3 is a book that more people choose.
  for (const auto& [item, category] : {std::pair{1U, "boots"}, {2U, "boots"}, {3U, "books"}}) {
    const CatalogEntry entry = in({category});
    model.describe(ItemId(item), &entry);
  }
  std::uint32_t visitor = 0;
  for (int k = 0; k < 50; ++k) play.act(visitor++, 3);
  for (int k = 0; k < 20; ++k) play.act(visitor++, 1);
  for (int k = 0; k < 10; ++k) play.act(visitor++, 2);
  model.learn(play.take());
  play.act(900, 2);
  const auto list = candidates(model, play.ask(900));
  // T = 30, so D = 30/50 = 0.6, and 0.5 · D = 0.3 of the score is the category's.
  const double each = std::log(2.0) / 1e9;
  CHECK(score_of(list, 1) == Approx(0.3 * 20 / 30 + 0.7 * 20 * each));
  CHECK(score_of(list, 2) == Approx(0.3 * 10 / 30 + 0.7 * 10 * each));
  CHECK(score_of(list, 3) == Approx(0.7 * 50 * each));
  // Who is in no category, or in one that nobody chooses from, is shown what all choose.
  play.act(901, 77);
  CHECK(candidates(model, play.ask(901)).front().item == ItemId(3));
  // He who looked at boots and then at a book is in both, by 0.8 to 1.
  play.act(902, 1);
  play.act(902, 3);
  const auto both = candidates(model, play.ask(902));
  const double books = 0.5 / 1.8 * 50 / 70, boots = 0.5 * 0.8 / 1.8 * 30 / 50;
  CHECK(score_of(both, 3) == Approx(books + (1 - books - boots) * 50 * each));
  CHECK(score_of(both, 1) == Approx(boots * 20 / 30 + (1 - books - boots) * 20 * each));
  // What moves to another category takes its count along.
  const CatalogEntry moved = in({"books"});
  model.describe(ItemId(1), &moved);
  CHECK(score_of(candidates(model, play.ask(900)), 1) < 1e-6);
}

TEST_CASE("popularity: what is taken back is taken back from its categories") {
  Popularity with(plain_counts()), without(plain_counts());
  for (std::uint32_t item = 1; item <= 3; ++item) {
    const CatalogEntry entry = in({"boots"});
    with.describe(ItemId(item), &entry);
    without.describe(ItemId(item), &entry);
  }
  Play a, b;
  for (Play* play : {&a, &b}) {
    for (std::uint32_t k = 0; k < 30; ++k) play->act(k, 1 + k % 2);
    play->act(100, 1);
  }
  a.act(200, 1, "purchase");
  a.act(300, 3, "view");
  a.act(200, 1, "return");
  a.forget(300);
  with.learn(a.take());
  without.learn(b.take());
  const auto x = candidates(with, a.ask(100)), y = candidates(without, b.ask(100));
  REQUIRE(x.size() == y.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    CHECK(x[k].item == y[k].item);
    CHECK(x[k].score == Approx(y[k].score));
  }
}

TEST_CASE("popularity: without a catalogue nothing changes, byte for byte") {
  PopularityOptions on, off;
  on.category_share = 0.5;
  off.category_share = 0;
  Popularity a(on), b(off);
  Play play;
  test::Crowd crowd(2, 30, 200);
  for (int epoch = 0; epoch < 10; ++epoch) {
    crowd.act(play, 64);
    const std::vector<Interaction> learned = play.take();
    a.learn(learned);
    b.learn(learned);
  }
  for (std::uint32_t user = 0; user < 30; ++user) {
    const auto x = candidates(a, play.ask(user)), y = candidates(b, play.ask(user));
    REQUIRE_FALSE(x.empty());
    CHECK(std::equal(x.begin(), x.end(), y.begin(), y.end(), [](auto& one, auto& other) {
      return one.item == other.item && one.score == other.score;
    }));
  }
}

}  // namespace
}  // namespace freshet
