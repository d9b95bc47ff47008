#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "app/settings.h"
#include "stream/engine.h"

namespace freshet::bench {

/// Where the time of ranking and learning goes. One thread.
struct ModelTimes {
  struct Row {
    std::string name;
    std::int64_t candidates_ns = 0, score_ns = 0, explain_ns = 0, learn_ns = 0;
    bool asked_again = false;  ///< timed by a second call outside `rank_ns`
  };
  std::deque<Row> rows;       ///< one a model, at a fixed address
  std::int64_t rank_ns = 0;   ///< inside the ranker, the models included
  std::int64_t again_ns = 0;  ///< second calls
};

/// An engine whose models and ranker stop their own time. The ranker looks for the popularity model
/// by its type, so that one goes to it bare: its `candidates` and `score` are timed by asking it
/// once more after each list.
std::unique_ptr<Engine> timed_engine(const Settings& settings, ModelTimes& times);

}  // namespace freshet::bench
