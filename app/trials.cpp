#include "app/trials.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace freshet {
namespace {

constexpr std::size_t changes_max = 6;
constexpr int attempts_max = 1'000;

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the standard's distributions may differ from one
/// library to the next, and a seed should mean the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  /// [0, 1)
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + unit() * (high - low); }

 private:
  std::uint64_t state_;
};

std::string as_text(double value, bool integer) {
  char text[40];
  std::snprintf(text, sizeof text, integer ? "%.0f" : "%.3g", value);
  return text;
}

double draw(const config::Tunable& t, Random& random) {
  double value = 0;
  if (!t.integer && t.low >= 0 && t.high <= 1 && t.value >= t.low) {
    const double p = std::clamp(t.value, 0.02, 0.98);
    value = 1 / (1 + std::exp(-(std::log(p / (1 - p)) + random.between(-2, 2))));
  } else if (t.value == 0) {
    value = random.between(0, std::min(t.high, t.integer ? 4.0 : 1.0));
  } else {
    value = t.value * std::exp2(random.between(-2, 2));
  }
  return std::clamp(t.integer ? std::round(value) : value, t.low, t.high);
}

}  // namespace

std::vector<config::Tunable> tunable_options(const Settings& settings,
                                             const std::vector<std::string>& only) {
  auto all = config::tunables(describe_settings(), settings, {"models", "fusion"});
  std::erase_if(all, [&](const config::Tunable& t) {
    if (t.name.ends_with(".seed") || !(t.low < t.high)) return true;
    return !only.empty() && std::none_of(only.begin(), only.end(), [&](const std::string& name) {
      return t.name == name || t.name.starts_with(name + ".");
    });
  });
  return all;
}

Result<std::vector<Trial>> draw_trials(const Settings& given,
                                       const std::vector<config::Tunable>& options,
                                       std::uint32_t count, std::uint64_t seed) {
  const auto table = describe_settings();
  Random random(seed);
  std::vector<Trial> trials = {{given, {}}};
  std::string why;
  for (int attempts = 0; trials.size() < count; ++attempts) {
    if (attempts == attempts_max) {
      return error("no valid configuration was found near the given one; the last one drawn: " +
                   why);
    }
    std::vector<std::size_t> places(options.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    const std::size_t n = 1 + random.below(std::min(places.size(), changes_max));
    Trial trial{given, {}};
    std::vector<std::string> sets;
    for (std::size_t i = 0; i < n; ++i) {
      std::swap(places[i], places[i + random.below(places.size() - i)]);
      const config::Tunable& t = options[places[i]];
      const std::string before = as_text(t.value, t.integer);
      const std::string after = as_text(draw(t, random), t.integer);
      if (after == before) continue;
      trial.changes.push_back({t.path, t.name, before, after});
      sets.push_back(t.path + "=" + after);
    }
    if (sets.empty()) continue;
    const auto problems = config::set_over(table, sets, trial.settings);
    if (!problems.empty()) {
      why = problems.front().text();
      continue;
    }
    attempts = -1;
    trials.push_back(std::move(trial));
  }
  return trials;
}

}  // namespace freshet
