#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/table.h"
#include "models/fusion/share_ranker.h"

namespace freshet {

struct WeightedOptions {
  std::map<std::string, double> weights = {
      {"session_knn", 1}, {"user_cf", 0.5}, {"item_cf", 0.5}, {"factorization", 0.25},
      {"transitions", 2}, {"content", 0.1}, {"repeat", 0.75}, {"popularity", 0.1}};
  double other_weight = 0.5;
  std::uint32_t candidates = 50;
};

config::Table<WeightedOptions> describe_weighted();

/// A weighted sum of normalised scores: score(c) = Σ_m w_m · s_m(c) / max_c' s_m(c'), the weights
/// of the models in use scaled to a sum of 1 (CombSUM with weights: Fox and Shaw, "Combination of
/// multiple searches", TREC-2, 1994).
class WeightedRanker final : public ShareRanker {
 public:
  WeightedRanker(std::vector<const Model*> models, const WeightedOptions& options);

 protected:
  void give_shares(const CandidatePool& pool, std::size_t model,
                   std::span<float> out) const override;

 private:
  std::vector<float> weights_;  ///< by source; fixed after construction
};

}  // namespace freshet
