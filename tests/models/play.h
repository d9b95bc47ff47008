#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/registry.h"
#include "state/memory_store.h"
#include "stream/event_types.h"
#include "stream/model.h"
#include "stream/store.h"
#include "stream/user.h"

namespace freshet::test {

inline constexpr std::int64_t minute = 60'000;
inline constexpr std::int64_t day = 24 * 60 * minute;

/// Users who act: folds events as the engine does and hands out what models learn from.
class Play {
 public:
  /// One event; what is to be learned of it is kept for `take`.
  void act(std::uint32_t user, std::uint32_t item, std::string_view type = "view",
           std::int64_t time_ms = 0, std::optional<double> value = {});
  /// Erases a user.
  void forget(std::uint32_t user);
  /// What happened since the last `take`.
  std::vector<Interaction> take();
  /// A query of a user at the time of his newest event, or later. Valid until he acts.
  Query ask(std::uint32_t user, std::size_t limit = 50, std::int64_t later_ms = 0);

 private:
  EventTypes types_{default_event_types()};
  // All that anybody does is learned: floods are the fold's own tests.
  UserFold fold_{{.learn_events = 0}, 30 * minute, types_};
  std::map<std::uint32_t, User> users_;
  std::map<std::uint32_t, EventTypeId> newest_;
  std::vector<Interaction> learned_;
  std::uint64_t known_ = 0;  ///< interactions of positive weight taken
};

/// A reproducible stream: users, items and types with repeats, sessions, returns and dislikes.
class Crowd {
 public:
  Crowd(std::uint32_t seed, std::uint32_t users, std::uint32_t items)
      : state_(seed), users_(users), items_(items) {}
  /// Lets `n` events happen.
  void act(Play& play, std::size_t n);
  std::uint32_t random(std::uint32_t below);

 private:
  std::uint64_t state_;
  std::uint32_t users_, items_;
  std::int64_t now_ms_ = day;
};

/// A shop's words on its items: what models of content live on, and others must not mind.
class Shelf {
 public:
  /// Items from 0, in 6 categories of 3 departments, by 5 brands, some out of stock.
  explicit Shelf(std::uint32_t items);
  /// Another word on an item; none: withdrawn. Tells the models.
  void change(std::uint32_t item, std::optional<CatalogEntry> entry,
              std::initializer_list<Model*> models);
  /// As the engine does after a restore.
  void tell(Model& model) const;
  static CatalogEntry entry(std::uint32_t item);

 private:
  std::vector<std::optional<CatalogEntry>> entries_;
};

/// A model's candidates for a query.
std::vector<Candidate> candidates(const Model& model, const Query& query);
/// The score of one item, 0 if it is no candidate.
float score_of(const std::vector<Candidate>& list, std::uint32_t item);

using Rows = std::map<std::string, std::map<std::string, std::string>>;
/// All rows of a store, by space and key.
Rows rows_of(const RowReader& store);
/// Saves what changed.
void save(Model& model, Store& store);

}  // namespace freshet::test
