// What every model promises (stream/model.h), asked of each one in the registry.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <set>

#include "models/content.h"
#include "models/factorization.h"
#include "models/item_cf.h"
#include "models/popularity.h"
#include "models/registry.h"
#include "models/session_knn.h"
#include "models/transitions.h"
#include "models/user_cf.h"
#include "tests/models/play.h"

namespace freshet {
namespace {

using test::Crowd;
using test::Play;
using test::Rows;
using test::rows_of;
using test::Shelf;

constexpr std::uint32_t crowd_users = 30;
constexpr std::uint32_t crowd_items = 120;
constexpr int epochs = 40;
constexpr std::size_t epoch_events = 64;

bool same(const std::vector<Candidate>& a, const std::vector<Candidate>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](auto& x, auto& y) {
           return x.item == y.item && std::memcmp(&x.score, &y.score, sizeof(float)) == 0;
         });
}

// Calls `check(kind, model, play)` with a model of each kind that learned a crowd and a catalogue.
template <class Check>
void for_each_model(Check check) {
  for (const ModelKind& kind : model_kinds()) {
    const auto model = kind.make(kind.defaults);
    Shelf(crowd_items).tell(*model);
    Play play;
    Crowd crowd(1, crowd_users, crowd_items);
    for (int epoch = 0; epoch < epochs; ++epoch) {
      crowd.act(play, epoch_events);
      model->learn(play.take());
    }
    INFO(kind.name);
    check(kind, *model, play);
  }
}

TEST_CASE("models: names are the registry's and rows are in spaces of that name") {
  std::set<std::string_view> names;
  for_each_model([&](const ModelKind& kind, Model& model, Play&) {
    CHECK(model.name() == kind.name);
    CHECK(names.insert(kind.name).second);
    MemoryStore store;
    test::save(model, store);
    const Rows rows = rows_of(store);
    CHECK_FALSE(rows.empty());
    for (const auto& [space, in_it] : rows) {
      CHECK(space.starts_with(std::string(kind.name) + "."));
      for (const auto& [key, value] : in_it) CHECK(value.at(0) == 1);
    }
    // Nothing changed since.
    RowBatch batch;
    model.save(batch);
    CHECK(batch.size() == 0);
  });
}

TEST_CASE("models: candidates are sorted, finite, above 0, distinct and within the limit") {
  for_each_model([](const ModelKind&, Model& model, Play& play) {
    std::size_t most = 0;
    for (std::uint32_t user = 0; user < crowd_users; ++user) {
      for (const std::size_t limit : {1U, 7U, 50U}) {
        const auto list = test::candidates(model, play.ask(user, limit));
        CHECK(list.size() <= limit);
        most = std::max(most, list.size());
        for (std::size_t k = 0; k < list.size(); ++k) {
          REQUIRE(list[k].score > 0);
          REQUIRE(std::isfinite(list[k].score));
          if (k == 0) continue;
          REQUIRE((list[k - 1].score > list[k].score ||
                   (list[k - 1].score == list[k].score && list[k - 1].item < list[k].item)));
        }
      }
    }
    CHECK(most > 7);
  });
}

TEST_CASE("models: score agrees with candidates, and is 0 for items never seen") {
  for_each_model([](const ModelKind& kind, Model& model, Play& play) {
    const auto scratch = model.make_scratch();
    for (std::uint32_t user = 0; user < crowd_users; ++user) {
      const Query query = play.ask(user, 40);
      std::vector<Candidate> list;
      model.candidates(query, *scratch, list);
      std::vector<ItemId> items;
      for (const Candidate& c : list) items.push_back(c.item);
      for (std::uint32_t item = 0; item < crowd_items; ++item) items.emplace_back(item);
      items.emplace_back(crowd_items + 1'000'000);
      std::vector<float> scores(items.size(), -1);
      model.score(query, *scratch, items, scores);
      for (std::size_t k = 0; k < list.size(); ++k) REQUIRE(scores[k] == list[k].score);
      CHECK(scores.back() == 0);
      // Whatever is not in the list is not better than its last, and 0 if the list is not full. But
      // for `content`, which finds by few words and scores by all.
      if (kind.name == "content") continue;
      for (std::size_t k = list.size(); k + 1 < items.size(); ++k) {
        const bool listed = std::find(items.begin(), items.begin() + list.size(), items[k]) !=
                            items.begin() + list.size();
        if (!listed) REQUIRE(scores[k] <= (list.size() == 40 ? list.back().score : 0));
      }
    }
  });
}

TEST_CASE("models: what is hidden is not proposed, and the next best take its place") {
  for_each_model([](const ModelKind&, Model& model, Play& play) {
    const auto scratch = model.make_scratch();
    std::size_t replaced = 0;
    for (std::uint32_t user = 0; user < crowd_users; ++user) {
      Query query = play.ask(user, crowd_items);
      std::vector<Candidate> all, list;
      model.candidates(query, *scratch, all);
      query.limit = 10;
      std::vector<std::uint32_t> marks(crowd_items, 0);
      std::vector<ItemId> expected, got;
      for (std::size_t k = 0; k < all.size(); ++k) {
        if (k % 2 == 0) marks[all[k].item.index()] = ItemSet::inside;
        if (k % 2 == 1 && expected.size() < query.limit) expected.push_back(all[k].item);
      }
      query.hidden = ItemSet(marks);
      model.candidates(query, *scratch, list);
      for (const Candidate& c : list) got.push_back(c.item);
      REQUIRE(got == expected);
      replaced += got.size();
    }
    CHECK(replaced > 0);
  });
}

TEST_CASE("models: reasons are own items, with weights above 0, for candidates asked about") {
  for_each_model([](const ModelKind& kind, Model& model, Play& play) {
    const auto scratch = model.make_scratch();
    std::size_t explained = 0, listed = 0;
    for (std::uint32_t user = 0; user < crowd_users; ++user) {
      const Query query = play.ask(user, 20);
      std::vector<Candidate> list;
      model.candidates(query, *scratch, list);
      std::vector<ItemId> items;
      for (const Candidate& c : list) items.push_back(c.item);
      std::vector<Reason> reasons;
      model.explain(query, *scratch, items, reasons);
      std::set<std::uint32_t> with;
      for (const Reason& r : reasons) {
        REQUIRE(r.candidate < items.size());
        REQUIRE(r.weight > 0);
        const auto& history = query.user.history;
        REQUIRE(std::any_of(history.begin(), history.end(),
                            [&](const HistoryItem& h) { return h.item == r.because; }));
        with.insert(r.candidate);
      }
      explained += with.size();
      listed += list.size();
    }
    CHECK(explained == (kind.name == "popularity" ? 0 : listed));
  });
}

TEST_CASE("models: nothing learned and nobody known give no candidates, but for popularity") {
  for (const ModelKind& kind : model_kinds()) {
    Play play;
    INFO(kind.name);
    CHECK(test::candidates(*kind.make(kind.defaults), play.ask(0)).empty());
  }
  for_each_model([](const ModelKind& kind, Model& model, Play& play) {
    CHECK(test::candidates(model, play.ask(999'999)).empty() == (kind.name != "popularity"));
    // A user whose items nobody knows.
    play.act(500, 5'000);
    CHECK_NOTHROW(test::candidates(model, play.ask(500)));
  });
}

using Make = std::function<std::unique_ptr<Model>()>;

// Two models learn the same: one is never stopped, the other is saved and restored on the way.
void check_restores(const Make& make) {
  auto steady = make(), often = make();
  Shelf shelf(crowd_items);
  shelf.tell(*steady);
  shelf.tell(*often);
  MemoryStore steady_store, often_store;
  Play play;
  Crowd crowd(5, crowd_users, crowd_items);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    crowd.act(play, epoch_events);
    if (epoch % 9 == 8) play.forget(static_cast<std::uint32_t>(epoch) % crowd_users);
    const auto learned = play.take();
    steady->learn(learned);
    often->learn(learned);
    const std::uint32_t item = crowd.random(crowd_items);
    shelf.change(
        item,
        epoch % 5 == 2 ? std::nullopt : std::optional(Shelf::entry(crowd.random(crowd_items))),
        {steady.get(), often.get()});
    if (epoch % 3 == 1) test::save(*often, often_store);
    if (epoch % 12 == 7) {
      often = make();
      REQUIRE(often->restore(often_store, crowd_items).has_value());
      shelf.tell(*often);
    }
    for (std::uint32_t user = 0; user < crowd_users; user += 7) {
      REQUIRE(same(test::candidates(*steady, play.ask(user)),
                   test::candidates(*often, play.ask(user))));
    }
  }
  test::save(*steady, steady_store);
  test::save(*often, often_store);
  CHECK(rows_of(steady_store) == rows_of(often_store));
  auto restored = make();
  REQUIRE(restored->restore(steady_store, crowd_items).has_value());
  RowBatch unchanged;
  restored->save(unchanged);
  CHECK(unchanged.size() == 0);
}

TEST_CASE(
    "models: saved at any moments and restored on the way, a model goes on as never stopped") {
  for (const ModelKind& kind : model_kinds()) {
    INFO(kind.name);
    check_restores([&] { return kind.make(kind.defaults); });
  }
}

TEST_CASE("models: the same where rings have wrapped, rows were cut and scales were reset") {
  SessionKnnOptions sessions;
  sessions.item_sessions = 3;
  sessions.session_items = 3;
  sessions.max_sessions = 64;
  sessions.live_sessions = 8;
  check_restores([&] { return std::make_unique<SessionKnn>(sessions); });
  UserCfOptions users;
  users.item_users = 3;
  users.window_items = 3;
  users.max_users = 16;
  check_restores([&] { return std::make_unique<UserCf>(users); });
  for (const FactorizationMode mode : {FactorizationMode::implicit, FactorizationMode::rating}) {
    FactorizationOptions factors;
    factors.mode = mode;
    factors.optimizer = FactorOptimizer::adamw;
    factors.loss = FactorizationLoss::bpr;
    factors.dropout = 0.3;
    factors.recent_events = 700;
    factors.candidates = 20;
    factors.max_users = 8;
    check_restores([&] { return std::make_unique<Factorization>(factors); });
  }
  ItemCfOptions pairs;
  pairs.row_items = 8;
  check_restores([&] { return std::make_unique<ItemCf>(pairs); });
  TransitionsOptions steps;
  steps.row_items = 8;
  steps.half_weight = 1;
  check_restores([&] { return std::make_unique<Transitions>(steps); });
  ContentOptions words;
  words.token_items = 6;
  words.newest_items = 2;
  words.query_tokens = 3;
  check_restores([&] { return std::make_unique<Content>(words); });
  PopularityOptions counts;
  counts.short_events = 20;
  counts.medium_events = 100;
  counts.top_items = 10;
  check_restores([&] { return std::make_unique<Popularity>(counts); });
}

TEST_CASE("models: without a catalogue, content has nothing to say") {
  Play play;
  Crowd crowd(1, crowd_users, crowd_items);
  crowd.act(play, epoch_events);
  Content model{ContentOptions{}};
  model.learn(play.take());
  for (std::uint32_t user = 0; user < crowd_users; ++user) {
    CHECK(test::candidates(model, play.ask(user)).empty());
  }
}

TEST_CASE("models: a row that cannot be read is an error that names it") {
  for_each_model([](const ModelKind& kind, Model& model, Play&) {
    MemoryStore store;
    test::save(model, store);
    for (const auto& [space, rows] : rows_of(store)) {
      const auto& [key, value] = *rows.begin();
      const std::string version = std::string(1, '\x7f') + value.substr(1);
      for (const std::string& bad :
           {version, value.substr(0, value.size() - 1), value + "x", std::string()}) {
        MemoryStore damaged;
        RowBatch batch;
        for (const auto& [other, in_it] : rows_of(store)) {
          for (const auto& [k, v] : in_it) batch.put(other, k, v);
        }
        batch.put(space, key, bad);
        REQUIRE(damaged.write(batch).has_value());
        const Status status = kind.make(kind.defaults)->restore(damaged, crowd_items);
        INFO(space);
        REQUIRE_FALSE(status.has_value());
        CHECK(status.error().message.find(space) != std::string::npos);
      }
    }
  });
}

TEST_CASE("models: an item that meets ever-new items keeps a bounded row") {
  for (const ModelKind& kind : model_kinds()) {
    INFO(kind.name);
    const auto model = kind.make(kind.defaults);
    Play play;
    for (std::uint32_t user = 0; user < 4'000; ++user) {
      play.act(user, 0);
      play.act(user, 1 + user);
      if (user % 64 == 63) model->learn(play.take());
    }
    MemoryStore store;
    test::save(*model, store);
    std::size_t bytes = 0;
    for (const auto& [space, rows] : rows_of(store)) {
      for (const auto& [key, value] : rows) {
        CHECK(value.size() <= 4'096);
        bytes += value.size();
      }
    }
    CHECK(bytes > 0);
    CHECK(model->memory_bytes() < 4'001 * 1'024);
  }
}

TEST_CASE("session_knn: ever-new users and sessions keep memory and rows within the limits") {
  SessionKnnOptions options;
  options.max_sessions = 256;
  options.live_sessions = 64;
  SessionKnn model(options);
  MemoryStore store;
  Play play;
  Crowd random(11, 1, 1);
  std::size_t after_half = 0;
  for (std::uint32_t user = 0; user < 20'000; ++user) {
    for (int k = 0; k < 3; ++k) play.act(user, random.random(50));
    if (user % 64 == 63) {
      model.learn(play.take());
      test::save(model, store);
    }
    if (user == 10'000) after_half = model.memory_bytes();
  }
  CHECK(model.memory_bytes() <= after_half + 1'024);
  const Rows rows = rows_of(store);
  CHECK(rows.at("session_knn.sessions").size() == 256);
  CHECK(rows.at("session_knn.live").size() == 64);
  CHECK(rows.at("session_knn.items").size() == 50);
}

TEST_CASE("user_cf: ever-new users keep memory and rows within the limits") {
  UserCfOptions options;
  options.max_users = 64;
  options.window_items = 8;
  UserCf model(options);
  MemoryStore store;
  Play play;
  Crowd random(11, 1, 1);
  for (std::uint32_t user = 0; user < 2'000; ++user) {
    for (int k = 0; k < 12; ++k) play.act(user, random.random(50), "view", k * test::day);
    model.learn(play.take());
    test::save(model, store);
  }
  CHECK(model.memory_bytes() <= 64 * 256 + 50 * 2'048);
  const Rows rows = rows_of(store);
  CHECK(rows.at("user_cf.sessions").size() == 64);
  CHECK(rows.at("user_cf.live").size() == 64);
  for (const auto& [key, value] : rows.at("user_cf.sessions")) CHECK(value.size() <= 13 + 8 * 4);
}

// Rows that hold a number's four bytes at their key's or value's any place, in either order.
std::size_t rows_naming(const Rows& rows, std::uint32_t number) {
  const std::string big = id_key(number), little(big.rbegin(), big.rend());
  std::size_t n = 0;
  for (const auto& [space, in_it] : rows) {
    for (const auto& [key, value] : in_it) {
      const std::string all = key + '\0' + value;
      n += all.find(big) != std::string::npos || all.find(little) != std::string::npos;
    }
  }
  return n;
}

TEST_CASE("models: after a forget nothing names the user, in memory or store") {
  constexpr std::uint32_t distinctive = 0x5aa5c33c;
  std::size_t named_before = 0;
  for_each_model([&](const ModelKind& kind, Model& model, Play& play) {
    for (const std::uint32_t item : {3U, 5U, 7U})
      play.act(distinctive, item, "view", test::day * 99);
    model.learn(play.take());
    MemoryStore store;
    test::save(model, store);
    named_before += rows_naming(rows_of(store), distinctive);
    play.forget(distinctive);
    model.learn(play.take());
    test::save(model, store);
    CHECK(rows_naming(rows_of(store), distinctive) == 0);
    auto restored = kind.make(kind.defaults);
    REQUIRE(restored->restore(store, crowd_items).has_value());
    Shelf(crowd_items).tell(*restored);
    CHECK(same(test::candidates(model, play.ask(1)), test::candidates(*restored, play.ask(1))));
  });
  CHECK(named_before > 0);
}

TEST_CASE("registry: every kind has options that describe themselves, and defaults that make it") {
  CHECK(default_models().size() == model_kinds().size());
  for (const config::Tagged& options : default_models()) {
    CHECK(make_model(options)->name() == options.type());
  }
  CHECK_NOTHROW(model_types());
  CHECK_NOTHROW(fusion_types());
}

}  // namespace
}  // namespace freshet
