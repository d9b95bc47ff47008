#include "app/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "app/text.h"

namespace freshet {
namespace {

// Pixels.
constexpr double left = 64, plot_width = 640, legend_width = 176, panel_height = 220, gap = 56,
                 top = 36;

// Told apart by people who see few colours too: Okabe and Ito, "Color universal design", 2008.
constexpr std::array<const char*, 8> colours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                "#e69f00", "#56b4e9", "#7a5c00", "#8c8c8c"};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

/// Round steps of an axis from 0 to at least `highest`: at most six, of 1, 2 or 5 times a power of
/// ten.
double axis_step(double highest) {
  if (!(highest > 0) || !std::isfinite(highest)) return 1;
  const double unit = std::pow(10.0, std::floor(std::log10(highest)) - 1);
  for (const double step : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0}) {
    if (highest / (step * unit) <= 5) return step * unit;
  }
  return 100 * unit;
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return "<text x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" text-anchor=\"" + anchor +
         "\">" + escaped(text) + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line x1=\"" + fixed(x1, 1) + "\" y1=\"" + fixed(y1, 1) + "\" x2=\"" + fixed(x2, 1) +
         "\" y2=\"" + fixed(y2, 1) + "\" " + style + "/>\n";
}

/// A colour and width by name, the same in every panel.
class Styles {
 public:
  std::string operator()(const std::string& name) {
    if (name == "fused") return "stroke=\"#000000\" stroke-width=\"2.5\"";
    const auto at = std::find(names_.begin(), names_.end(), name);
    const auto place = static_cast<std::size_t>(at - names_.begin());
    if (at == names_.end()) names_.push_back(name);
    return "stroke=\"" + std::string(colours[place % colours.size()]) + "\" stroke-width=\"1.5\"" +
           (name == "popularity" ? " stroke-dasharray=\"6 3\"" : "");
  }

 private:
  std::vector<std::string> names_;
};

class Drawing {
 public:
  Drawing(double origin, const std::vector<double>& places, const std::string& axis)
      : origin_(origin),
        span_(std::max(places.back() - origin, 1e-9)),
        places_(places),
        axis_(axis) {}

  std::string panel(const Panel& panel, double y) {
    double highest = 0;
    for (const Panel::Series& s : panel.series) {
      for (const auto& v : s.values) highest = v ? std::max(highest, *v) : highest;
    }
    const double step = axis_step(highest);
    const double end = step * std::max(std::ceil(highest / step - 1e-9), 1.0);
    const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
    const double bottom = y + panel_height;
    std::string out = "<g>\n" + text_at(left, y - 10, "start", panel.title);
    for (double v = 0; v <= end + step / 2; v += step) {
      const double at = bottom - v / end * panel_height;
      out += line(left, at, left + plot_width, at, "stroke=\"#dddddd\"");
      out += text_at(left - 6, at + 4, "end", fixed(v, decimals));
    }
    out += horizontal_axis(bottom);
    double legend = y + 10;
    for (const Panel::Series& s : panel.series) {
      const std::string style = styles_(s.name);
      out += curve(s, style, bottom, end);
      const double x = left + plot_width + 16;
      out +=
          line(x, legend - 4, x + 24, legend - 4, style) + text_at(x + 30, legend, "start", s.name);
      legend += 17;
    }
    return out + "</g>\n";
  }

 private:
  double x(double place) const { return left + (place - origin_) / span_ * plot_width; }

  std::string horizontal_axis(double bottom) const {
    const double step = axis_step(span_);
    std::string out = line(left, bottom, left + plot_width, bottom, "stroke=\"#000000\"") +
                      line(left, bottom - panel_height, left, bottom, "stroke=\"#000000\"");
    for (double v = std::ceil(origin_ / step) * step; v <= places_.back(); v += step) {
      out += line(x(v), bottom, x(v), bottom + 4, "stroke=\"#000000\"") +
             text_at(x(v), bottom + 16, "middle", grouped(static_cast<std::uint64_t>(v)));
    }
    return out + text_at(left + plot_width, bottom + 32, "end", axis_);
  }

  /// A line through the values that follow each other, and a dot for one that stands alone.
  std::string curve(const Panel::Series& s, const std::string& style, double bottom,
                    double end) const {
    std::string out = "<g fill=\"none\" " + style + "><title>" + escaped(s.name) + "</title>\n";
    for (std::size_t i = 0; i < s.values.size();) {
      std::size_t last = i;
      std::string points;
      for (; last < s.values.size() && s.values[last]; ++last) {
        points += (points.empty() ? "" : " ") + fixed(x(places_[last]), 1) + "," +
                  fixed(bottom - *s.values[last] / end * panel_height, 1);
      }
      if (last == i + 1) {
        out += "<circle cx=\"" + fixed(x(places_[i]), 1) + "\" cy=\"" +
               fixed(bottom - *s.values[i] / end * panel_height, 1) + "\" r=\"2\"/>\n";
      } else if (last > i) {
        out += "<polyline points=\"" + points + "\"/>\n";
      }
      i = last + 1;
    }
    return out + "</g>\n";
  }

  const double origin_, span_;
  const std::vector<double>& places_;
  const std::string& axis_;
  Styles styles_;
};

/// The same measure of every list, by window.
Panel measure_panel(const EvaluationResult& r, std::string title,
                    double (Quality::*measure)() const) {
  Panel panel{std::move(title), {}};
  for (std::size_t m = 0; m < r.models.size(); ++m) {
    Panel::Series& series = panel.series.emplace_back();
    series.name = r.models[m].first;
    for (const EvaluationWindow& w : r.windows) {
      series.values.emplace_back();
      if (!w.models.empty()) series.values.back() = (w.models[m].second.*measure)();
    }
  }
  return panel;
}

Panel weights_panel(const EvaluationResult& r) {
  Panel panel{"weight in the fusion", {}};
  for (std::size_t w = 0; w < r.windows.size(); ++w) {
    for (const auto& [name, weight] : r.windows[w].weights) {
      auto at = std::find_if(panel.series.begin(), panel.series.end(),
                             [&n = name](const Panel::Series& s) { return s.name == n; });
      if (at == panel.series.end()) {
        panel.series.push_back({name, std::vector<std::optional<double>>(r.windows.size())});
        at = panel.series.end() - 1;
      }
      at->values[w] = std::isfinite(weight) ? std::max(weight, 0.0) : 0;
    }
  }
  return panel;
}

}  // namespace

std::string svg_panels(double origin, const std::vector<double>& places, const std::string& axis,
                       const std::vector<Panel>& panels) {
  const double width = left + plot_width + legend_width;
  const double height = top + static_cast<double>(panels.size()) * (panel_height + gap);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + fixed(width, 0) +
                    "\" height=\"" + fixed(height, 0) + "\" viewBox=\"0 0 " + fixed(width, 0) +
                    " " + fixed(height, 0) +
                    "\" font-family=\"sans-serif\" font-size=\"12\">\n"
                    "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  Drawing drawing(origin, places, axis);
  for (std::size_t p = 0; p < panels.size(); ++p) {
    out += drawing.panel(panels[p], top + static_cast<double>(p) * (panel_height + gap));
  }
  return out + "</svg>\n";
}

std::string quality_svg(const EvaluationResult& r) {
  std::vector<double> places;
  for (const EvaluationWindow& w : r.windows) {
    places.push_back(static_cast<double>(w.end));
  }
  const std::string k = "@" + std::to_string(r.k);
  std::vector<Panel> panels = {measure_panel(r, "HR" + k + ", " + r.protocol, &Quality::hr),
                               measure_panel(r, "MRR" + k + ", " + r.protocol, &Quality::mrr)};
  Panel weights = weights_panel(r);
  if (!weights.series.empty()) panels.push_back(std::move(weights));
  return svg_panels(static_cast<double>(r.windows.front().begin), places, "records of the log",
                    panels);
}

}  // namespace freshet
