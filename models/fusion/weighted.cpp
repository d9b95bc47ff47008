#include "models/fusion/weighted.h"

#include <algorithm>
#include <utility>

namespace freshet {

config::Table<WeightedOptions> describe_weighted() {
  using O = WeightedOptions;
  using config::range;
  return config::object<O>("A sum of the models' scores with fixed weights.")
      .option("weights", &O::weights, "Weight of each model, by its name; only proportions count.",
              config::check(
                  [](const std::map<std::string, double>& weights) -> std::string {
                    for (const auto& [name, w] : weights) {
                      if (!(w >= 0 && w <= 1e6))
                        return "the weight of '" + name + "' is outside 0 to 1000000";
                    }
                    return "";
                  },
                  "weights from 0 to 1000000"))
      .option("other_weight", &O::other_weight, "Weight of a model that `weights` does not name.",
              range(0.0, 1e6))
      .option("candidates", &O::candidates, "Best items of each model that are considered.",
              range(1, 10'000))
      .check([](const O& o) -> std::vector<config::Finding> {
        const bool any =
            o.other_weight > 0 || std::any_of(o.weights.begin(), o.weights.end(),
                                              [](const auto& named) { return named.second > 0; });
        if (any) return {};
        return {{"weights", "at least one weight must be above 0"}};
      });
}

WeightedRanker::WeightedRanker(std::vector<const Model*> models, const WeightedOptions& options)
    : ShareRanker(std::move(models), {.candidates = options.candidates, .gates = {}}) {
  double total = 0;
  std::vector<double> given;
  for (std::size_t m = 0; m < sources().size(); ++m) {
    const auto found = options.weights.find(part_names()[m]);
    given.push_back(found == options.weights.end() ? options.other_weight : found->second);
    if (is_own_popularity(m)) given.back() = 0;
    total += given.back();
  }
  for (std::size_t m = 0; m < sources().size(); ++m) {
    if (is_own_popularity(m)) given[m] = total > 0 ? total * own_popularity_weight : 1;
  }
  if (!(total > 0)) total = 1;
  for (const double weight : given) weights_.push_back(static_cast<float>(weight / total));
}

void WeightedRanker::give_shares(const CandidatePool& pool, std::size_t model,
                                 std::span<float> out) const {
  if (pool.best(model) == 0) return;
  // The quotient first: it is at most 1, where weight / best overflows for the smallest scores.
  const float best = pool.best(model), weight = weights_[model];
  const std::span<const float> scores = pool.scores(model);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = scores[i] / best * weight;
}

}  // namespace freshet
