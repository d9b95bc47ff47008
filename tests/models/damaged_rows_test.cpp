// Rows that no model wrote: refused by name, never a crash, a hang or gigabytes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "models/bounded_row.h"
#include "models/content.h"
#include "models/popularity.h"
#include "models/registry.h"
#include "models/session_knn.h"
#include "models/transitions.h"
#include "tests/models/play.h"
#include "tests/support/status.h"

namespace freshet {
namespace {

using test::Play;

constexpr std::uint32_t items = 8;
constexpr std::uint32_t far_item = 0xfffffffe;

/// A row's bytes after its version, number by number.
template <class... Numbers>
std::string row(Numbers... numbers) {
  std::string out;
  ByteWriter w = begin_row(out);
  (w.number(numbers), ...);
  return out;
}

class State {
 public:
  State& put(std::string_view space, std::string_view key, const std::string& value) {
    RowBatch batch;
    batch.put(space, key, value);
    REQUIRE(store_->write(batch).has_value());
    return *this;
  }
  State& put(std::string_view space, std::uint32_t id, const std::string& value) {
    return put(space, id_key(id), value);
  }
  State& put(Model& model) {
    test::save(model, *store_);
    return *this;
  }
  /// What a new model of the kind says to these rows; "": it took them.
  std::string says(std::string_view kind) const {
    for (const ModelKind& known : model_kinds()) {
      if (known.name != kind) continue;
      return test::message_of(known.make(known.defaults)->restore(*store_, items));
    }
    FAIL("no such kind");
    return "";
  }
  Status restore(Model& model) const { return model.restore(*store_, items); }

 private:
  std::unique_ptr<MemoryStore> store_ = std::make_unique<MemoryStore>();
};

/// The state of a session_knn that began `total` sessions.
State sessions(std::uint64_t total) {
  State state;
  state.put("session_knn.counts", "counts", row(static_cast<std::uint32_t>(total), total));
  return state;
}

Play two_views() {
  Play play;
  play.act(1, 2, "view", test::day);
  play.act(1, 3, "view", test::day + 1);
  return play;
}

}  // namespace

TEST_CASE("damaged rows: a key beyond the state's items is refused") {
  CHECK_THAT(State().put("item_cf.items", far_item, row(1.0, 0U)).says("item_cf"),
             Catch::Contains("item_cf.items/fffffffe"));
  CHECK_THAT(State().put("transitions.items", items, row(1.0, 1.0, 0U)).says("transitions"),
             Catch::Contains("transitions.items/00000008"));
  CHECK_THAT(State().put("popularity.items", far_item, row(1.0, 1.0, 1.0)).says("popularity"),
             Catch::Contains("popularity.items/fffffffe"));
  CHECK_THAT(State().put("session_knn.items", far_item, row(1U, 0U)).says("session_knn"),
             Catch::Contains("session_knn.items/fffffffe"));
}

TEST_CASE("damaged rows: a partner, follower or session's item beyond them is refused") {
  CHECK_THAT(State().put("item_cf.items", 1, row(1.0, 1U, far_item, 1.0F)).says("item_cf"),
             Catch::Contains("item_cf.items/00000001"));
  CHECK_THAT(
      State().put("transitions.items", 1, row(1.0, 1.0, 1U, items, 1.0F)).says("transitions"),
      Catch::Contains("transitions.items/00000001"));
  CHECK_THAT(sessions(1)
                 .put("session_knn.sessions", 0U, row(std::int64_t{1}, 1U, far_item))
                 .says("session_knn"),
             Catch::Contains("session_knn.sessions/00000000"));
}

TEST_CASE("damaged rows: pruned partners beyond them, or out of order, are refused") {
  for (const auto& [one, other] : {std::pair{2U, far_item}, {3U, 2U}, {2U, 2U}}) {
    CHECK_THAT(State().put("item_cf.items", 1, row(1.0, 0U, 2U, one, other)).says("item_cf"),
               Catch::Contains("item_cf.items/00000001"));
  }
  CHECK(State().put("item_cf.items", 1, row(1.0, 0U, 2U, 2U, 3U)).says("item_cf").empty());
}

TEST_CASE("damaged rows: weights and sums that nothing learned comes near are refused") {
  const float huge = 1e30F;
  const double endless = std::numeric_limits<double>::infinity();
  CHECK_FALSE(State().put("item_cf.items", 1, row(1.0, 1U, 2U, huge)).says("item_cf").empty());
  CHECK_FALSE(State().put("item_cf.items", 1, row(endless, 0U)).says("item_cf").empty());
  for (const double total : {endless, 1e300}) {
    CHECK_FALSE(
        State().put("transitions.items", 1, row(total, 1.0, 0U)).says("transitions").empty());
  }
}

TEST_CASE("damaged rows: an endless gain is refused, a great one does not take forever") {
  CHECK_FALSE(State().put("transitions.items", 1, row(1.0, 1e300, 0U)).says("transitions").empty());
  // Learned with the greatest half_weight, then restored with the least.
  TransitionsOptions options;
  options.half_weight = 1;
  Transitions model(options);
  REQUIRE(State().put("transitions.items", 2, row(1.0, 3e10, 0U)).restore(model).has_value());
  Play play = two_views();
  model.learn(play.take());
  play.act(2, 2, "view", test::day);
  CHECK(test::score_of(test::candidates(model, play.ask(2)), 3) > 0);
}

TEST_CASE("damaged rows: a total of nearly nothing gives finite scores") {
  Transitions model(TransitionsOptions{});
  REQUIRE(State()
              .put("transitions.items", 2, row(1e-310, 0.0, 1U, 4U, 1.0F))
              .restore(model)
              .has_value());
  Play play = two_views();
  const auto scratch = model.make_scratch();
  std::vector<Candidate> found;
  model.candidates(play.ask(1), *scratch, found);
  const std::vector<ItemId> asked = {ItemId(4)};
  std::vector<float> scores(1);
  model.score(play.ask(1), *scratch, asked, scores);
  CHECK(std::isfinite(scores[0]));
}

TEST_CASE("popularity: counts learned with other half-lives stay finite, and can be saved") {
  PopularityOptions before;
  before.short_events = 1;
  Popularity old(before);
  Play play;
  for (int k = 0; k < 2'000; ++k) play.act(1, 2, "view", test::day + k);
  old.learn(play.take());
  PopularityOptions after;
  after.short_events = 1'000;
  Popularity model(after);
  State state;
  REQUIRE(state.put(old).restore(model).has_value());
  CHECK(model.counts().count(ItemId(2), DecayedCounts::short_term) <= 4'000);
  play.act(1, 2, "view", test::day + 3'000);
  model.learn(play.take());
  Popularity again(after);
  CHECK(test::message_of(state.put(model).restore(again)).empty());
}

TEST_CASE("damaged rows: counts of no events are refused") {
  CHECK_THAT(State().put("popularity.items", 1, row(1.0, 1.0, 1.0)).says("popularity"),
             Catch::Contains("popularity.items/00000001"));
}

TEST_CASE("damaged rows: a count at the end of 64 bits is refused, before it wraps around") {
  constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  CHECK_FALSE(State().put("popularity.events", "events", row(last)).says("popularity").empty());
  CHECK_FALSE(State().put("repeat.cells", 0U, row(last, last)).says("repeat").empty());
  CHECK_FALSE(sessions(last).says("session_knn").empty());
}

TEST_CASE("damaged rows: session numbers that contradict the counts are refused") {
  CHECK_FALSE(State()
                  .put("session_knn.counts", "counts", row(7U, std::uint64_t{3}))
                  .says("session_knn")
                  .empty());
  // A ring that names a session which has not begun.
  CHECK_THAT(sessions(3).put("session_knn.items", 1, row(1U, 1U, 3U)).says("session_knn"),
             Catch::Contains("session_knn.items/00000001"));
  // A ring that names a session which holds other items.
  State other = sessions(3);
  other.put("session_knn.sessions", 2U, row(std::int64_t{1}, 1U, 4U));
  CHECK_THAT(other.put("session_knn.items", 1, row(1U, 1U, 2U)).says("session_knn"),
             Catch::Contains("session_knn.items/00000001"));
  // A user who grows a session that is not there.
  CHECK_THAT(sessions(3).put("session_knn.live", 1, row(1U, 2U)).says("session_knn"),
             Catch::Contains("session_knn.live/00000001"));
  // Two users in one session.
  CHECK_THAT(sessions(3)
                 .put("session_knn.sessions", 2U, row(std::int64_t{1}, 1U, 4U))
                 .put("session_knn.live", 1, row(1U, 2U))
                 .put("session_knn.live", 2, row(1U, 2U))
                 .says("session_knn"),
             Catch::Contains("session_knn.live/00000002"));
}

TEST_CASE("damaged rows: more emptied sessions than were begun are refused") {
  CHECK_THAT(
      sessions(3).put("session_knn.counts", "emptied", row(std::uint64_t{4})).says("session_knn"),
      Catch::Contains("session_knn.counts/"));
}

TEST_CASE("damaged rows: a session's time outside the years of events is refused") {
  for (const std::int64_t time : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                  std::numeric_limits<std::int64_t>::max()}) {
    CHECK_FALSE(
        sessions(1).put("session_knn.sessions", 0U, row(time, 0U)).says("session_knn").empty());
  }
}

TEST_CASE("a session's items are known even where their own rows are missing") {
  SessionKnn model(SessionKnnOptions{});
  State state = sessions(1);
  state.put("session_knn.sessions", 0U, row(std::int64_t{1}, 2U, 2U, 7U));
  state.put("session_knn.items", 2, row(1U, 1U, 0U));
  REQUIRE(state.put("session_knn.live", 5, row(1U, 0U)).restore(model).has_value());
  Play play = two_views();
  CHECK(test::score_of(test::candidates(model, play.ask(1)), 7) > 0);
  play.forget(5);
  CHECK_NOTHROW(model.learn(play.take()));
}

TEST_CASE("session_knn: where session numbers are given again, an old ring gives nothing") {
  State state = sessions((std::uint64_t{1} << 32) + 3);
  SessionKnn model(SessionKnnOptions{});
  REQUIRE(state.put("session_knn.items", 1, row(1U, 1U, 7U)).restore(model).has_value());
  Play play;
  for (std::uint32_t user = 10; user < 15; ++user) {  // sessions 3 to 7
    play.act(user, 4, "view", test::day);
    play.act(user, 5, "view", test::day + 1);
  }
  model.learn(play.take());
  play.act(1, 1, "view", test::day + 2);
  CHECK(test::candidates(model, play.ask(1)).empty());
  play.act(2, 4, "view", test::day + 2);
  CHECK(test::score_of(test::candidates(model, play.ask(2)), 5) > 0);
}

TEST_CASE("damaged rows: holders of no item, or no number of them, are refused") {
  for (const std::uint32_t key : {items, far_item}) {
    CHECK_THAT(State().put("content.items", key, row(1U)).says("content"),
               Catch::Contains("content.items/" +
                               (key == items ? std::string("00000008") : std::string("fffffffe"))));
  }
  CHECK_THAT(State().put("content.items", "seven", row(1U)).says("content"),
             Catch::Contains("content.items/"));
  for (const std::string& value : {std::string(), row(std::uint16_t{1}), row(1U, 0U)}) {
    CHECK_THAT(State().put("content.items", 7, value).says("content"),
               Catch::Contains("content.items/00000007"));
  }
  CHECK(State().put("content.items", 7, row(1U)).says("content").empty());
}

TEST_CASE("content: as many holders as a row can name are one more user's without wrapping") {
  Content model(ContentOptions{});
  REQUIRE(State()
              .put("content.items", 3, row(std::numeric_limits<std::uint32_t>::max()))
              .restore(model)
              .has_value());
  CatalogEntry entry;
  entry.title = "boots";
  model.describe(ItemId(2), &entry);
  model.describe(ItemId(3), &entry);
  Play play = two_views();
  model.learn(play.take());
  const auto found = test::candidates(model, play.ask(1));
  // 1 + 0.1 · ln(1 + 2³²), and item 2, which one user holds.
  CHECK(test::score_of(found, 3) == Approx(1 + 0.1 * 32 * std::log(2)));
  CHECK(test::score_of(found, 2) == Approx(1 + 0.1 * std::log(2)));
}

namespace {

const std::string segment_key = {0, 0, 0, 0, 0, 0, 0, 5};
const std::vector<std::uint64_t> segments = {5};

/// A segment's row: total, gained, newest, then items and their weights.
template <class... Items>
State segment(double total, double gained, Items... of) {
  return std::move(State().put(
      "popularity.segments", segment_key,
      row(total, gained, std::uint64_t{1}, static_cast<std::uint32_t>(sizeof...(of) / 2), of...)));
}

/// Views of members of the segment.
std::vector<Interaction> members_view(Play& play) {
  std::vector<Interaction> epoch = play.take();
  for (Interaction& x : epoch) x.segments = segments;
  return epoch;
}

}  // namespace

TEST_CASE("damaged rows: a segment's sums that no events gave are refused") {
  constexpr double endless = std::numeric_limits<double>::infinity();
  constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
  for (const double total : {-1.0, endless, nothing, 1e30}) {
    CHECK_THAT(segment(total, 0).says("popularity"),
               Catch::Contains("popularity.segments/0000000000000005"));
  }
  for (const double gained : {-1.0, nothing}) {
    CHECK_FALSE(segment(1, gained).says("popularity").empty());
  }
  for (const float weight : {-1.0F, 0.0F, 1e30F, std::numeric_limits<float>::quiet_NaN()}) {
    CHECK_FALSE(segment(1, 0, 2U, weight).says("popularity").empty());
  }
  CHECK(segment(1, 0, 2U, 1.0F).says("popularity").empty());
}

TEST_CASE("damaged rows: a segment's items beyond the state's, and a key that is no segment's") {
  CHECK_THAT(segment(1, 0, items, 1.0F).says("popularity"),
             Catch::Contains("popularity.segments/0000000000000005"));
  const std::string good = row(1.0, 0.0, std::uint64_t{1}, 0U);
  CHECK(State().put("popularity.segments", segment_key, good).says("popularity").empty());
  for (const char* const key : {"", "1234567", "123456789"}) {
    CHECK_FALSE(State().put("popularity.segments", key, good).says("popularity").empty());
  }
  for (const std::string& value : {std::string(), good.substr(0, 20), good + 'x'}) {
    CHECK_FALSE(State().put("popularity.segments", segment_key, value).says("popularity").empty());
  }
}

TEST_CASE("popularity: a segment's endless gain, or more than its total, gives finite scores") {
  constexpr double endless = std::numeric_limits<double>::infinity();
  const std::pair<double, double> sums[] = {{1e-300, endless}, {1, 0}};
  for (const auto& [total, gained] : sums) {
    State state = segment(total, gained, 2U, 4U, 1e20F, 1e20F);
    Popularity model(PopularityOptions{});
    REQUIRE(state.restore(model).has_value());
    Play play = two_views();
    model.learn(members_view(play));
    Query query = play.ask(1);
    query.user.segments = segments;
    const auto scratch = model.make_scratch();
    std::vector<Candidate> found;
    model.candidates(query, *scratch, found);
    CHECK(test::score_of(found, 3) > 0);
    CHECK(std::all_of(found.begin(), found.end(),
                      [](const Candidate& c) { return c.score > 0 && std::isfinite(c.score); }));
  }
}

TEST_CASE("popularity: a segment with the greatest total there can be is saved as it can be read") {
  Popularity model(PopularityOptions{});
  // Half-lives of 2,000 events: the next one weighs nearly 2³².
  State state = segment(BoundedRow::most, 32 * 2'000 - 10, 2U, BoundedRow::most);
  REQUIRE(state.restore(model).has_value());
  Play play = two_views();
  model.learn(members_view(play));
  CHECK(state.put(model).says("popularity").empty());
}

}  // namespace freshet
