// Learned fusion as a whole: what it learns, keeps, splits and survives.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "models/fusion/hedge.h"
#include "models/fusion/stacking.h"
#include "models/registry.h"
#include "tests/models/play.h"
#include "tests/support/status.h"

namespace freshet {
namespace {

using test::Crowd;
using test::Play;

/// A model whose first candidate is the truth, plus a shift: item (user's newest + step) mod items.
class Follows final : public Model {
 public:
  Follows(std::string name, std::uint32_t step) : name_(std::move(name)), step_(step) {}
  static constexpr std::uint32_t items = 60;

  std::string_view name() const override { return name_; }
  std::unique_ptr<Scratch> make_scratch() const override { return std::make_unique<Work>(); }
  void candidates(const Query& query, Scratch& scratch,
                  std::vector<Candidate>& out) const override {
    auto& newest = static_cast<Work&>(scratch).newest;
    newest = query.user.recent.empty() ? 0 : query.user.recent.front().item.value;
    out.clear();
    for (std::uint32_t k = 0; k < std::min<std::size_t>(10, query.limit); ++k) {
      out.push_back({ItemId((newest + step_ + k) % items), 1 / static_cast<float>(1 + k)});
    }
  }
  void score(const Query&, Scratch& scratch, std::span<const ItemId> asked,
             std::span<float> out) const override {
    const std::uint32_t newest = static_cast<Work&>(scratch).newest;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const std::uint32_t k = (asked[i].value + 2 * items - newest - step_) % items;
      out[i] = k < 10 ? 1 / static_cast<float>(1 + k) : 0;
    }
  }
  void explain(const Query&, Scratch&, std::span<const ItemId>,
               std::vector<Reason>&) const override {}
  void learn(std::span<const Interaction>) override {}
  bool save_some(RowBatch&, std::size_t) override { return true; }
  Status restore(const RowReader&, std::size_t) override { return {}; }
  std::size_t memory_bytes() const override { return 0; }

 private:
  struct Work final : Scratch {
    std::uint32_t newest = 0;
  };
  std::string name_;
  std::uint32_t step_;
};

/// One user who always goes `step` items on; a ranker that serves him.
struct World {
  explicit World(std::unique_ptr<Ranker> r)
      : ranker(std::move(r)), scratch(ranker->make_scratch()) {}
  /// Serves, then lets him act; whether the list's first was right.
  bool turn(std::uint32_t step) {
    list = serve();
    ranker->learn(act(step, list));
    return !list.entries.empty() && list.entries[0].item == ItemId(at);
  }
  /// He goes on, holding a list; what is to be learned of it.
  std::vector<Interaction> act(std::uint32_t step, const RankedList& held) {
    at = (at + step) % Follows::items;
    now_ms += 10 * test::minute;
    play.act(0, at, "view", now_ms);
    std::vector<Interaction> epoch = play.take();
    for (Interaction& x : epoch) x.example = held.example;
    return epoch;
  }
  RankedList serve() {
    RankedList out;
    ranker->rank(play.ask(0), 20, false, *scratch, out);
    return out;
  }
  std::unique_ptr<Ranker> ranker;
  std::unique_ptr<Scratch> scratch;
  Play play;
  RankedList list;
  std::uint32_t at = 0;
  std::int64_t now_ms = 0;
};

const Follows& near() {
  static const Follows model("near", 1);
  return model;
}
const Follows& far() {
  static const Follows model("far", 25);
  return model;
}

template <class R, class O>
World world(O options = {}) {
  return World(std::make_unique<R>(std::vector<const Model*>{&near(), &far()}, options));
}

struct Stacked {
  using Ranker = StackingRanker;
  using Options = StackingOptions;
};
struct Hedged {
  using Ranker = HedgeRanker;
  using Options = HedgeOptions;
};

std::string bytes_of(const RankedList& list) {
  std::string out = list.example;
  for (const auto& entry : list.entries) out += std::to_string(entry.item.value) + ' ';
  for (const double part : list.parts) out += std::to_string(part) + ' ';
  return out;
}

double part_sum_error(const RankedList& list, std::size_t width) {
  double worst = 0;
  for (std::size_t k = 0; k < list.entries.size(); ++k) {
    double sum = 0;
    for (std::size_t m = 0; m < width; ++m) sum += list.parts[k * width + m];
    worst = std::max(worst, std::abs(sum - list.entries[k].score));
  }
  return worst;
}

TEST_CASE("stacking: from the first event on it is the sum of scores and reciprocal ranks") {
  World w = world<StackingRanker, StackingOptions>();
  w.play.act(0, 0);
  const RankedList list = w.serve();
  REQUIRE(list.entries.size() >= 20);
  // Both firsts: score 1 and rank 1/(1 + 1), nothing from the other. Ties go to the lower id.
  CHECK(list.entries[0].item == ItemId(1));
  CHECK(list.entries[0].score == Approx(1.5));
  CHECK(list.entries[1].item == ItemId(25));
  CHECK(list.parts[0] == Approx(1.5));  // near's, of the first
  CHECK(list.parts[1] == 0);            // far's
  CHECK(list.parts[3 + 1] == Approx(1.5));
}

TEST_CASE("stacking: it learns whom to believe, parts add up to the score all the while") {
  World w = world<StackingRanker, StackingOptions>();
  int right = 0;
  for (int k = 0; k < 200; ++k) {
    const bool hit = w.turn(25);
    right += k >= 100 && hit ? 1 : 0;
    REQUIRE(part_sum_error(w.list, 3) < 1e-9);
  }
  CHECK(right >= 95);
  const FusionReport report = w.ranker->report();
  CHECK(report.choices > 190);
  CHECK(report.weights[1].weight > report.weights[0].weight);
  CHECK(w.ranker->weights()[1].first == "far");
  // Learned weights lead in the blend; the start's keep a share.
  CHECK(report.blend[0].second < 0.05);
  CHECK(report.blend[0].second > 0.0001);
}

TEST_CASE("stacking: without the net the parts are the linear ones, and the list differs") {
  StackingOptions linear;
  linear.net_rate = 0;
  World plain = world<StackingRanker>(linear), whole = world<StackingRanker, StackingOptions>();
  for (int k = 0; k < 300; ++k) {
    const std::uint32_t step = k % 3 == 0 ? 1 : 25;
    plain.turn(step);
    whole.turn(step);
  }
  CHECK(bytes_of(plain.list) != bytes_of(whole.list));
  CHECK(part_sum_error(plain.list, 3) < 1e-9);
}

TEST_CASE("stacking: a removed model's part is gone, its learned rows with it") {
  World w = world<StackingRanker, StackingOptions>();
  for (int k = 0; k < 100; ++k) w.turn(25);
  MemoryStore store;
  RowBatch batch;
  w.ranker->save(batch);
  REQUIRE(store.write(batch).has_value());
  StackingRanker fewer({&far()}, StackingOptions{});
  REQUIRE(fewer.restore(store, Follows::items).has_value());
  CHECK(fewer.part_names() == std::vector<std::string>{"far", "popularity"});
  const auto scratch = fewer.make_scratch();
  RankedList list;
  fewer.rank(w.play.ask(0), 20, false, *scratch, list);
  CHECK(list.entries[0].item == ItemId((w.at + 25) % Follows::items));
  CHECK(part_sum_error(list, 2) < 1e-9);
  // What was learned of `far` is still known, `near` is nowhere.
  CHECK(fewer.report().weights[0].weight == Approx(w.ranker->report().weights[1].weight));
  batch.clear();
  fewer.save(batch);
  REQUIRE(store.write(batch).has_value());
  test::Rows rows = test::rows_of(store);
  CHECK_FALSE(rows["fusion.stacking"].empty());
  for (const auto& [key, value] : rows["fusion.stacking"]) {
    CHECK(key.find("near") == std::string::npos);
  }
}

TEMPLATE_TEST_CASE("learned fusion: restored it goes on with the same bytes", "", Stacked, Hedged) {
  World w = world<typename TestType::Ranker, typename TestType::Options>();
  for (int k = 0; k < 150; ++k) w.turn(k % 4 == 0 ? 1 : 25);
  MemoryStore store;
  RowBatch batch;
  w.ranker->save(batch);
  REQUIRE(store.write(batch).has_value());
  World back = world<typename TestType::Ranker, typename TestType::Options>();
  REQUIRE(back.ranker->restore(store, Follows::items).has_value());
  RankedList again;
  for (int k = 0; k < 50; ++k) {
    back.ranker->rank(w.play.ask(0), 20, false, *back.scratch, again);
    REQUIRE(bytes_of(w.serve()) == bytes_of(again));
    const std::vector<Interaction> epoch = w.act(k % 3 == 0 ? 1 : 25, again);
    w.ranker->learn(epoch);
    back.ranker->learn(epoch);
  }
  // And saved again after it, both hold the same rows.
  MemoryStore one, other;
  for (auto* pair : {&w, &back}) {
    batch.clear();
    pair->ranker->save(batch);
    REQUIRE((pair == &w ? one : other).write(batch).has_value());
  }
  CHECK(test::rows_of(one) == test::rows_of(other));
}

TEST_CASE("stacking: rows are saved in pieces, some at a time, and nothing twice") {
  World w = world<StackingRanker, StackingOptions>();
  for (int k = 0; k < 20; ++k) w.turn(25);
  MemoryStore pieces, whole;
  RowBatch batch;
  std::size_t rounds = 0;
  while (!w.ranker->save_some(batch, 7)) ++rounds;
  CHECK(rounds > 3);
  w.ranker->save(batch);
  REQUIRE(pieces.write(batch).has_value());
  StackingRanker back({&near(), &far()}, StackingOptions{});
  REQUIRE(back.restore(pieces, Follows::items).has_value());
  CHECK(back.report().choices == w.ranker->report().choices);
  batch.clear();
  w.ranker->save(batch);
  CHECK(batch.size() == 0);
}

TEST_CASE("learned fusion: any bytes for an example are passed over") {
  World w = world<StackingRanker, StackingOptions>();
  for (int k = 0; k < 5; ++k) w.turn(25);
  World hedged = world<HedgeRanker, HedgeOptions>();
  Play play;
  play.act(3, 4);
  play.act(3, 5);
  std::vector<Interaction> epoch = play.take();
  const std::uint64_t before = w.ranker->report().choices;
  std::uint32_t seed = 1;
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes = w.list.example;
    for (int k = 0; k < 4; ++k) {
      seed = seed * 1664525 + 1013904223;
      bytes[seed % bytes.size()] = static_cast<char>(seed >> 24);
    }
    if (round % 2 == 0) bytes.resize(seed % bytes.size());
    for (Interaction& x : epoch) x.example = bytes;
    w.ranker->learn(epoch);
    hedged.ranker->learn(epoch);
  }
  CHECK(w.ranker->report().choices >= before);
  for (const auto& entry : w.serve().entries) REQUIRE(std::isfinite(entry.score));
}

TEST_CASE("stacking: damaged rows are refused by name") {
  World w = world<StackingRanker, StackingOptions>();
  for (int k = 0; k < 20; ++k) w.turn(25);
  MemoryStore store;
  RowBatch batch;
  w.ranker->save(batch);
  REQUIRE(store.write(batch).has_value());
  test::Rows rows = test::rows_of(store);
  for (const auto& [key, value] : rows["fusion.stacking"]) {
    INFO(key);
    for (const bool cut : {true, false}) {
      MemoryStore damaged;
      std::string bytes = value;
      if (cut) {
        bytes.pop_back();
      } else {
        std::fill(bytes.begin() + 1, bytes.end(), '\xff');  // no numbers
      }
      batch.clear();
      batch.put("fusion.stacking", key, bytes);
      REQUIRE(damaged.write(batch).has_value());
      StackingRanker back({&near(), &far()}, StackingOptions{});
      CHECK_THAT(test::message_of(back.restore(damaged, Follows::items)),
                 Catch::Contains("fusion.stacking"));
    }
  }
}

TEST_CASE("stacking: drift is noticed, counted, and speeds learning up") {
  StackingOptions watchful, blind;
  watchful.drift_threshold = 30;
  blind.drift_threshold = 1e9;
  const auto relearned = [](const StackingOptions& options, std::uint64_t& drifts) {
    World w = world<StackingRanker>(options);
    for (int k = 0; k < 3'000; ++k) w.turn(25);
    CHECK(w.ranker->report().drifts == 0);
    int right = 0;
    for (int k = 0; k < 400; ++k) right += w.turn(3);  // near's third from now on
    drifts = w.ranker->report().drifts;
    return right;
  };
  std::uint64_t noticed = 0, missed = 0;
  const int fast = relearned(watchful, noticed), slow = relearned(blind, missed);
  CHECK(noticed >= 1);
  CHECK(missed == 0);
  CHECK(fast > slow);
}

TEST_CASE("hedge: weights follow the lists that are right, none falls below the floor") {
  World w = world<HedgeRanker, HedgeOptions>();
  int right = 0;
  for (int k = 0; k < 300; ++k) {
    const bool hit = w.turn(25);
    right += k >= 200 && hit ? 1 : 0;
  }
  CHECK(right == 100);
  const auto weights = w.ranker->weights();
  CHECK(weights[1].second > 0.9);
  CHECK(weights[0].second >= 0.01);
  double sum = 0;
  for (const auto& [name, weight] : weights) sum += weight;
  CHECK(sum == Approx(1));
  CHECK(w.ranker->report().choices > 290);
}

}  // namespace
}  // namespace freshet
