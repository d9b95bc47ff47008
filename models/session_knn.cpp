#include "models/session_knn.h"

namespace freshet {

config::Table<SessionKnnOptions> describe_session_knn() {
  using O = SessionKnnOptions;
  using config::range;
  return config::object<O>("Sessions like the user's own: what came near the same items in them.")
      .option("item_sessions", &O::item_sessions, "Newest sessions kept for each item.",
              range(1, 100'000))
      .option("touched", &O::touched, "Sessions looked at for one list, at most.",
              range(1, WindowKnnOptions::touched_max))
      .option("neighbours", &O::neighbours, "Most similar sessions that score items.",
              range(1, WindowKnnOptions::touched_max))
      .option("query_items", &O::query_items, "The user's newest items that are looked up.",
              range(1, WindowKnnOptions::query_items_max))
      .option("session_border", &O::session_border,
              "Weight of an own item for each session since then.", range(0.0, 1.0))
      .option("position_decay", &O::position_decay,
              "Items back after which an own item's weight falls to 1/e.", range(0.01, 1e6))
      .option("match_decay", &O::match_decay,
              "Items back after which a neighbour matched there counts 1/e.", range(0.01, 1e6))
      .option("age_days", &O::age_days, "Age in days at which a session counts half.",
              range(0.001, 1e6))
      .option("gap_decay", &O::gap_decay,
              "Places from the matched item after which an item counts 1/e.", range(0.01, 1e6))
      .option("gap_max", &O::gap_max, "Places from the matched item that are scored at all.",
              range(1, 1'000))
      .option("idf", &O::idf, "How much rare items are preferred; 0: not at all.",
              range(0.0, 100.0))
      .option("session_items", &O::session_items,
              "Items after which a session is continued by another.", range(2, 10'000))
      .option("max_sessions", &O::max_sessions,
              "Newest sessions remembered, rounded down to a power of two.", range(2, 1 << 30))
      .option("live_sessions", &O::live_sessions,
              "Newest sessions that can still grow, rounded down to a power of two.",
              range(1, 1 << 30));
}

SessionKnn::SessionKnn(const SessionKnnOptions& options)
    : WindowKnn({.touched = options.touched,
                 .neighbours = options.neighbours,
                 .query_items = options.query_items,
                 .session_border = options.session_border,
                 .position_decay = options.position_decay,
                 .match_decay = options.match_decay,
                 .age_days = options.age_days,
                 .gap_decay = options.gap_decay,
                 .gap_max = options.gap_max,
                 .idf = options.idf},
                "session_knn",
                {.max_sessions = options.max_sessions,
                 .live_sessions = options.live_sessions,
                 .item_sessions = options.item_sessions,
                 .session_items = options.session_items,
                 .whole_users = false}) {}

}  // namespace freshet
