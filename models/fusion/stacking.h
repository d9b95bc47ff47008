#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/table.h"
#include "models/fusion/choice_example.h"
#include "models/fusion/context_weights.h"
#include "models/fusion/features.h"
#include "models/fusion/fixed_share.h"
#include "models/fusion/list_ranker.h"
#include "models/fusion/page_hinkley.h"
#include "models/fusion/residual_net.h"
#include "models/rows.h"

namespace freshet {

struct StackingOptions {
  std::uint32_t candidates = 50;
  std::uint32_t kept = 50;
  double rate = 0.05;
  double net_rate = 0.1;
  double guard_share = 0.001;
  double drift_tolerance = 0.1;
  double drift_threshold = 250;
};

config::Table<StackingOptions> describe_stacking();

/// Learned fusion: a softmax regression over the candidates, and a small net on its residual,
/// learned from what users choose next, one choice at a time (stacking: Wolpert, Neural Networks
/// 1992; the conditional logit model: McFadden 1974).
///
/// A candidate's score, in natural logarithms of odds against an item nothing is known of:
///   z = w·f + π_net·r(f),   w = π_start·w_start + (1 − π_start)·(W0 + Σ_g W_g)
/// with features f and context groups g of FeatureSet, r of ResidualNet. Only the best `kept`
/// candidates by w·f (at least as many as the list is long) are asked r and can be listed.
///
/// When a user who holds a list chooses y, and y is among the `kept` of its making:
///   linear part   p = softmax(w'·f), w' = W0 + Σ_g W_g:  gradient f(y) − Σ p f, Adagrad, `rate`
///   net           p = softmax(w'·f + r):  gradient [c = y] − p(c) of r(c), Adagrad, `net_rate`;
///   the
///                 linear part is not moved by it
///   guard         three experts (w_start·f; w'·f; w'·f + r) with the losses −ln p(y) share the
///                 weight π by fixed share at rate 1; the score above is their mean, so its loss is
///                 at most their mean loss, and a learned part gone astray is outvoted. π_start
///                 never falls to 0, so no model's score ever counts for nothing.
///                 A loss counts as at most 1 nat more than the least of the three, and the choice
///                 as Interaction::fusion_weight: so one user's choices do not turn the blend.
///   drift         Page-Hinkley on the loss of the score (a choice outside the `kept` counts as a
///                 loss of ln(kept) + 1): at an alarm the accumulated squares are cut to a tenth,
///                 so that steps are three times as long.
///
/// Parts: each feature belongs to a model, and so does its contribution f·weight and its share of r
/// (ResidualNet::split). They add up to z. What belongs to a model that is not used is not there.
class StackingRanker final : public ListRanker {
 public:
  StackingRanker(std::vector<const Model*> models, const StackingOptions& options);

  void learn(std::span<const Interaction> epoch) override;
  FusionReport report() const override;
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;

 protected:
  std::unique_ptr<Scratch> make_weighing() const override;
  void weigh(const Gathered& in, Scratch& weighing, std::span<float> scores,
             std::string& example) const override;
  void split(const Gathered& in, Scratch& weighing, std::uint32_t place,
             std::span<float> parts) const override;

 private:
  enum Expert : std::uint8_t { start_expert, linear_expert, net_expert, experts };
  struct Weighing;

  void learn_choice(const Interaction& x);
  void softmax(std::span<float> z) const;
  void note(double loss);
  void mark_rows(const FusionContext& context);
  std::string row_key(std::size_t row) const;
  void write_row(std::size_t row, std::string& out);
  bool read_row(std::size_t row, std::string_view value);
  std::size_t find_row(std::string_view key) const;

  // Fixed after construction.
  const StackingOptions options_;
  const FeatureSet features_;
  const std::size_t kept_;

  // Rank phase reads, learn phase writes.
  ContextWeights linear_;
  ResidualNet net_;
  FixedShare guard_;

  // Learn phase only.
  PageHinkley drift_;
  std::uint64_t steps_ = 0;
  ChoiceExample example_;
  std::vector<float> z_[experts];  ///< by kept candidate
  std::vector<float> w_, gradient_;
  std::vector<ResidualNet::Units> u_;  ///< by kept candidate
  DirtyRows dirty_;
  std::vector<std::string> unknown_;  ///< keys of rows of features that are no more
};

}  // namespace freshet
