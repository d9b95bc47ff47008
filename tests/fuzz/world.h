#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/tagged.h"
#include "stream/event_types.h"
#include "stream/model.h"
#include "stream/ranker.h"
#include "stream/user.h"

namespace freshet::fuzz {

/// A small shop whose users and events are always the same: what restored models are asked and
/// taught.
class World {
 public:
  static constexpr std::uint32_t items = 32;
  static constexpr std::uint32_t users = 4;
  static constexpr std::int64_t start_ms = 1'700'000'000'000;

  World();

  /// What the models learned so far, as an epoch: views, purchases, a return, a rating, a dislike.
  const std::vector<Interaction>& past() const { return past_; }
  /// What comes next: the same users go on, one is forgotten.
  const std::vector<Interaction>& next() const { return next_; }
  const std::vector<User>& people() const { return people_; }
  Query query(std::uint32_t user) const;
  /// A user with a history chooses an item from a list that left `example`.
  Interaction choice(std::uint32_t user, std::uint32_t item, std::string example) const;
  /// As the engine does after a restore: the catalogue has a word on every other item.
  static void describe(Model& model);

 private:
  void act(std::uint32_t user, std::uint32_t item, std::string_view type, std::int64_t time_ms,
           std::vector<Interaction>& out);

  EventTypes types_{default_event_types()};
  UserFold fold_{UserOptions{}, 1'800'000, types_};
  std::vector<User> people_{users};
  std::vector<Interaction> past_, next_;
};

/// Every model with options like the default ones, or with such that all bounds are soon reached.
std::vector<config::Tagged> roomy_models();
std::vector<config::Tagged> tight_models();

}  // namespace freshet::fuzz
