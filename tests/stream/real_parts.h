#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "models/fusion/exploring_ranker.h"
#include "models/registry.h"
#include "stream/engine.h"

namespace freshet::test {

/// An engine's parts with every model there is and the default fusion, as the program wires them.
inline Engine::Parts real_parts(const EngineOptions& engine = {}, const ListOptions& lists = {}) {
  Engine::Parts parts;
  parts.engine = engine;
  parts.lists = lists;
  std::vector<const Model*> models;
  for (const config::Tagged& options : default_models()) {
    parts.models.push_back(make_model(options));
    models.push_back(parts.models.back().get());
  }
  parts.ranker = make_ranker(models, default_fusion());
  if (lists.explore > 0) {
    parts.ranker = std::make_unique<ExploringRanker>(
        std::move(parts.ranker), ExploringOptions{lists.explore, lists.explore_until});
  }
  return parts;
}

}  // namespace freshet::test
