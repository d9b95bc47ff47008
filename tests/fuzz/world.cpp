#include "tests/fuzz/world.h"

#include <array>
#include <utility>

#include "models/content.h"
#include "models/factorization.h"
#include "models/item_cf.h"
#include "models/popularity.h"
#include "models/repeat.h"
#include "models/session_knn.h"
#include "models/transitions.h"
#include "models/user_cf.h"

namespace freshet::fuzz {

World::World() {
  constexpr std::array<std::string_view, 7> types = {"view",     "click",  "cart",   "view",
                                                     "purchase", "return", "dislike"};
  for (std::uint32_t user = 0; user < users; ++user) {
    Event event;
    event.type = types_.find("profile").value();
    event.time_ms = start_ms;
    event.attributes = {{"country", std::string(user % 2 == 0 ? "NL" : "BE")}};
    Interaction nothing;
    fold_.apply(people_[user], event, ItemId(), nothing, {});
  }
  std::int64_t now = start_ms;
  for (std::uint32_t n = 0; n < 60; ++n) {
    now += n % 11 == 10 ? 3'600'000 : 20'000;
    const std::uint32_t user = n * 7 % users;
    act(user, (n * n + user) % items, types[n % types.size()], now, n < 40 ? past_ : next_);
  }
  Interaction forget;
  forget.user = UserId(1);
  forget.forget = true;
  forget.history = people_[1].history;
  forget.recent = people_[1].recent;
  next_.push_back(std::move(forget));
}

void World::act(std::uint32_t user, std::uint32_t item, std::string_view type, std::int64_t time_ms,
                std::vector<Interaction>& out) {
  Event event;
  event.type = types_.find(type).value();
  event.time_ms = time_ms;
  Interaction x;
  x.user = UserId(user);
  people_[user].name = "user " + std::to_string(user);
  if (fold_.apply(people_[user], event, ItemId(item), x, {0, event.time_ms}) ==
      UserFold::Taken::learned)
    out.push_back(std::move(x));
}

void World::describe(Model& model) {
  CatalogEntry entry;
  for (std::uint32_t item = 0; item < items; item += 2) {
    entry.title = "word " + std::to_string(item % 5);
    entry.brand = "b";
    entry.stock = item % 7;
    entry.embedding = {1, static_cast<float>(item)};
    model.describe(ItemId(item), &entry);
  }
}

Query World::query(std::uint32_t user) const {
  Query query{people_[user].view(), people_[user].last_ms + 1'000, EventTypeId{}};
  query.user.user = UserId(user);
  query.limit = 20;
  return query;
}

Interaction World::choice(std::uint32_t user, std::uint32_t item, std::string example) const {
  Event event;
  event.type = types_.find("click").value();
  event.time_ms = people_[user].last_ms + 1'000;
  User chooser = people_[user];
  Interaction x;
  fold_.apply(chooser, event, ItemId(item), x, {0, event.time_ms});
  x.user = UserId(user);
  x.example = std::move(example);
  return x;
}

std::vector<config::Tagged> roomy_models() {
  SessionKnnOptions sessions;
  sessions.touched = 100;  // a smaller table is cleared faster
  UserCfOptions neighbours;
  neighbours.touched = 100;
  FactorizationOptions factors;
  factors.recent_events = 64;
  return {config::Tagged("session_knn", sessions),
          config::Tagged("item_cf", ItemCfOptions{}),
          config::Tagged("transitions", TransitionsOptions{}),
          config::Tagged("content", ContentOptions{}),
          config::Tagged("repeat", RepeatOptions{}),
          config::Tagged("popularity", PopularityOptions{}),
          config::Tagged("user_cf", neighbours),
          config::Tagged("factorization", factors)};
}

std::vector<config::Tagged> tight_models() {
  SessionKnnOptions sessions;
  sessions.item_sessions = 3;
  sessions.session_items = 3;
  sessions.max_sessions = 16;
  sessions.live_sessions = 4;
  UserCfOptions neighbours;
  neighbours.item_users = 3;
  neighbours.window_items = 3;
  neighbours.max_users = 4;
  FactorizationOptions factors;
  factors.mode = FactorizationMode::rating;
  factors.optimizer = FactorOptimizer::adamw;
  factors.recent_events = 16;
  factors.candidates = 4;
  factors.max_users = 4;
  ItemCfOptions pairs;
  pairs.row_items = 4;
  TransitionsOptions steps;
  steps.row_items = 4;
  steps.half_weight = 1;
  ContentOptions words;
  words.token_items = 4;
  words.newest_items = 1;
  PopularityOptions counts;
  counts.short_events = 20;
  counts.medium_events = 100;
  counts.top_items = 5;
  return {config::Tagged("session_knn", sessions),   config::Tagged("item_cf", pairs),
          config::Tagged("transitions", steps),      config::Tagged("content", words),
          config::Tagged("repeat", RepeatOptions{}), config::Tagged("popularity", counts),
          config::Tagged("user_cf", neighbours),     config::Tagged("factorization", factors)};
}

}  // namespace freshet::fuzz
