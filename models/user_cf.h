#pragma once

#include <cstdint>
#include <string_view>

#include "config/table.h"
#include "models/window_knn.h"

namespace freshet {

struct UserCfOptions {
  std::uint32_t item_users = 200;
  std::uint32_t touched = 1'000;
  std::uint32_t neighbours = 100;
  std::uint32_t query_items = 15;
  double position_decay = 4;
  double match_decay = 5;
  double age_days = 30;
  double gap_decay = 5;
  double idf = 0.2;
  std::uint32_t window_items = 64;
  std::uint32_t max_users = 1 << 19;
};

config::Table<UserCfOptions> describe_user_cf();

/// Neighbours among users (user-based collaborative filtering: Herlocker, Konstan, Borchers, Riedl,
/// "An algorithmic framework for performing collaborative filtering", SIGIR 1999; with the decays
/// of VSTAN), by the formulas of WindowKnn: a window is the newest `window_items` distinct items of
/// one user, over all his sessions, no border between them counts, and all of it is within reach.
///
/// Of `max_users` users, who came first is forgotten first, and begins anew when he comes back.
class UserCf final : public WindowKnn {
 public:
  explicit UserCf(const UserCfOptions& options);
  std::string_view name() const override { return "user_cf"; }
};

}  // namespace freshet
