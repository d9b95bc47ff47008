#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/table.h"
#include "models/fusion/fixed_share.h"
#include "models/fusion/share_ranker.h"
#include "models/rows.h"

namespace freshet {

struct HedgeOptions {
  std::uint32_t candidates = 50;
  double rate = 0.1;
  double share = 0.001;
  double floor = 0.01;
};

config::Table<HedgeOptions> describe_hedge();

/// Multiplicative weights over the models' lists: score(c) = Σ_m π_m · s_m(c) / max_c' s_m(c').
///
/// When a user who holds a list chooses y, each model whose own best `kept` items were asked has
/// the loss 1 − 1/rank_m(y), 1 outside them, and the weights π are learned by FixedShare (Hedge:
/// Freund and Schapire 1997; with fixed share: Herbster and Warmuth 1998). Each model keeps at
/// least `floor`. Learns little, and at once: for comparison with stacking.
class HedgeRanker final : public ShareRanker {
 public:
  static constexpr std::size_t kept = 20;

  HedgeRanker(std::vector<const Model*> models, const HedgeOptions& options);

  void learn(std::span<const Interaction> epoch) override;
  FusionReport report() const override;
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;

 protected:
  void weigh(const Gathered& in, Scratch& weighing, std::span<float> scores,
             std::string& example) const override;
  void give_shares(const CandidatePool& pool, std::size_t model,
                   std::span<float> out) const override;

 private:
  bool read_losses(const Interaction& x);

  // Rank phase reads, learn phase writes.
  FixedShare weights_;  ///< by source

  // Learn phase only.
  std::uint64_t choices_ = 0;
  std::vector<float> losses_;
  bool dirty_ = false;
};

}  // namespace freshet
