// The formula of content by hand, cold items, and its bounded choice of candidates.
#include "models/content.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "models/content_tokens.h"
#include "tests/models/play.h"

namespace freshet {
namespace {

using test::Play;
using test::score_of;

CatalogEntry titled(std::string title) {
  CatalogEntry e;
  e.title = std::move(title);
  return e;
}

/// A model that was told titles, of items from 0.
Content told(const std::vector<std::string>& titles, const ContentOptions& options = {}) {
  Content model(options);
  for (std::uint32_t item = 0; item < titles.size(); ++item) {
    const CatalogEntry entry = titled(titles[item]);
    model.describe(ItemId(item), &entry);
  }
  return model;
}

std::vector<std::uint64_t> tokens_of(const CatalogEntry& entry, std::size_t most = 100) {
  std::vector<std::uint64_t> out;
  content_tokens(entry, most, out);
  return out;
}

std::set<std::uint32_t> items_of(const std::vector<Candidate>& list) {
  std::set<std::uint32_t> items;
  for (const Candidate& c : list) items.insert(c.item.value);
  return items;
}

TEST_CASE("content: a cosine of token weights, worked out by hand") {
  // N = 4; "red" and "shoe" are in two items, "hat" and "blue" and "green" in one.
  Content model = told({"red shoe", "blue shoe", "red hat", "green"});
  Play play;
  play.act(1, 0);
  const auto list = test::candidates(model, play.ask(1));
  const double two = std::log(1 + 4 / 2.0), one = std::log(1 + 4 / 1.0);
  const double item_0 = std::sqrt(2 * two * two), item_1 = std::sqrt(two * two + one * one);
  CHECK(list.size() == 3);
  CHECK(score_of(list, 0) == Approx(1));
  CHECK(score_of(list, 1) == Approx(two * two / (item_0 * item_1)));
  CHECK(score_of(list, 2) == Approx(score_of(list, 1)));
  CHECK(list[1].item < list[2].item);
}

TEST_CASE("content: older events weigh less, and only items that have words count as events") {
  Content model = told({"red", "blue"});
  Play play;
  play.act(1, 0);
  play.act(1, 1, "view", 1);
  play.act(1, 77, "view", 2);  // nobody knows it
  const auto list = test::candidates(model, play.ask(1));
  // q = (0.8, 1) along two tokens of one weight.
  const double length = std::sqrt(1 + 0.64);
  CHECK(score_of(list, 1) == Approx(1 / length));
  CHECK(score_of(list, 0) == Approx(0.8 / length));
}

TEST_CASE("content: each user who holds an item lifts it a little, once, and takes it back") {
  Content model = told({"red", "red", "red"});
  Play play;
  const auto score = [&](std::uint32_t item) {
    return score_of(test::candidates(model, play.ask(1)), item);
  };
  play.act(1, 0);
  model.learn(play.take());
  CHECK(score(1) == Approx(1));
  for (int k = 0; k < 1'000; ++k) play.act(2, 1, "view", k);
  model.learn(play.take());
  CHECK(score(1) == Approx(1 + 0.1 * std::log(2)));
  play.act(3, 1, "purchase");
  model.learn(play.take());
  CHECK(score(1) == Approx(1 + 0.1 * std::log(3)));
  play.act(3, 1, "return", 1);
  model.learn(play.take());
  CHECK(score(1) == Approx(1 + 0.1 * std::log(2)));
  play.forget(2);
  model.learn(play.take());
  CHECK(score(1) == Approx(1));
}

TEST_CASE("content: an item that came a moment ago, and has no event, is a candidate") {
  Content model = told({"red shoe", "blue hat"});
  Play play;
  play.act(1, 0);
  model.learn(play.take());
  CHECK(items_of(test::candidates(model, play.ask(1))) == std::set<std::uint32_t>{0});
  const CatalogEntry fresh = titled("Red coat");
  model.describe(ItemId(9), &fresh);
  CHECK(items_of(test::candidates(model, play.ask(1))) == std::set<std::uint32_t>{0, 9});
}

TEST_CASE("content: what is withdrawn or not to be had is no candidate, until it is back") {
  Content model = told({"red shoe", "red hat", "red coat"});
  Play play;
  play.act(1, 0);
  const auto found = [&] { return items_of(test::candidates(model, play.ask(1))); };
  CatalogEntry sold_out = titled("red hat");
  sold_out.stock = 0;
  model.describe(ItemId(1), &sold_out);
  model.describe(ItemId(2), nullptr);
  CHECK(found() == std::set<std::uint32_t>{0});
  sold_out.stock = 4;
  model.describe(ItemId(1), &sold_out);
  CHECK(found() == std::set<std::uint32_t>{0, 1});
  // What the user saw still tells his taste when it is sold out.
  CatalogEntry own = titled("red shoe");
  own.available = false;
  model.describe(ItemId(0), &own);
  CHECK(found() == std::set<std::uint32_t>{1});
}

TEST_CASE("content: a token of many items gives the most held and the newest") {
  ContentOptions options;
  options.token_items = 10;
  options.newest_items = 4;
  Content model = told(std::vector<std::string>(50, "red"), options);
  Play play;
  for (std::uint32_t item = 20; item < 26; ++item) play.act(100 + item, item);
  play.act(1, 0);
  model.learn(play.take());
  const auto list = test::candidates(model, play.ask(1));
  CHECK(items_of(list) == std::set<std::uint32_t>{0, 20, 21, 22, 23, 24, 46, 47, 48, 49});
  model.describe(ItemId(22), nullptr);
  CHECK(items_of(test::candidates(model, play.ask(1))) ==
        std::set<std::uint32_t>{0, 20, 21, 23, 24, 25, 46, 47, 48, 49});
}

TEST_CASE("content: the choice depends on what was said last, not on the order of saying") {
  ContentOptions options;
  options.token_items = 8;
  options.newest_items = 3;
  test::Crowd random(3, 1, 1);
  Content wandering(options), straight(options);
  std::vector<std::string> last(60);
  Play play;
  for (int step = 0; step < 3'000; ++step) {
    const std::uint32_t item = random.random(60);
    static constexpr const char* words[] = {"red", "red hat", "hat", "green", ""};
    last[item] = words[random.random(5)];
    const CatalogEntry entry = titled(last[item]);
    wandering.describe(ItemId(item), last[item].empty() ? nullptr : &entry);
    play.act(random.random(40), random.random(60), random.random(4) == 0 ? "return" : "purchase",
             step);
    const auto learned = play.take();
    wandering.learn(learned);
    straight.learn(learned);
  }
  for (std::uint32_t item = 60; item-- > 0;) {
    const CatalogEntry entry = titled(last[item]);
    straight.describe(ItemId(item), last[item].empty() ? nullptr : &entry);
  }
  std::size_t compared = 0;
  for (std::uint32_t user = 0; user < 40; ++user) {
    const auto a = test::candidates(wandering, play.ask(user)),
               b = test::candidates(straight, play.ask(user));
    REQUIRE(a.size() == b.size());
    for (std::size_t k = 0; k < a.size(); ++k) {
      REQUIRE(a[k].item == b[k].item);
      REQUIRE(a[k].score == b[k].score);
      ++compared;
    }
  }
  CHECK(compared > 300);
}

TEST_CASE("content: embeddings add their cosine where both have one of the same length") {
  Content model{ContentOptions{}};
  const auto describe = [&](std::uint32_t item, std::vector<float> embedding) {
    CatalogEntry e = titled("red");
    e.embedding = std::move(embedding);
    model.describe(ItemId(item), &e);
  };
  describe(0, {3, 4});
  describe(1, {4, 3});
  describe(2, {-3, -4});
  describe(3, {1, 0, 0});
  describe(4, {0, 0});
  describe(5, {});
  Play play;
  play.act(1, 0);
  const auto list = test::candidates(model, play.ask(1));
  CHECK(score_of(list, 0) == Approx(2));
  CHECK(score_of(list, 1) == Approx(1 + 24 / 25.0));
  for (const std::uint32_t item : {2U, 3U, 4U, 5U}) CHECK(score_of(list, item) == Approx(1));
}

TEST_CASE("content: the reasons of an item are own items that share words with it") {
  Content model = told({"red shoe", "blue hat", "green coat", "red hat"});
  Play play;
  for (const std::uint32_t own : {0U, 1U, 2U}) play.act(1, own, "view", own);
  const Query query = play.ask(1);
  const auto scratch = model.make_scratch();
  std::vector<Candidate> list;
  model.candidates(query, *scratch, list);
  const std::vector<ItemId> items = {ItemId(3)};
  std::vector<Reason> reasons;
  model.explain(query, *scratch, items, reasons);
  REQUIRE(reasons.size() == 2);
  CHECK(reasons[0].because == ItemId(1));
  CHECK(reasons[1].because == ItemId(0));
  // The newer of two that share as much.
  CHECK(reasons[0].weight * 0.8F == Approx(reasons[1].weight));
}

TEST_CASE("content: the tokens of an entry") {
  CatalogEntry e = titled("Red-Shoe, RED; size 42 a É");
  CHECK(tokens_of(e).size() == 5);  // red, shoe, size, 42, é; "a" is too short
  CHECK(tokens_of(e) == tokens_of(titled("size É red shoe 42")));
  e.category = {"red"};
  e.brand = "red";
  e.tags = {"red", "sale"};
  e.price = 9;
  CHECK(tokens_of(e).size() == 10);  // kinds of field do not mix
  const auto sorted = tokens_of(e);
  CHECK(std::is_sorted(sorted.begin(), sorted.end()));
  CHECK(tokens_of(e, 4).size() == 4);
  CatalogEntry cheap, dear;
  cheap.price = 9.4;
  dear.price = 90;
  CatalogEntry nine;
  nine.price = 9;
  CHECK(tokens_of(cheap) == tokens_of(nine));
  CHECK(tokens_of(cheap) != tokens_of(dear));
}

}  // namespace
}  // namespace freshet
