#include <catch2/catch.hpp>

#include "models/evaluation/evaluator.h"
#include "models/evaluation/quality.h"
#include "models/registry.h"

namespace freshet {
namespace {

Decoded view(const std::string& user, const std::string& item, std::int64_t time_ms,
             const EventTypes& types) {
  Event e;
  e.user = user;
  e.item = item;
  e.type = *types.find("view");
  e.time_ms = time_ms;
  Decoded d;
  d.what = e;
  return d;
}

std::unique_ptr<Engine> popularity_engine() {
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
  Evaluator evaluator(*engine, 2, nullptr);
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
  Evaluator by_held(*held_engine, 2, nullptr);
  CHECK(by_held.prequential(log, 0.75, Ranked::held).models.front().second.hr() == 0);
  Evaluator by_request(*engine, 2, nullptr);
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
    Evaluator evaluator(*engine, 2, nullptr);
    const EvaluationResult r = evaluator.session(train, test, learn_test);
    // Predictions: c for s, c for q, c for q. Frozen, c is never among the two most popular.
    CHECK(r.models.front().second.predictions() == 3);
    if (!learn_test) CHECK(r.models[1].second.hr() == 0);
    if (learn_test) CHECK(r.models[1].second.hr() > 0);
  }
}

}  // namespace freshet
