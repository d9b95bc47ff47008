#include "tests/models/play.h"

#include <catch2/catch.hpp>
#include <utility>

namespace freshet::test {

void Play::act(std::uint32_t user, std::uint32_t item, std::string_view type, std::int64_t time_ms,
               std::optional<double> value) {
  Event event;
  event.type = types_.find(type).value();
  event.time_ms = time_ms;
  event.value = value;
  Interaction x;
  x.user = UserId(user);
  newest_[user] = event.type;
  const auto taken = fold_.apply(users_[user], event, ItemId(item), x, {known_, event.time_ms});
  if (taken == UserFold::Taken::learned) learned_.push_back(std::move(x));
}

void Play::forget(std::uint32_t user) {
  Interaction x;
  x.user = UserId(user);
  x.forget = true;
  x.history = users_[user].history;
  x.recent = users_[user].recent;
  learned_.push_back(std::move(x));
  users_.erase(user);
}

std::vector<Interaction> Play::take() {
  for (const Interaction& x : learned_) known_ += x.positive() ? 1 : 0;
  return std::exchange(learned_, {});
}

Query Play::ask(std::uint32_t user, std::size_t limit, std::int64_t later_ms) {
  const User& known = users_[user];
  Query query;
  query.user = known.view();
  query.user.user = UserId(user);
  query.now_ms = known.last_ms + later_ms;
  query.type = newest_[user];
  query.limit = limit;
  return query;
}

std::uint32_t Crowd::random(std::uint32_t below) {
  state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<std::uint32_t>((state_ >> 33) % below);
}

void Crowd::act(Play& play, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) {
    now_ms_ += random(10) == 0 ? 5 * minute : 1'000;
    const std::uint32_t user = random(users_);
    // Squared: low ids are popular. Neighbouring users look at neighbouring items.
    const std::uint32_t r = random(items_);
    const std::uint32_t item = (r * r / items_ + user % 7) % items_;
    const std::uint32_t kind = random(20);
    const char* const type = kind < 14   ? "view"
                             : kind < 16 ? "cart"
                             : kind < 18 ? "purchase"
                             : kind < 19 ? "return"
                                         : "dislike";
    play.act(user, item, type, now_ms_);
  }
}

Shelf::Shelf(std::uint32_t items) {
  for (std::uint32_t item = 0; item < items; ++item) entries_.emplace_back(entry(item));
}

void Shelf::change(std::uint32_t item, std::optional<CatalogEntry> entry,
                   std::initializer_list<Model*> models) {
  entries_.at(item) = std::move(entry);
  for (Model* model : models) {
    model->describe(ItemId(item), entries_[item] ? &*entries_[item] : nullptr);
  }
}

void Shelf::tell(Model& model) const {
  for (std::uint32_t item = 0; item < entries_.size(); ++item) {
    model.describe(ItemId(item), entries_[item] ? &*entries_[item] : nullptr);
  }
}

CatalogEntry Shelf::entry(std::uint32_t item) {
  CatalogEntry e;
  e.title = "Thing " + std::to_string(item / 7);
  e.category = {"department " + std::to_string(item % 3), "shelf " + std::to_string(item % 6)};
  e.brand = "brand " + std::to_string(item % 5);
  e.price = 1 + item % 30;
  if (item % 11 == 10) e.stock = 0;
  if (item % 4 == 0) e.embedding = {1, static_cast<float>(item % 9), -1};
  return e;
}

std::vector<Candidate> candidates(const Model& model, const Query& query) {
  std::vector<Candidate> out;
  const auto scratch = model.make_scratch();
  model.candidates(query, *scratch, out);
  return out;
}

float score_of(const std::vector<Candidate>& list, std::uint32_t item) {
  for (const Candidate& c : list) {
    if (c.item.value == item) return c.score;
  }
  return 0;
}

Rows rows_of(const RowReader& store) {
  Rows all;
  const auto names = store.spaces().value();
  for (const std::string& space : names) {
    const Status read =
        store.scan(space, [&](std::string_view key, std::string_view value) -> Status {
          all[space][std::string(key)] = std::string(value);
          return {};
        });
    REQUIRE(read.has_value());
  }
  return all;
}

void save(Model& model, Store& store) {
  RowBatch batch;
  model.save(batch);
  REQUIRE(store.write(batch).has_value());
}

}  // namespace freshet::test
