// What freshet evaluate --plot draws, from results made by hand.

#include "app/plot.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace freshet;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++n;
  return n;
}

Quality hits(int predictions, int hit) {
  Quality q;
  for (int i = 0; i < predictions; ++i) q.add(i < hit ? 0 : -1, 20);
  return q;
}

EvaluationResult two_windows() {
  EvaluationResult r;
  r.protocol = "prequential";
  r.k = 20;
  r.models = {{"fused", hits(4, 3)}, {"popularity", hits(4, 1)}};
  r.windows.push_back({100, 200, {{"fused", hits(2, 2)}, {"popularity", hits(2, 0)}}, {}});
  r.windows.push_back({200, 300, {{"fused", hits(2, 1)}, {"popularity", hits(2, 1)}}, {}});
  return r;
}

}  // namespace

TEST_CASE("a line a list and panel, from the first window's end to the last one's") {
  const std::string svg = quality_svg(two_windows());
  CHECK(count(svg, "<title>fused</title>") == 2);
  CHECK(count(svg, "<title>popularity</title>") == 2);
  // 640 pixels from record 100 to 300: the windows end at 64 + 320 and 64 + 640. The scale ends at
  // 1, which is 220 pixels above the axis at 36 + 220.
  CHECK(count(svg, "<polyline points=\"384.0,36.0 704.0,146.0\"/>") == 1);
  CHECK(svg.find("weight in the fusion") == std::string::npos);
  CHECK(svg == quality_svg(two_windows()));
}

TEST_CASE("the fusion's weights are a panel of their own, if it tells them") {
  EvaluationResult r = two_windows();
  r.windows[0].weights = {{"popularity", 0.25}};
  r.windows[1].weights = {{"popularity", 0.5}, {"repeat", std::numeric_limits<double>::infinity()}};
  const std::string svg = quality_svg(r);
  CHECK(count(svg, ">weight in the fusion<") == 1);
  CHECK(count(svg, "<title>popularity</title>") == 3);
  CHECK(count(svg, "<title>repeat</title>") == 1);
  CHECK(svg.find("inf") == std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
}

TEST_CASE("a window without a prediction is a gap") {
  EvaluationResult r = two_windows();
  r.windows.insert(r.windows.begin() + 1, {200, 200, {}, {}});
  const std::string svg = quality_svg(r);
  CHECK(count(svg, "<polyline") == 0);
  CHECK(count(svg, "<circle") == 8);  // two lists, two panels, two places each
}

TEST_CASE("names are text, whatever stands in them; nothing at all is a scale from 0 to 1") {
  const std::string svg = svg_panels(0, {1}, "a < b & c", {{"<x>", {{"\n&", {std::nullopt}}}}});
  CHECK(svg.find("a &lt; b &amp; c") != std::string::npos);
  CHECK(svg.find("&lt;x>") != std::string::npos);
  CHECK(svg.find("<title> &amp;</title>") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
}
