#pragma once

#include <cstdint>
#include <string_view>

#include "config/table.h"
#include "models/window_knn.h"

namespace freshet {

struct SessionKnnOptions {
  std::uint32_t item_sessions = 500;
  std::uint32_t touched = 2'000;
  std::uint32_t neighbours = 300;
  std::uint32_t query_items = 15;
  double session_border = 0.5;
  double position_decay = 1;
  double match_decay = 2;
  double age_days = 10;
  double gap_decay = 2;
  std::uint32_t gap_max = 8;
  double idf = 2;
  std::uint32_t session_items = 100;
  std::uint32_t max_sessions = 1 << 20;
  std::uint32_t live_sessions = 1 << 18;
};

config::Table<SessionKnnOptions> describe_session_knn();

/// Neighbours among sessions (after VSTAN), by the formulas of WindowKnn: what went on in the
/// newest sessions that held the user's newest items. A session that reached `session_items` is
/// continued by another one.
class SessionKnn final : public WindowKnn {
 public:
  explicit SessionKnn(const SessionKnnOptions& options);
  std::string_view name() const override { return "session_knn"; }
};

}  // namespace freshet
