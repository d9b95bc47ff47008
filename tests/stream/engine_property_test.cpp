// What comes out depends on the records, their order and the options, and on nothing else.

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <string_view>

#include "tests/stream/engine_play.h"
#include "tests/stream/real_parts.h"
#include "tests/support/slow.h"
#include "tests/support/status.h"

using namespace freshet;
using namespace freshet::test;

namespace {

using MakeParts = std::function<Engine::Parts(const EngineOptions&)>;

struct Maker {
  const char* name;
  MakeParts make;
  std::size_t records;
};

std::vector<Maker> makers() {
  ListOptions spare;
  spare.min_interval = config::Millis{20};
  spare.suppress_unchanged = true;
  spare.size = 5;
  return {
      {"counts", [](const EngineOptions& e) { return count_parts(e); }, 1'000},
      {"counts, spare lists", [=](const EngineOptions& e) { return count_parts(e, spare); }, 1'000},
      {"real models", [](const EngineOptions& e) { return real_parts(e); }, 400}};
}

/// So many, from `first`.
std::vector<std::uint32_t> seeds(std::uint32_t first, std::uint32_t n) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t k = 0; k < n; k += one_of(2)) all.push_back(first + k);
  return all;
}

struct Fold {
  std::vector<std::string> outcomes;
  std::map<std::string, std::string> rows;
};

/// Takes the log in spans of random lengths; `pause` is called between two of them.
template <class Pause>
std::vector<std::string> in_spans(Random& random, std::span<const Decoded> log,
                                  std::uint32_t longest, Pause&& pause) {
  std::vector<std::string> outcomes;
  while (!log.empty()) {
    const std::size_t n = std::min<std::size_t>(random.below(longest + 1), log.size());
    Shop& shop = pause();
    for (std::string& text : shop.process(log.first(n))) outcomes.push_back(std::move(text));
    log = log.subspan(n);
  }
  return outcomes;
}

/// Whether the weights of the default fusion, which are among the rows, are other than at the
/// start.
bool learned_fusion(const Fold& fold) {
  return std::any_of(fold.rows.begin(), fold.rows.end(), [](const auto& row) {
    return row.first.compare(0, 16, std::string("fusion.stacking", 16)) == 0;
  });
}

Fold at_once(const Maker& maker, const EngineOptions& options, std::span<const Decoded> log) {
  Shop shop(maker.make(options));
  Fold result;
  result.outcomes = shop.process(log);
  result.rows = shop.rows();
  return result;
}

Fold cut_up(const Maker& maker, const EngineOptions& options, std::span<const Decoded> log,
            Random& random) {
  Shop shop(maker.make(options));
  Fold result;
  result.outcomes = in_spans(random, log, 40, [&]() -> Shop& { return shop; });
  result.rows = shop.rows();
  return result;
}

/// Saves at random moments, and sometimes goes on with a new engine from the store.
Fold interrupted(const Maker& maker, const EngineOptions& options, std::span<const Decoded> log,
                 Random& random) {
  MemoryStore store;
  auto shop = std::make_unique<Shop>(maker.make(options));
  Fold result;
  result.outcomes = in_spans(random, log, 60, [&]() -> Shop& {
    if (random.below(2) == 0) shop->save(store);
    if (random.below(3) == 0) {
      shop->save(store);
      Engine::Parts parts = maker.make(options);
      parts.known_types = stored_event_types(store).value();
      shop = std::make_unique<Shop>(std::move(parts));
      RowBatch stale;
      const Status restored = shop->engine.restore(store, stale);
      INFO(message_of(restored));
      REQUIRE(restored.has_value());
      REQUIRE(stale.size() == 0);
    }
    return *shop;
  });
  shop->save(store);
  result.rows = all_rows(store);
  return result;
}

/// With hardly any memory for users, who come and go with every checkpoint.
Fold starved(const Maker& maker, const EngineOptions& options, std::span<const Decoded> log,
             Random& random) {
  MemoryStore store;
  Engine::Parts parts = maker.make(options);
  parts.memory_budget = 8 << 10;
  Shop shop(std::move(parts));
  RowBatch stale;
  REQUIRE(message_of(shop.engine.restore(store, stale)).empty());
  Fold result;
  std::size_t fewest = log.size();
  result.outcomes = in_spans(random, log, 60, [&]() -> Shop& {
    if (random.below(2) == 0) return shop;
    while (random.below(4) != 0) shop.engine.save_ahead(3);
    std::vector<RowBatch> pieces;
    const std::uint64_t number = shop.engine.save(pieces);
    // Written later: until then the rows are neither here nor there.
    for (const RowBatch& piece : pieces) store.write(piece).value();
    shop.engine.durable(number);
    shop.engine.trim();
    fewest = std::min(fewest, shop.engine.users().in_memory());
    return shop;
  });
  CHECK(fewest < shop.engine.users().size() / 2);
  shop.save(store);
  result.rows = all_rows(store);
  return result;
}

void check_same(const Fold& a, const Fold& b) {
  REQUIRE(a.outcomes.size() == b.outcomes.size());
  for (std::size_t i = 0; i < a.outcomes.size(); ++i) {
    INFO("record " << i);
    REQUIRE(a.outcomes[i] == b.outcomes[i]);
  }
  REQUIRE(a.rows.size() == b.rows.size());
  for (const auto& [key, value] : a.rows) {
    INFO("row " << key.substr(0, key.find('\0')));
    REQUIRE(b.rows.count(key) == 1);
    REQUIRE(b.rows.at(key) == value);
  }
}

}  // namespace

TEST_CASE("outcomes and rows are the same for any number of threads") {
  for (const Maker& maker : makers()) {
    INFO(maker.name);
    const auto log = decode_all(random_log(11, maker.records));
    const Fold one = at_once(maker, epochs_of(32, 100, 1), log);
    if (std::string_view(maker.name) == "real models") CHECK(learned_fusion(one));
    for (const std::uint32_t threads : {2U, 4U}) {
      INFO(threads << " threads");
      check_same(one, at_once(maker, epochs_of(32, 100, threads), log));
    }
  }
}

TEST_CASE("outcomes and rows are the same however the input is cut into spans") {
  for (const Maker& maker : makers()) {
    INFO(maker.name);
    for (const std::uint32_t seed : seeds(21, 3)) {
      INFO("seed " << seed);
      const auto log = decode_all(random_log(seed, maker.records));
      Random random(seed);
      const EngineOptions options = epochs_of(1 + random.below(80), random.below(300));
      const Fold whole = at_once(maker, options, log);
      check_same(whole, cut_up(maker, options, log, random));
      EngineOptions threads = options;
      threads.threads = 3;
      check_same(whole, cut_up(maker, threads, log, random));
    }
  }
}

TEST_CASE("saved and restored at any moment, the engine goes on as if never interrupted") {
  for (const Maker& maker : makers()) {
    INFO(maker.name);
    for (const std::uint32_t seed : seeds(31, 4)) {
      INFO("seed " << seed);
      LogMix mix;
      mix.forgets = 4;
      const auto log = decode_all(random_log(seed, maker.records, mix));
      Random random(seed);
      const EngineOptions options = epochs_of(1 + random.below(80), random.below(300), 2);
      const Fold whole = at_once(maker, options, log);
      if (std::string_view(maker.name) == "real models") CHECK(learned_fusion(whole));
      check_same(whole, interrupted(maker, options, log, random));
    }
  }
}

TEST_CASE("outcomes and rows are the same with hardly any memory") {
  for (const Maker& maker : makers()) {
    INFO(maker.name);
    for (const std::uint32_t seed : seeds(51, 3)) {
      INFO("seed " << seed);
      LogMix mix;
      mix.forgets = 4;
      const auto log = decode_all(random_log(seed, maker.records, mix));
      Random random(seed);
      const EngineOptions options = epochs_of(1 + random.below(80), random.below(300), 2);
      check_same(at_once(maker, options, log), starved(maker, options, log, random));
    }
  }
}

TEST_CASE("with the real models no row names a user who was forgotten") {
  Shop shop(real_parts(epochs_of(16)));
  MemoryStore store;
  LogMix mix;
  mix.forgets = mix.hostile = 0;
  const auto log = decode_all(random_log(41, 300, mix));
  shop.process(log);
  shop.save(store);
  const auto naming = [&](const char* name) {
    std::size_t n = 0;
    for (const auto& [key, value] : all_rows(store)) {
      n += (key + value).find(name) != std::string::npos ? 1 : 0;
    }
    return n;
  };
  REQUIRE(naming("user-3") == 1);
  shop.act("user-3", "", "forget");
  shop.save(store);
  CHECK(naming("user-3") == 0);
  CHECK(naming("user-4") == 1);
}
