#include <algorithm>
#include <catch2/catch.hpp>

#include "models/evaluation/evaluator.h"
#include "models/evaluation/quality.h"
#include "models/registry.h"

namespace freshet {
namespace {

const EvaluationOptions lists_of_two{.k = 2};

Decoded act(const std::string& type, const std::string& user, const std::string& item,
            std::int64_t time_ms, const EventTypes& types, std::optional<double> value = {}) {
  Event e;
  e.user = user;
  e.item = item;
  e.type = *types.find(type);
  e.time_ms = time_ms;
  e.value = value;
  Decoded d;
  d.what = e;
  return d;
}

Decoded view(const std::string& user, const std::string& item, std::int64_t time_ms,
             const EventTypes& types) {
  return act("view", user, item, time_ms, types);
}

/// Says that every rating is 3 on the scale of weights, and proposes nothing.
class Threes final : public Model {
 public:
  std::string_view name() const override { return "threes"; }
  std::unique_ptr<Scratch> make_scratch() const override { return std::make_unique<Scratch>(); }
  void candidates(const Query&, Scratch&, std::vector<Candidate>& out) const override {
    out.clear();
  }
  void score(const Query&, Scratch&, std::span<const ItemId>, std::span<float> out) const override {
    std::fill(out.begin(), out.end(), 0.F);
  }
  void explain(const Query&, Scratch&, std::span<const ItemId>,
               std::vector<Reason>&) const override {}
  void learn(std::span<const Interaction> epoch) override {
    for (const Interaction& i : epoch) {
      ++error_.count;
      error_.squared += (3.0 - i.weight) * (3.0 - i.weight);
    }
  }
  bool save_some(RowBatch&, std::size_t) override { return true; }
  Status restore(const RowReader&, std::size_t) override { return {}; }
  std::optional<RatingError> rating_error() const override { return error_; }
  std::size_t memory_bytes() const override { return sizeof *this; }

 private:
  RatingError error_;
};

std::unique_ptr<Engine> popularity_engine(std::unique_ptr<Model> another = nullptr) {
  Engine::Parts parts;
  parts.engine.threads = 1;
  parts.engine.epoch_events = 1;
  parts.lists.size = 2;
  std::vector<const Model*> models;
  for (const ModelKind& kind : model_kinds()) {
    if (kind.name != "popularity") continue;
    parts.models.push_back(make_model(kind.defaults));
    models.push_back(parts.models.back().get());
  }
  if (another) {
    models.push_back(another.get());
    parts.models.push_back(std::move(another));
  }
  parts.ranker = make_ranker(models, default_fusion());
  return std::make_unique<Engine>(std::move(parts));
}

}  // namespace

TEST_CASE("measures of three predictions agree with the hand's") {
  Quality q;
  q.add(0, 20);   // first place
  q.add(3, 20);   // fourth: 1/4, 1/log2(5)
  q.add(-1, 20);  // a miss
  CHECK(q.predictions() == 3);
  CHECK(q.hr() == Approx(2.0 / 3));
  CHECK(q.mrr() == Approx((1 + 0.25) / 3));
  CHECK(q.ndcg() == Approx((1 + 1 / 2.321928094887362) / 3));
}

TEST_CASE("a place at the cut-off is a miss, the one before it a hit") {
  Quality q;
  q.add(20, 20);
  CHECK(q.hr() == 0);
  q.add(19, 20);
  CHECK(q.hr() == Approx(0.5));
}

TEST_CASE("without predictions every measure is 0") {
  const Quality q;
  CHECK(q.hr() == 0);
  CHECK(q.mrr() == 0);
}

TEST_CASE("spread of three lists agrees with the hand's") {
  const ItemId a(0), b(1), c(2);
  ListSpread spread;
  for (const ItemId item : {a, a, b, c}) spread.count_event(item);
  spread.add({a, b});
  spread.add({a});
  spread.add({a});
  // Shares of the events: a 1/2, b 1/4. Bits: 1 three times, 2 once.
  CHECK(spread.novelty() == Approx((1 + 2 + 1 + 1) / 4.0));
  // d was never chosen, but is known.
  CHECK(spread.coverage(4) == Approx(0.5));
  // Places, the fewest first: 0, 0, 1, 3. 2 (4/5·0 + 3/5·0 + 2/5·1/4 + 1/5·3/4).
  CHECK(spread.gini_diversity(4) == Approx(2 * (2 / 5.0 / 4 + 1 / 5.0 * 3 / 4)));
}

TEST_CASE("Gini diversity is 1 if all items are listed as often, and next to 0 if one alone is") {
  ListSpread even, one;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    even.add({ItemId(i)});
    one.add({ItemId(0)});
  }
  CHECK(even.gini_diversity(1'000) == Approx(1));
  CHECK(one.gini_diversity(1'000) == Approx(2.0 / 1'001));
}

TEST_CASE("an item that nobody chose is as novel as one that was chosen once") {
  ListSpread spread;
  for (int i = 0; i < 8; ++i) spread.count_event(ItemId(0));
  spread.add({ItemId(5)});
  CHECK(spread.novelty() == Approx(3));
}

TEST_CASE("without lists nothing is spread") {
  const ListSpread spread;
  CHECK(spread.coverage(0) == 0);
  CHECK(spread.novelty() == 0);
  CHECK(spread.gini_diversity(3) == 0);
}

// Lists of size 2 by popularity alone, epochs of one event. a is seen three times, b twice, then c
// once.
TEST_CASE("prequential: an event judges the list held before it") {
  const auto engine = popularity_engine();
  const EventTypes& t = engine->types();
  const std::vector<Decoded> log = {
      view("x", "a", 1'000, t), view("y", "a", 2'000, t), view("z", "a", 3'000, t),
      view("x", "b", 4'000, t), view("y", "b", 5'000, t),
      // z's list dates from his view of a: it held a alone, as nothing else was known then.
      view("z", "c", 6'000, t),  // a miss
      // x's list dates from his view of b: a, b.
      view("x", "b", 7'000, t),  // a hit in second place
  };
  Evaluator evaluator(*engine, lists_of_two, nullptr);
  const EvaluationResult r = evaluator.prequential(log, 5.0 / 7, Ranked::held);
  CHECK(r.models.front().first == "fused");
  CHECK(r.models.front().second.predictions() == 2);
  CHECK(r.models.front().second.hr() == Approx(0.5));
  CHECK(r.models.front().second.mrr() == Approx(0.25));
}

TEST_CASE("prequential at the request: the list is ranked just before the event") {
  const auto engine = popularity_engine();
  const EventTypes& t = engine->types();
  const std::vector<Decoded> log = {
      view("x", "a", 1'000, t), view("y", "b", 2'000, t), view("y", "b", 3'000, t),
      view("x", "b", 4'000, t),  // held from the first event: a alone; at the request b is known
  };
  const auto held_engine = popularity_engine();
  Evaluator by_held(*held_engine, lists_of_two, nullptr);
  CHECK(by_held.prequential(log, 0.75, Ranked::held).models.front().second.hr() == 0);
  Evaluator by_request(*engine, lists_of_two, nullptr);
  CHECK(by_request.prequential(log, 0.75, Ranked::request).models.front().second.hr() == 1);
}

TEST_CASE("session: the test log is judged event by event, and learned from only if asked") {
  for (const bool learn_test : {false, true}) {
    const auto engine = popularity_engine();
    const EventTypes& t = engine->types();
    const std::vector<Decoded> train = {view("x", "a", 1'000, t), view("y", "a", 2'000, t),
                                        view("y", "b", 3'000, t)};
    const std::vector<Decoded> test = {view("s", "a", 10'000, t), view("s", "c", 20'000, t),
                                       view("q", "c", 30'000, t), view("q", "c", 40'000, t),
                                       view("q", "c", 50'000, t)};
    Evaluator evaluator(*engine, lists_of_two, nullptr);
    const EvaluationResult r = evaluator.session(train, test, learn_test);
    // Predictions: c for s, c for q, c for q. Frozen, c is never among the two most popular.
    CHECK(r.models.front().second.predictions() == 3);
    if (!learn_test) CHECK(r.models[1].second.hr() == 0);
    if (learn_test) CHECK(r.models[1].second.hr() > 0);
  }
}

namespace {

const Quality& fused(const QualityByModel& models) {
  REQUIRE_FALSE(models.empty());
  return models.front().second;
}

}  // namespace

TEST_CASE("predictions are told apart by type, by the user's age, and by whether he repeats") {
  const auto engine = popularity_engine();
  const EventTypes& t = engine->types();
  const std::vector<Decoded> log = {
      view("x", "a", 1'000, t),
      view("y", "a", 2'000, t),
      // x holds a: a hit at place 1, a repeat; his second event: new.
      view("x", "a", 3'000, t),
      // A cart of b, which nobody knew: a miss, another item; his third event: returning.
      act("cart", "x", "b", 4'000, t),
      // No prediction.
      act("impression", "x", "a", 5'000, t),
      // y holds a: a miss; new.
      view("y", "b", 6'000, t),
      // x holds a, b: a hit at place 2; a repeat of the cart by a view.
      view("x", "b", 7'000, t),
  };
  Evaluator evaluator(*engine, {.k = 2, .new_user_events = 2, .windows = 4}, nullptr);
  const EvaluationResult r = evaluator.prequential(log, 0, Ranked::held);
  CHECK(fused(r.models).predictions() == 4);
  REQUIRE(r.by_type.size() == 2);
  CHECK(r.by_type[0].first == "cart");
  CHECK(fused(r.by_type[0].second).predictions() == 1);
  CHECK(fused(r.by_type[0].second).hr() == 0);
  CHECK(r.by_type[1].first == "view");
  CHECK(fused(r.by_type[1].second).mrr() == Approx((1 + 0 + 0.5) / 3));
  REQUIRE(r.by_age.size() == 2);
  CHECK(r.by_age[0].first == "new");
  CHECK(fused(r.by_age[0].second).predictions() == 2);
  CHECK(fused(r.by_age[0].second).hr() == Approx(0.5));
  CHECK(r.by_age[1].first == "returning");
  CHECK(fused(r.by_age[1].second).predictions() == 2);
  CHECK(fused(r.repeats).predictions() == 2);
  CHECK(fused(r.repeats).mrr() == Approx(0.75));
  CHECK(fused(r.new_items).predictions() == 2);
  CHECK(fused(r.new_items).hr() == 0);
  // Every part names the lists of all models.
  CHECK(r.repeats.back().first == "popularity");
}

TEST_CASE("windows cut the judged records into equal parts, with every prediction in one") {
  const auto engine = popularity_engine();
  const EventTypes& t = engine->types();
  std::vector<Decoded> log;
  for (int i = 0; i < 1'000; ++i) {
    log.push_back(view("u" + std::to_string(i % 7), i % 3 == 0 ? "a" : "b", 1'000 + i * 100, t));
  }
  Evaluator evaluator(*engine, {.k = 2, .windows = 3}, nullptr);
  const EvaluationResult r = evaluator.prequential(log, 0.5, Ranked::held);
  REQUIRE(r.windows.size() == 3);
  CHECK(r.windows[0].begin == 500);
  CHECK(r.windows[0].end == 666);
  CHECK(r.windows[1].end == 833);
  CHECK(r.windows[2].end == 1'000);
  for (const EvaluationWindow& w : r.windows) {
    CHECK(fused(w.models).predictions() == w.end - w.begin);
    CHECK(fused(w.models).hr() == 1);
  }
}

TEST_CASE("after an erasure a user is new, and nothing is a repeat of what he did before") {
  const auto engine = popularity_engine();
  const EventTypes& t = engine->types();
  const std::vector<Decoded> log = {view("x", "a", 1'000, t), view("y", "a", 2'000, t),
                                    act("forget", "x", "", 3'000, t), view("x", "b", 4'000, t),
                                    view("x", "a", 5'000, t)};
  Evaluator evaluator(*engine, lists_of_two, nullptr);
  const EvaluationResult r = evaluator.prequential(log, 0, Ranked::held);
  CHECK(fused(r.models).predictions() == 1);
  CHECK(r.repeats.empty());
  CHECK(fused(r.new_items).predictions() == 1);
}

TEST_CASE("ranked at the request, parts and windows hold the same predictions as held") {
  std::vector<std::uint64_t> predictions[2];
  for (const Ranked ranked : {Ranked::held, Ranked::request}) {
    const auto engine = popularity_engine();
    const EventTypes& t = engine->types();
    std::vector<Decoded> log;
    for (int i = 0; i < 600; ++i) {
      log.push_back(
          view("u" + std::to_string(i * i % 41), "i" + std::to_string(i % 5), 1'000 + i * 10, t));
    }
    Evaluator evaluator(*engine, lists_of_two, nullptr);
    const EvaluationResult r = evaluator.prequential(log, 0.1, ranked);
    auto& counts = predictions[ranked == Ranked::held ? 0 : 1];
    for (const QualityByModel* part : {&r.models, &r.repeats, &r.new_items}) {
      counts.push_back(fused(*part).predictions());
    }
    for (const EvaluationWindow& w : r.windows) counts.push_back(fused(w.models).predictions());
  }
  CHECK(predictions[0] == predictions[1]);
}

TEST_CASE("errors of ratings count from the border on, on the scale of the ratings") {
  const auto engine = popularity_engine(std::make_unique<Threes>());
  const EventTypes& t = engine->types();
  // From 1 to 5, which weigh 0 to 5: 3 is a weight of 2.5, 5 one of 5.
  const std::vector<Decoded> log = {
      act("rating", "x", "a", 1'000, t, 1), act("rating", "y", "a", 2'000, t, 1),
      act("rating", "x", "b", 3'000, t, 3), act("rating", "y", "b", 4'000, t, 5)};
  Evaluator evaluator(*engine, lists_of_two, nullptr);
  const EvaluationResult r = evaluator.prequential(log, 0.5, Ranked::held);
  REQUIRE(r.ratings.size() == 1);
  CHECK(r.ratings[0].model == "threes");
  CHECK(r.ratings[0].ratings == 2);
  // A unit of weight is 4/5 of a rating.
  CHECK(r.ratings[0].mse == Approx((0.5 * 0.5 + 2 * 2) / 2 * 0.64));
}

}  // namespace freshet
