#include "models/user_cf.h"

namespace freshet {

config::Table<UserCfOptions> describe_user_cf() {
  using O = UserCfOptions;
  using config::range;
  return config::object<O>("Users like this one: what they chose near the same items.")
      .option("item_users", &O::item_users, "Newest users kept for each item.", range(1, 100'000))
      .option("touched", &O::touched, "Users looked at for one list, at most.",
              range(1, WindowKnnOptions::touched_max))
      .option("neighbours", &O::neighbours, "Most similar users that score items.",
              range(1, WindowKnnOptions::touched_max))
      .option("query_items", &O::query_items, "The user's newest items that are looked up.",
              range(1, WindowKnnOptions::query_items_max))
      .option("position_decay", &O::position_decay,
              "Items back after which an own item's weight falls to 1/e.", range(0.01, 1e6))
      .option("match_decay", &O::match_decay,
              "Items back after which a user matched there counts 1/e.", range(0.01, 1e6))
      .option("age_days", &O::age_days, "Days since a user's newest event at which he counts half.",
              range(0.001, 1e6))
      .option("gap_decay", &O::gap_decay,
              "Places from the matched item after which an item counts 1/e.", range(0.01, 1e6))
      .option("idf", &O::idf, "How much rare items are preferred; 0: not at all.",
              range(0.0, 100.0))
      .option("window_items", &O::window_items, "A user's newest distinct items that are kept.",
              range(2, 10'000))
      .option("max_users", &O::max_users,
              "Users remembered, those who came last, rounded down to a power of two.",
              range(2, 1 << 30));
}

UserCf::UserCf(const UserCfOptions& options)
    : WindowKnn({.touched = options.touched,
                 .neighbours = options.neighbours,
                 .query_items = options.query_items,
                 .session_border = 1,
                 .position_decay = options.position_decay,
                 .match_decay = options.match_decay,
                 .age_days = options.age_days,
                 .gap_decay = options.gap_decay,
                 .gap_max = options.window_items,
                 .idf = options.idf},
                "user_cf",
                {.max_sessions = options.max_users,
                 .live_sessions = options.max_users,
                 .item_sessions = options.item_users,
                 .session_items = options.window_items,
                 .whole_users = true}) {}

}  // namespace freshet
