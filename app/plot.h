#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/evaluation/evaluator.h"

namespace freshet {

/// One chart of several series over the same places.
struct Panel {
  struct Series {
    std::string name;
    std::vector<std::optional<double>> values;  ///< one a place; none: the line has a gap there
  };
  std::string title;
  std::vector<Series> series;
};

/// Panels one under the other as an SVG 1.1 image with axes, grid and legend. `places`: ascending,
/// at least one, from `origin` on: what the horizontal axis shows under `axis`. A series keeps its
/// colour in all panels, by its name; "fused" is drawn bold, "popularity" dashed. The same input
/// gives the same bytes.
std::string svg_panels(double origin, const std::vector<double>& places, const std::string& axis,
                       const std::vector<Panel>& panels);

/// HR and MRR of every list over the windows and, if the fusion tells them, its weights: quality
/// over time. At the end of each window stands what was measured in it.
std::string quality_svg(const EvaluationResult& result);

}  // namespace freshet
