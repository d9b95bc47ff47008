#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "models/fusion/gates.h"
#include "models/fusion/rrf.h"
#include "models/fusion/weighted.h"
#include "models/registry.h"
#include "tests/models/play.h"

namespace freshet {
namespace {

using test::Crowd;
using test::Play;

// A model that says what it is told to.
class Fake final : public Model {
 public:
  Fake(std::string name, std::map<std::uint32_t, float> scores)
      : name_(std::move(name)), scores_(std::move(scores)) {}
  std::map<std::uint32_t, std::map<std::uint32_t, float>> reasons;  ///< candidate → own → weight

  std::string_view name() const override { return name_; }
  std::unique_ptr<Scratch> make_scratch() const override { return std::make_unique<Scratch>(); }
  void candidates(const Query& query, Scratch&, std::vector<Candidate>& out) const override {
    out.clear();
    for (const auto& [item, score] : scores_) {
      if (!query.hidden.contains(item)) out.push_back({ItemId(item), score});
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    out.resize(std::min(out.size(), query.limit));
  }
  void score(const Query&, Scratch&, std::span<const ItemId> items,
             std::span<float> out) const override {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto found = scores_.find(items[i].value);
      out[i] = found == scores_.end() ? 0 : found->second;
    }
  }
  void explain(const Query&, Scratch&, std::span<const ItemId> items,
               std::vector<Reason>& out) const override {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto found = reasons.find(items[i].value);
      if (found == reasons.end()) continue;
      for (const auto& [own, weight] : found->second) {
        out.push_back({static_cast<std::uint32_t>(i), ItemId(own), weight});
      }
    }
  }
  void learn(std::span<const Interaction>) override {}
  bool save_some(RowBatch&, std::size_t) override { return true; }
  Status restore(const RowReader&, std::size_t) override { return {}; }
  std::size_t memory_bytes() const override { return 0; }

 private:
  std::string name_;
  std::map<std::uint32_t, float> scores_;
};

RankedList rank(const Ranker& ranker, const Query& query, std::size_t size = 20,
                bool by_model = false) {
  RankedList out;
  const auto scratch = ranker.make_scratch();
  ranker.rank(query, size, by_model, *scratch, out);
  return out;
}

std::vector<std::uint32_t> items_of(const RankedList& list) {
  std::vector<std::uint32_t> items;
  for (const auto& entry : list.entries) items.push_back(entry.item.value);
  return items;
}

WeightedOptions weights(std::map<std::string, double> given) {
  WeightedOptions options;
  options.weights = std::move(given);
  return options;
}

TEST_CASE("weighted: scores are weighted sums of normalised scores, parts are the summands") {
  const Fake a("a", {{1, 2}, {2, 1}}), b("b", {{2, 4}, {3, 2}});
  const WeightedRanker ranker({&a, &b}, weights({{"a", 1}, {"b", 3}}));
  CHECK(ranker.part_names() == std::vector<std::string>{"a", "b", "popularity"});
  Play play;
  const RankedList list = rank(ranker, play.ask(0));
  REQUIRE(items_of(list) == std::vector<std::uint32_t>{2, 3, 1});
  CHECK(list.entries[0].score == Approx(0.875));  // 1/4 · 1/2 + 3/4 · 4/4
  CHECK(list.entries[1].score == Approx(0.375));  // 3/4 · 2/4
  CHECK(list.entries[2].score == Approx(0.25));   // 1/4 · 2/2
  CHECK(list.parts[0] == Approx(0.125));
  CHECK(list.parts[1] == Approx(0.75));
  CHECK(list.parts[2] == 0);
}

TEST_CASE("weighted: a model without a named weight has the other weight") {
  const Fake a("a", {{1, 1}}), b("b", {{2, 1}});
  WeightedOptions options = weights({{"a", 1}});
  options.other_weight = 4;
  const WeightedRanker ranker({&a, &b}, options);
  Play play;
  const RankedList list = rank(ranker, play.ask(0));
  REQUIRE(items_of(list) == std::vector<std::uint32_t>{2, 1});
  CHECK(list.entries[0].score == Approx(0.8));
}

TEST_CASE("rrf: scores are sums of reciprocal ranks") {
  const Fake a("a", {{1, 2}, {2, 1}}), b("b", {{2, 4}, {3, 2}});
  const RrfRanker ranker({&a, &b}, RrfOptions{});
  Play play;
  const RankedList list = rank(ranker, play.ask(0));
  REQUIRE(items_of(list) == std::vector<std::uint32_t>{2, 1, 3});
  CHECK(list.entries[0].score == Approx(1.0 / 62 + 1.0 / 61));
  CHECK(list.entries[1].score == Approx(1.0 / 61));
  CHECK(list.entries[2].score == Approx(1.0 / 62));
}

TEST_CASE("fusion: ties go to the lower item id") {
  const Fake a("a", {{9, 1}, {4, 1}, {7, 1}});
  Play play;
  CHECK(items_of(rank(WeightedRanker({&a}, {}), play.ask(0))) ==
        std::vector<std::uint32_t>{4, 7, 9});
}

TEST_CASE("fusion: a model with scores that are not finite is left out of the list and counted") {
  const Fake good("good", {{1, 2}, {2, 1}});
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const Fake broken("broken", {{3, 1}, {4, bad}});
    const WeightedRanker ranker({&good, &broken}, {});
    Play play;
    const RankedList list = rank(ranker, play.ask(0), 20, true);
    REQUIRE(items_of(list) == std::vector<std::uint32_t>{1, 2});
    for (std::size_t k = 0; k < 2; ++k) CHECK(list.parts[k * 3 + 1] == 0);
    CHECK(list.by_model[1].empty());
    CHECK(ranker.dropped() == 1);
  }
}

TEST_CASE("fusion: a model that names items that are none, or scores below 0, does no harm") {
  const Fake odd("odd", {{ItemId::none_value, 5}, {2, 1}, {3, -4}});
  Play play;
  const RankedList list = rank(WeightedRanker({&odd}, {}), play.ask(0));
  CHECK(items_of(list) == std::vector<std::uint32_t>{2, 3});
  CHECK(list.entries[1].score == 1e-9);
}

TEST_CASE(
    "fusion: reasons are the models', scaled to their parts, the best three, own items only") {
  Fake a("a", {{100, 1}}), b("b", {{100, 1}});
  a.reasons[100] = {{1, 3}, {2, 1}, {77, 50}};  // 77 is not the user's
  b.reasons[100] = {{3, 0.1F}, {4, 0.4F}};
  // a's part is 0.25: 1 has .1875, 2 has .0625; b's is 0.75: 3 has .15, 4 has .6.
  const WeightedRanker ranker({&a, &b}, weights({{"a", 1}, {"b", 3}}));
  Play play;
  for (const std::uint32_t item : {1U, 2U, 3U, 4U}) play.act(0, item);
  const RankedList list = rank(ranker, play.ask(0), 1);
  REQUIRE(list.entries.size() == 1);
  REQUIRE(list.entries[0].because_count == 3);
  CHECK(list.entries[0].because[0] == ItemId(4));
  CHECK(list.entries[0].because[1] == ItemId(1));
  CHECK(list.entries[0].because[2] == ItemId(3));
}

TEST_CASE("gates: own items go where nobody returns, the current one apart") {
  OwnItemGates gates{GateOptions{}};
  CHECK(gates.own_open());
  CHECK(gates.current_open());
  Play play;
  // 1,000 events on ever-new items: (1 + 0) / (100 + 999) is below 0.003 for both.
  for (std::uint32_t item = 0; item < 1'000; ++item) play.act(0, item);
  gates.learn(play.take());
  CHECK_FALSE(gates.own_open());
  CHECK_FALSE(gates.current_open());
  // Then 20 reloads of the current item, by as many users: only that gate opens again.
  for (std::uint32_t user = 1; user <= 20; ++user) {
    play.act(user, 999);
    play.act(user, 999);
  }
  gates.learn(play.take());
  CHECK_FALSE(gates.own_open());
  CHECK(gates.current_open());
  HistoryItem liked, disliked;
  liked.strength = 1;
  disliked.strength = -1;
  CHECK(gates.lets_through(liked, 0));
  CHECK_FALSE(gates.lets_through(liked, 1));
  CHECK_FALSE(gates.lets_through(disliked, 0));
}

TEST_CASE("gates: they are saved and restored") {
  OwnItemGates gates{GateOptions{}}, restored{GateOptions{}};
  Play play;
  for (std::uint32_t item = 0; item < 1'000; ++item) play.act(0, item);
  gates.learn(play.take());
  MemoryStore store;
  RowBatch batch;
  gates.save(batch);
  REQUIRE(store.write(batch).has_value());
  REQUIRE(restored.restore(store).has_value());
  CHECK_FALSE(restored.own_open());
  batch.clear();
  gates.save(batch);
  CHECK(batch.size() == 0);
}

// All models and a ranker of a kind, as the program wires them.
struct Engine {
  explicit Engine(const FusionKind& kind) {
    for (const config::Tagged& options : default_models()) {
      models.push_back(make_model(options));
      views.push_back(models.back().get());
    }
    ranker = kind.make(views, kind.defaults);
  }
  void learn(const std::vector<Interaction>& epoch) {
    for (const auto& model : models) model->learn(epoch);
    ranker->learn(epoch);
  }
  std::vector<std::unique_ptr<Model>> models;
  std::vector<const Model*> views;
  std::unique_ptr<Ranker> ranker;
};

TEST_CASE("fusion: lists of real models are full, ordered, and their printed parts add up") {
  for (const FusionKind& kind : fusion_kinds()) {
    INFO(kind.name);
    Engine engine(kind);
    Play play;
    Crowd crowd(2, 25, 200);
    for (int epoch = 0; epoch < 40; ++epoch) {
      crowd.act(play, 64);
      engine.learn(play.take());
    }
    const std::size_t width = engine.ranker->part_names().size();
    std::size_t with_reasons = 0;
    for (std::uint32_t user = 0; user < 25; ++user) {
      const Query query = play.ask(user);
      const RankedList list = rank(*engine.ranker, query, 20, true);
      REQUIRE(list.entries.size() == 20);
      REQUIRE(list.parts.size() == 20 * width);
      CHECK(list.popular.size() == 20);
      CHECK(list.by_model.size() == width);
      std::set<std::uint32_t> disliked;
      for (const HistoryItem& own : query.user.history) {
        if (own.strength < 0) disliked.insert(own.item.value);
      }
      for (std::size_t k = 0; k < 20; ++k) {
        const auto& entry = list.entries[k];
        double sum = 0;
        std::int64_t printed = 0;
        for (std::size_t m = 0; m < width; ++m) {
          const double part = list.parts[k * width + m];
          REQUIRE((part >= 0 || kind.name == "stacking"));
          sum += part;
          printed += std::llround(part * 1e9);
        }
        REQUIRE(std::abs(sum - entry.score) < 1e-12);
        REQUIRE(std::any_of(&list.parts[k * width], &list.parts[(k + 1) * width],
                            [](double part) { return part != 0; }));
        REQUIRE(printed == std::llround(entry.score * 1e9));
        REQUIRE(disliked.count(entry.item.value) == 0);
        with_reasons += entry.because_count > 0;
        if (k == 0) continue;
        const auto& before = list.entries[k - 1];
        REQUIRE((before.score > entry.score ||
                 (before.score == entry.score && before.item < entry.item)));
      }
      for (const ItemId item : list.popular) REQUIRE(disliked.count(item.value) == 0);
      // What is asked for besides does not change the list.
      CHECK(items_of(rank(*engine.ranker, query, 20, false)) == items_of(list));
    }
    CHECK(with_reasons > 250);
  }
}

TEST_CASE("fusion: without popularity among the models the ranker fills up from its own") {
  const Fake a("a", {{1, 1}});
  WeightedRanker ranker({&a}, {});
  Play play;
  for (std::uint32_t item = 0; item < 30; ++item) {
    for (std::uint32_t k = 0; k <= item; ++k) play.act(1'000 + 100 * item + k, item);
  }
  ranker.learn(play.take());
  CHECK(ranker.part_names().back() == "popularity");
  for (std::uint32_t item = 0; item < 5; ++item) play.act(7, item, "dislike");
  // 30 items are known, 5 disliked: 25 can be recommended.
  const RankedList all = rank(ranker, play.ask(7), 40);
  CHECK(all.entries.size() == 25);
  const RankedList list = rank(ranker, play.ask(8), 5);
  CHECK(items_of(list) == std::vector<std::uint32_t>{1, 29, 28, 27, 26});
  CHECK(list.entries[1].score <= 0.001);
  CHECK(list.entries[1].score > 0);
  CHECK(list.popular.front() == ItemId(29));
}

TEST_CASE("fusion: beyond popularity's top, every item known fills the list") {
  WeightedRanker ranker({}, {});
  Play play;
  for (std::uint32_t item = 0; item < 500; ++item) play.act(item, item);
  ranker.learn(play.take());
  CHECK(rank(ranker, play.ask(9'999), 450).entries.size() == 450);
}

TEST_CASE("fusion: before anything is learned the user's own items are a list") {
  WeightedRanker ranker({}, {});
  Play play;
  CHECK(rank(ranker, play.ask(0)).entries.empty());
  play.act(0, 3);
  play.act(0, 4, "dislike");
  CHECK(items_of(rank(ranker, play.ask(0))) == std::vector<std::uint32_t>{3});
}

TEST_CASE("fusion: no list is empty while the shop knows an item that may be shown") {
  for (const FusionKind& kind : fusion_kinds()) {
    INFO(kind.name);
    const Fake a("a", {});
    const auto ranker = kind.make({&a}, kind.defaults);
    Play play;
    play.act(0, 1, "dislike");
    ranker->describe(ItemId(2), nullptr);
    Query query = play.ask(0);
    query.items = 4;
    const RankedList list = rank(*ranker, query);
    // Neither the disliked nor the withdrawn item; popularity says that it brought the others.
    CHECK(items_of(list) == std::vector<std::uint32_t>{0, 3});
    for (std::size_t k = 0; k < list.entries.size(); ++k) {
      CHECK(list.entries[k].score == 1e-9);
      CHECK(list.parts[k * 2 + 1] == 1e-9);
    }
  }
}

TEST_CASE("fusion: closed gates keep own items out, and models' lists are refilled behind them") {
  std::map<std::uint32_t, float> many;
  for (std::uint32_t item = 0; item < 200; ++item) many[item] = 1'000 - static_cast<float>(item);
  const Fake a("a", many);
  WeightedRanker ranker({&a}, {});
  Play play;
  for (std::uint32_t item = 0; item < 1'000; ++item) play.act(1, 1'000 + item);
  ranker.learn(play.take());
  for (std::uint32_t item = 0; item < 60; ++item) play.act(0, item);
  const RankedList list = rank(ranker, play.ask(0), 20, true);
  REQUIRE(list.entries.size() == 20);
  CHECK(list.entries[0].item == ItemId(60));
  CHECK(list.entries[19].item == ItemId(79));
  CHECK(list.by_model[0].size() == 20);
  CHECK(list.by_model[0][0] == ItemId(60));
}

TEST_CASE("fusion: a restored ranker makes the same lists") {
  for (const FusionKind& kind : fusion_kinds()) {
    const Fake a("a", {{1, 1}, {2, 0.5F}});
    const auto first = kind.make({&a}, kind.defaults), second = kind.make({&a}, kind.defaults);
    Play play;
    Crowd crowd(4, 10, 60);
    crowd.act(play, 500);
    first->learn(play.take());
    MemoryStore store;
    RowBatch batch;
    first->save(batch);
    REQUIRE(store.write(batch).has_value());
    REQUIRE(second->restore(store, 60).has_value());
    for (std::uint32_t user = 0; user < 10; ++user) {
      const RankedList x = rank(*first, play.ask(user)), y = rank(*second, play.ask(user));
      CHECK(items_of(x) == items_of(y));
      CHECK(x.parts == y.parts);
    }
  }
}

}  // namespace
}  // namespace freshet
