#include "models/fusion/stacking.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "models/order_key.h"
#include "models/top_selector.h"

namespace freshet {

namespace {

constexpr float faster = 0.1F;          ///< of the accumulated squares, what an alarm leaves
constexpr float guard_loss_max = 1.0F;  ///< nats beyond the best that a choice counts in the guard

float dot(std::span<const float> a, std::span<const float> b) {
  using Values = Eigen::Map<const Eigen::ArrayXf>;
  const auto n = static_cast<Eigen::Index>(a.size());
  return (Values(a.data(), n) * Values(b.data(), n)).sum();
}

/// −ln p of one of them, p = softmax(z).
float loss_of(std::span<const float> z, std::size_t chosen) {
  const float most = *std::max_element(z.begin(), z.end());
  float sum = 0;
  for (const float x : z) sum += std::exp(x - most);
  return std::log(sum) + most - z[chosen];
}

}  // namespace

config::Table<StackingOptions> describe_stacking() {
  using O = StackingOptions;
  using config::range;
  return config::object<O>("Weights learned from what users choose next, and a small net.")
      .option("candidates", &O::candidates, "Best items of each model that are considered.",
              range(1, 10'000))
      .option("kept", &O::kept,
              "Best candidates of a list that are kept with the user to learn from; fewer if they "
              "take more than 2,400 bytes.",
              range(2, 1'000))
      .option("rate", &O::rate, "Length of a step of the weights.", range(0.0, 10.0))
      .option("net_rate", &O::net_rate, "Length of a step of the net.", range(0.0, 10.0))
      .option("guard_share", &O::guard_share,
              "Weight that start weights, learned weights and net hand round at each choice.",
              range(0.0, 1.0))
      .option("drift_tolerance", &O::drift_tolerance,
              "Rise of the mean loss that is no drift, in nats.", range(0.0, 10.0))
      .option("drift_threshold", &O::drift_threshold,
              "Loss beyond mean and tolerance that has to come together until learning is sped up.",
              range(1.0, 1e9));
}

struct StackingRanker::Weighing final : Scratch {
  FeatureTable table;
  FusionContext context;
  std::vector<float> w;
  std::vector<float> z;               ///< by place: w·f
  std::vector<std::uint64_t> keys;    ///< by place
  std::vector<std::uint32_t> kept;    ///< places, the best first
  std::vector<ItemId> items;          ///< of `kept`
  std::vector<float> rows;            ///< kept × feature
  std::vector<ResidualNet::Units> u;  ///< by kept
  ResidualNet::Units bias;
  float net_weight = 0;
  std::vector<float> shares;  ///< of one candidate, by feature

  std::span<const float> row(std::size_t k) const { return {rows.data() + k * w.size(), w.size()}; }
};

StackingRanker::StackingRanker(std::vector<const Model*> models, const StackingOptions& options)
    : ListRanker(std::move(models), {.candidates = options.candidates, .gates = {}}),
      options_(options),
      features_(sources(), popularity()),
      kept_(ChoiceExample::room(features_, options.kept)),
      linear_(features_),
      net_(features_),
      guard_(experts, 1, options.guard_share, 0),
      drift_(options.drift_tolerance, options.drift_threshold),
      w_(features_.size()),
      gradient_(features_.size()) {}

std::unique_ptr<Scratch> StackingRanker::make_weighing() const {
  auto work = std::make_unique<Weighing>();
  work->w.resize(features_.size());
  work->shares.resize(features_.size());
  return work;
}

void StackingRanker::weigh(const Gathered& in, Scratch& weighing, std::span<float> scores,
                           std::string& example) const {
  Weighing& work = static_cast<Weighing&>(weighing);
  features_.read(in, work.table);
  features_.read(in, work.context);
  linear_.combine(work.context, work.w);
  const auto of_start = static_cast<float>(guard_.weight(start_expert));
  for (std::size_t f = 0; f < work.w.size(); ++f) {
    work.w[f] += of_start * (linear_.start()[f] - work.w[f]);
  }
  const std::size_t n = in.pool.size();
  work.z.assign(n, 0);
  for (std::size_t f = 0; f < work.w.size(); ++f) {
    const float w = work.w[f];
    const std::span<const float> row = work.table.row(f);
    float* const z = work.z.data();
    for (std::size_t i = 0; i < row.size(); ++i) z[i] += w * row[i];
  }
  work.keys.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    work.keys[i] = order_key(work.z[i], ItemId(static_cast<std::uint32_t>(i)));
  }
  const std::size_t kept = std::min(n, std::max(kept_, in.size));
  const auto end = work.keys.begin() + static_cast<std::ptrdiff_t>(kept);
  keep_greatest(work.keys, kept);
  std::sort(work.keys.begin(), end, std::greater<>());
  work.kept.resize(kept);
  for (std::size_t k = 0; k < kept; ++k) work.kept[k] = item_of(work.keys[k]).value;

  std::fill(scores.begin(), scores.end(), std::numeric_limits<float>::lowest());
  work.net_weight = static_cast<float>(guard_.weight(net_expert));
  net_.set_bias(work.context, work.bias);
  const std::size_t width = work.w.size();
  work.items.resize(kept);
  work.rows.resize(kept * width);
  work.u.resize(kept);
  for (std::size_t f = 0; f < width; ++f) {
    const std::span<const float> column = work.table.row(f);
    for (std::size_t k = 0; k < kept; ++k) {
      work.rows[k * width + f] = column.empty() ? 0 : column[work.kept[k]];
    }
  }
  for (std::size_t k = 0; k < kept; ++k) {
    const std::uint32_t place = work.kept[k];
    work.items[k] = in.pool.items()[place];
    net_.inputs(work.row(k), work.u[k]);
    scores[place] = work.z[place] + work.net_weight * net_.residual(work.u[k], work.bias);
  }
  if (in.query.user.recent.empty()) return;  // nobody's next choice can be told from the first
  const std::size_t shown = std::min(kept, kept_);
  ChoiceExample::write(features_, work.context, {work.items.data(), shown},
                       {work.rows.data(), shown * width}, example);
}

void StackingRanker::split(const Gathered&, Scratch& weighing, std::uint32_t place,
                           std::span<float> parts) const {
  Weighing& work = static_cast<Weighing&>(weighing);
  const auto at = std::find(work.kept.begin(), work.kept.end(), place);
  const auto k = static_cast<std::size_t>(at - work.kept.begin());
  const std::span<const float> row = work.row(k);
  net_.split(row, work.u[k], work.bias, work.shares);
  std::fill(parts.begin(), parts.end(), 0.0F);
  for (std::size_t f = 0; f < row.size(); ++f) {
    parts[features_[f].source] += work.w[f] * row[f] + work.net_weight * work.shares[f];
  }
}

void StackingRanker::learn(std::span<const Interaction> epoch) {
  ListRanker::learn(epoch);
  for (const Interaction& x : epoch) {
    if (x.positive() && !x.example.empty()) learn_choice(x);
  }
}

void StackingRanker::learn_choice(const Interaction& x) {
  if (!example_.read(features_, x.example, x.item) || example_.items.empty()) return;
  const std::size_t n = example_.items.size(), width = features_.size();
  const std::size_t chosen = example_.chosen;
  if (chosen == n) {
    note(std::log(static_cast<double>(kept_)) + 1);
    return;
  }
  const auto row = [&](std::size_t c) {
    return std::span<const float>(example_.rows).subspan(c * width, width);
  };
  for (std::vector<float>& z : z_) z.resize(n);
  u_.resize(n);
  linear_.combine(example_.context, w_);
  ResidualNet::Units bias;
  net_.set_bias(example_.context, bias);
  for (std::size_t c = 0; c < n; ++c) {
    z_[start_expert][c] = dot(linear_.start(), row(c));
    z_[linear_expert][c] = dot(w_, row(c));
    net_.inputs(row(c), u_[c]);
    z_[net_expert][c] = z_[linear_expert][c] + net_.residual(u_[c], bias);
  }
  float losses[experts];
  double loss = 0;
  for (std::size_t e = 0; e < experts; ++e) {
    losses[e] = loss_of(z_[e], chosen);
    loss += guard_.weight(e) * static_cast<double>(losses[e]);
  }
  // No one choice settles which is best.
  const float least = *std::min_element(losses, losses + experts);
  for (float& worse : losses) worse = std::min(worse, least + guard_loss_max);
  guard_.learn(losses, static_cast<double>(x.fusion_weight));

  std::vector<float>& p = z_[linear_expert];
  softmax(p);
  std::copy(row(chosen).begin(), row(chosen).end(), gradient_.begin());
  for (std::size_t c = 0; c < n; ++c) {
    const std::span<const float> f = row(c);
    for (std::size_t k = 0; k < width; ++k) gradient_[k] -= p[c] * f[k];
  }
  linear_.step(example_.context, gradient_, static_cast<float>(options_.rate));
  std::vector<float>& delta = z_[net_expert];
  softmax(delta);
  for (float& d : delta) d = -d;
  delta[chosen] += 1;
  net_.step(example_.context, example_.rows, u_, bias, delta,
            static_cast<float>(options_.net_rate));
  ++steps_;
  mark_rows(example_.context);
  note(loss);
}

void StackingRanker::softmax(std::span<float> z) const {
  const float most = *std::max_element(z.begin(), z.end());
  float sum = 0;
  for (float& x : z) {
    x = std::exp(x - most);
    sum += x;
  }
  for (float& x : z) x /= sum;
}

void StackingRanker::note(double loss) {
  dirty_.mark(static_cast<std::uint32_t>(net_.rows()));
  if (!drift_.add(loss)) return;
  linear_.hurry(faster);
  net_.hurry(faster);
  for (std::size_t row = 0; row < net_.rows(); ++row) dirty_.mark(static_cast<std::uint32_t>(row));
}

FusionReport StackingRanker::report() const {
  FusionReport out;
  out.choices = steps_;
  out.drifts = drift_.alarms();
  out.loss = drift_.mean();
  out.blend = {{"start", guard_.weight(start_expert)},
               {"linear", guard_.weight(linear_expert)},
               {"net", guard_.weight(net_expert)}};
  for (std::size_t m = 0; m < sources().size(); ++m) {
    FusionReport::Weight& all = out.weights.emplace_back();
    all.model = part_names()[m];
  }
  for (std::size_t f = 0; f < features_.size(); ++f) {
    const std::string& model = part_names()[features_[f].source];
    const double weight = double{linear_.weight(0, f)};
    out.weights[features_[f].source].weight += weight * double{features_[f].high};
    out.weights.push_back({model, features_[f].name, weight});
  }
  return out;
}

}  // namespace freshet
