#include "models/fusion/rrf.h"

#include <utility>

namespace freshet {

config::Table<RrfOptions> describe_rrf() {
  using O = RrfOptions;
  using config::range;
  return config::object<O>("A sum of reciprocal ranks: only the models' orders count.")
      .option("rank_offset", &O::rank_offset, "Added to each rank; higher makes ranks more alike.",
              range(0.0, 1e6))
      .option("candidates", &O::candidates, "Best items of each model that are considered.",
              range(1, 10'000));
}

RrfRanker::RrfRanker(std::vector<const Model*> models, const RrfOptions& options)
    : ShareRanker(std::move(models), {.candidates = options.candidates, .gates = {}}),
      rank_offset_(options.rank_offset) {}

void RrfRanker::give_shares(const CandidatePool& pool, std::size_t model,
                            std::span<float> out) const {
  const double weight = is_own_popularity(model) ? own_popularity_weight : 1;
  for (const CandidatePool::Ranked& ranked : pool.ranks(model)) {
    out[ranked.place] = static_cast<float>(weight / (rank_offset_ + ranked.rank));
  }
}

}  // namespace freshet
