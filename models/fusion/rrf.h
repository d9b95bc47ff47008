#pragma once

#include <cstdint>
#include <vector>

#include "config/table.h"
#include "models/fusion/share_ranker.h"

namespace freshet {

struct RrfOptions {
  double rank_offset = 60;
  std::uint32_t candidates = 50;
};

config::Table<RrfOptions> describe_rrf();

/// Reciprocal rank fusion: score(c) = Σ_m 1 / (rank_offset + rank_m(c)) over the models whose best
/// hold c, ranks from 1 (Cormack, Clarke, Büttcher, "Reciprocal rank fusion outperforms Condorcet
/// and individual rank learning methods", SIGIR 2009). Needs no comparable scores; loses how sure
/// each model is.
class RrfRanker final : public ShareRanker {
 public:
  RrfRanker(std::vector<const Model*> models, const RrfOptions& options);

 protected:
  void give_shares(const CandidatePool& pool, std::size_t model,
                   std::span<float> out) const override;

 private:
  const double rank_offset_;  ///< fixed after construction
};

}  // namespace freshet
