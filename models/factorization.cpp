#include "models/factorization.h"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "models/top_selector.h"

namespace freshet {

namespace {

using Vector = Eigen::Array<float, FactorTable::factors, 1>;
using Values = Eigen::Map<const Vector>;

constexpr std::string_view users_space = "factorization.users";

/// The items' factors begin uniform within it.
constexpr float begin_implicit = 0.2F, begin_rating = 0.05F;
constexpr float least_score = 1e-3F;  // of a rating
constexpr float least_logit = -80;    // below the greatest; e^−80 is still a normal number

using Block = Eigen::Map<Eigen::Array<float, HotItems::block, 1>>;
constexpr float share_units = 0x1p24F;    // of a sum of shares, per 1
constexpr std::size_t share_blocks = 64;  // whose units a 32-bit number can add up

constexpr std::size_t ahead = 8;  // items whose vectors are fetched before their turn

FactorTable::Steps steps(const FactorizationOptions& options, double rate) {
  return {options.optimizer, static_cast<float>(rate), static_cast<float>(options.l2)};
}

float dot(const float* a, const float* b) { return (Values(a) * Values(b)).sum(); }

}  // namespace

config::Table<FactorizationOptions> describe_factorization() {
  using O = FactorizationOptions;
  using config::range;
  return config::object<O>("Factors of users and items: what goes with a user's past, or ratings.")
      .option("mode", &O::mode,
              "implicit: which item comes next; rating: what the user would say of it.",
              config::names<FactorizationMode>({{"implicit", FactorizationMode::implicit},
                                                {"rating", FactorizationMode::rating}}))
      .option("loss", &O::loss, "What the next item teaches; mode implicit.",
              config::names<FactorizationLoss>(
                  {{"softmax", FactorizationLoss::softmax}, {"bpr", FactorizationLoss::bpr}}))
      .option("optimizer", &O::optimizer, "How steps follow from gradients.",
              config::names<FactorOptimizer>(
                  {{"adagrad", FactorOptimizer::adagrad}, {"adamw", FactorOptimizer::adamw}}))
      .option("rate", &O::rate, "Learning rate.", range(1e-5, 10.0))
      .option("user_rate", &O::user_rate,
              "Learning rate of users' factors; in mode rating it is `rate`.", range(1e-6, 10.0))
      .option("l2", &O::l2, "How strongly factors are drawn to 0.", range(0.0, 1.0))
      .option("dropout", &O::dropout, "Share of the negatives that are left out at random.",
              range(0.0, 0.99))
      .option("negatives", &O::negatives, "Items that each event is set against.", range(1, 1'000))
      .option("recent_events", &O::recent_events, "Newest events that negatives are drawn from.",
              range(1, 1'000'000))
      .option("query_items", &O::query_items, "The user's newest items that make the query.",
              range(1, 1'000))
      .option("query_decay", &O::query_decay, "Weight of an own item beside the next newer one.",
              range(0.01, 1.0))
      .option("popularity", &O::popularity, "How much popular items are preferred.",
              range(0.0, 10.0))
      .option("popularity_events", &O::popularity_events,
              "Events after which an event counts half for that.", range(1, 1'000'000'000))
      .option("candidates", &O::candidates, "Items with the newest events, which are ranked.",
              range(1, 100'000))
      .option("max_users", &O::max_users, "Users with factors, those admitted last.",
              range(1, 1 << 30))
      .option("seed", &O::seed, "Of the first factors and of the negatives.", range(0, 1 << 30));
}

struct Factorization::Work final : Scratch {
  bool knows = false;  ///< the user, or something of his past
  float z[factors] = {};
  Past past;
  float user_base = 0;        ///< rating: b_u
  float top_logit = 0;        ///< implicit: the greatest among the hot
  float whole = 1;            ///< implicit: Σ exp(l − top_logit) over the hot
  std::vector<float> values;  ///< scores of the hot by slot, filled up to whole blocks
  TopSelector top;
};

Factorization::Factorization(const FactorizationOptions& options)
    : options_(options),
      in_(steps(options, options.rate), rates() ? begin_rating : begin_implicit,
          options.seed * 4 + 1),
      out_(steps(options, options.rate), rates() ? begin_rating : begin_implicit,
           options.seed * 4 + 2),
      users_(std::string(users_space), options.max_users,
             steps(options, rates() ? options.rate : options.user_rate)),
      hot_(options.candidates),
      ring_(options.recent_events, ItemId{}.value) {
  for (std::uint32_t d = 0; d < options.query_items; ++d) {
    decay_.push_back(static_cast<float>(std::pow(options.query_decay, d)));
  }
}

std::unique_ptr<Scratch> Factorization::make_scratch() const { return std::make_unique<Work>(); }

void Factorization::read_past(std::span<const HistoryItem> history, Past& past) const {
  past.items.clear();
  past.weights.clear();
  float sum = 0;
  for (const HistoryItem& own : history) {
    if (past.items.size() == decay_.size()) break;
    if (!(own.strength > 0) || own.item.index() >= counts_.size()) continue;
    if (counts_[own.item.index()].last == 0) continue;
    past.weights.push_back(decay_[past.items.size()]);
    past.items.push_back(own.item.value);
    sum += past.weights.back();
  }
  for (float& weight : past.weights) weight /= std::sqrt(sum);
}

void Factorization::make_query(const FactorTable::Row* user, const Past& past, float* z) const {
  Vector sum = Vector::Zero();
  if (user != nullptr) sum = Values(user->value);
  if (!rates()) {
    for (std::size_t d = 0; d < past.items.size(); ++d) {
      sum += past.weights[d] * Values(in_[past.items[d]].value);
    }
  }
  Eigen::Map<Vector> out(z);
  out = sum;
}

float Factorization::mean_rating() const {
  return ratings_ == 0 ? 0 : static_cast<float>(rating_sum_ / static_cast<double>(ratings_));
}

float Factorization::base(std::uint32_t item) const {
  const float bias = out_[item].bias;
  if (rates()) return bias + mean_rating();
  const Count& n = counts_[item];
  const std::uint64_t now = std::max(events_ / base_step * base_step, n.last);
  const double halvings = static_cast<double>(now - n.last) / options_.popularity_events;
  const auto events = n.events * static_cast<float>(std::exp2(-halvings));
  return bias + static_cast<float>(options_.popularity) * std::log(0.3F + events);
}

void Factorization::candidates(const Query& query, Scratch& scratch,
                               std::vector<Candidate>& out) const {
  Work& work = static_cast<Work&>(scratch);
  out.clear();
  read_past(query.user.history, work.past);
  const FactorTable::Row* const user = users_.find(query.user.user);
  work.knows = hot_.size() > 0 && (rates() ? user != nullptr : !work.past.items.empty());
  if (!work.knows) return;
  make_query(user, work.past, work.z);
  work.user_base = rates() ? user->bias : 0;

  hot_.logits(work.z, work.values);
  if (rates()) {
    for (float& value : work.values) value = std::max(value + work.user_base, least_score);
  } else {
    make_shares(work);
  }
  work.top.begin(query.limit);
  work.top.offer(
      hot_.items(), [&](std::size_t slot) { return work.values[slot]; }, query.hidden);
  work.top.finish(out);
}

/// From logits to exp(logit − top_logit) / whole.
void Factorization::make_shares(Work& work) {
  std::vector<float>& values = work.values;
  work.top_logit = *std::max_element(values.begin(), values.end());
  // In whole numbers, so that the sum does not depend on the order of the slots.
  std::int64_t whole = 0;
  for (std::size_t first = 0; first < values.size(); first += share_blocks * HotItems::block) {
    const std::size_t end = std::min(first + share_blocks * HotItems::block, values.size());
    using Units = Eigen::Array<std::int32_t, HotItems::block, 1>;
    Units units = Units::Zero();
    for (std::size_t k = first; k < end; k += HotItems::block) {
      Block share(&values[k]);
      share = (share - work.top_logit).max(least_logit).exp();
      units += (share * share_units).cast<std::int32_t>();
    }
    for (const std::int32_t sum : units) whole += sum;
  }
  work.whole = static_cast<float>(whole) / share_units;
  const float scale = 1 / work.whole;
  for (float& value : values) value *= scale;
}

void Factorization::score(const Query&, Scratch& scratch, std::span<const ItemId> items,
                          std::span<float> out) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i + ahead < items.size() && items[i + ahead].index() < counts_.size() &&
        hot_.place(items[i + ahead].value) == 0) {
      out_.prefetch(items[i + ahead].index());
    }
    const std::uint32_t item = items[i].value;
    out[i] = 0;
    if (!work.knows || item >= counts_.size() || counts_[item].last == 0) continue;
    if (const std::uint32_t place = hot_.place(item); place != 0) {
      out[i] = work.values[place - 1];
      continue;
    }
    const float logit = dot(work.z, out_[item].value) + base(item);
    out[i] = rates() ? std::max(logit + work.user_base, least_score)
                     : std::exp(std::clamp(logit - work.top_logit, least_logit, -least_logit)) /
                           work.whole;
  }
}

void Factorization::explain(const Query&, Scratch& scratch, std::span<const ItemId> items,
                            std::vector<Reason>& out) const {
  const Work& work = static_cast<const Work&>(scratch);
  if (!work.knows) return;
  const FactorTable& own = rates() ? out_ : in_;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].index() >= counts_.size() || counts_[items[i].index()].last == 0) continue;
    // What raises the logit; if nothing does, what lowers it least.
    float greatest = std::numeric_limits<float>::lowest();
    std::uint32_t because = ItemId{}.value;
    for (std::size_t d = 0; d < work.past.items.size(); ++d) {
      const float part =
          work.past.weights[d] * dot(own[work.past.items[d]].value, out_[items[i].value].value);
      if (part > 0) {
        out.push_back({static_cast<std::uint32_t>(i), ItemId(work.past.items[d]), part});
      }
      if (part > greatest) {
        greatest = part;
        because = work.past.items[d];
      }
    }
    if (!work.past.items.empty() && !(greatest > 0)) {
      out.push_back({static_cast<std::uint32_t>(i), ItemId(because), 1});
    }
  }
}

void Factorization::learn(std::span<const Interaction> epoch) {
  const std::uint64_t before = events_;
  touched_.clear();
  stepped_.clear();
  for (const Interaction& x : epoch) {
    if (x.forget) {
      users_.forget(x.user);
      dirty_counts_ = true;
    } else if (rates() ? x.rating && std::isfinite(x.weight) : x.positive()) {
      grow(x.item.index() + 1);
      rates() ? learn_rating(x) : learn_next(x);
      count(x.item.value);
    }
  }
  if (events_ != before) read_hot();
}

void Factorization::grow(std::size_t items) {
  if (items <= counts_.size()) return;
  in_.grow(items);
  out_.grow(items);
  counts_.resize(items);
  hot_.grow(items);
}

void Factorization::learn_next(const Interaction& x) {
  read_past(x.history, past_);
  if (past_.items.empty()) return;
  sample(x.item.value);
  const std::size_t slot = users_.admit(x.user);
  std::array<float, factors> z, gradient;
  make_query(&users_.table()[slot], past_, z.data());
  slopes(z.data());
  Vector to_z = Vector::Zero();
  for (std::size_t k = 0; k < sampled_.size(); ++k) {
    const std::uint32_t item = sampled_[k];
    Eigen::Map<Vector> g(gradient.data());
    to_z += slope_[k] * Values(out_[item].value);
    g = slope_[k] * Values(z.data());
    out_.step(item, gradient.data());
    out_.step_bias(item, slope_[k]);
    stepped_.push_back(item);
    dirty_items_.mark(item);
  }
  Eigen::Map<Vector> g(gradient.data());
  g = to_z;
  users_.step(slot, gradient.data());
  for (std::size_t d = 0; d < past_.items.size(); ++d) {
    g = past_.weights[d] * to_z;
    in_.step(past_.items[d], gradient.data());
    dirty_items_.mark(past_.items[d]);
  }
}

/// Sets `sampled_`.
void Factorization::sample(std::uint32_t y) {
  sampled_.assign(1, y);
  const std::uint64_t filled = std::min<std::uint64_t>(events_, ring_.size());
  for (std::uint32_t k = 0; filled > 0 && k < options_.negatives; ++k) {
    const std::uint64_t random = counted_random(options_.seed, events_ * options_.negatives + k);
    const std::uint32_t item = ring_[random % filled];
    if (item == y || item >= counts_.size()) continue;
    if (options_.dropout > 0 &&
        counted_uniform(~options_.seed, events_ * options_.negatives + k) < options_.dropout) {
      continue;
    }
    sampled_.push_back(item);
    out_.prefetch(item);
  }
}

/// Sets `slope_` for `sampled_`, y first.
void Factorization::slopes(const float* z) {
  const std::size_t n = sampled_.size();
  slope_.resize(n);
  for (std::size_t k = 0; k < n; ++k) {
    const FactorTable::Row& row = out_[sampled_[k]];
    slope_[k] = dot(z, row.value) + row.bias;
  }
  if (options_.loss == FactorizationLoss::softmax) {
    const float top = *std::max_element(slope_.begin(), slope_.end());
    float sum = 0;
    for (float& s : slope_) sum += s = std::exp(s - top);
    for (float& s : slope_) s /= sum;
    slope_[0] -= 1;
    return;
  }
  const float y = slope_[0];
  slope_[0] = 0;
  for (std::size_t k = 1; k < n; ++k) {
    slope_[k] =
        1 / ((1 + std::exp(std::clamp(y - slope_[k], -80.0F, 80.0F))) * static_cast<float>(n - 1));
    slope_[0] -= slope_[k];
  }
}

void Factorization::learn_rating(const Interaction& x) {
  const std::uint32_t item = x.item.value;
  const std::size_t slot = users_.admit(x.user);
  const FactorTable::Row& user = users_.table()[slot];
  const FactorTable::Row& row = out_[item];
  const float error = mean_rating() + user.bias + row.bias + dot(user.value, row.value) - x.weight;
  ++error_.count;
  error_.squared += static_cast<double>(error) * error;
  dirty_counts_ = true;

  const auto before = std::find_if(x.history.begin(), x.history.end(),
                                   [&](const HistoryItem& h) { return h.item == x.item; });
  const bool again = before != x.history.end() && (before->types >> x.type.value & 1) != 0;
  rating_sum_ += x.weight - (again ? before->rating : 0);
  if (!again) ++ratings_;

  std::array<float, factors> to_user, to_item;
  Eigen::Map<Vector>(to_user.data()) = error * Values(row.value);
  Eigen::Map<Vector>(to_item.data()) = error * Values(user.value);
  users_.step(slot, to_user.data());
  users_.step_bias(slot, error);
  out_.step(item, to_item.data());
  out_.step_bias(item, error);
  stepped_.push_back(item);
  dirty_items_.mark(item);
}

void Factorization::count(std::uint32_t item) {
  const std::size_t at = events_ % ring_.size();
  ring_[at] = item;
  dirty_ring_.mark(static_cast<std::uint32_t>(at / ring_chunk));
  ++events_;
  dirty_counts_ = true;
  Count& n = counts_[item];
  const double halvings = static_cast<double>(events_ - n.last) / options_.popularity_events;
  n.events = n.last == 0 ? 1 : n.events * static_cast<float>(std::exp2(-halvings)) + 1;
  n.last = events_;
  dirty_items_.mark(item);
  touched_.push_back(item);
  hot_.touch(item);
}

/// Copies what this epoch moved; in rating mode every rating moves the mean, and with it all.
void Factorization::read_hot() {
  if (rates() || base_events_ != events_ / base_step) {
    base_events_ = events_ / base_step;
    for (std::size_t slot = 0; slot < hot_.size(); ++slot) {
      if (slot + ahead < hot_.size()) out_.prefetch(hot_.items()[slot + ahead]);
      read_hot(hot_.items()[slot]);
    }
    return;
  }
  for (const std::uint32_t item : stepped_) read_hot(item);
  for (const std::uint32_t item : touched_) read_hot(item);
}

/// Copies an item's vector and base if it is hot.
void Factorization::read_hot(std::uint32_t item) {
  const std::uint32_t place = hot_.place(item);
  if (place != 0) hot_.set(place - 1, out_[item].value, base(item));
}

std::optional<RatingError> Factorization::rating_error() const {
  if (!rates()) return std::nullopt;
  return error_;
}

std::size_t Factorization::memory_bytes() const {
  return in_.memory_bytes() + out_.memory_bytes() + users_.memory_bytes() +
         counts_.capacity() * sizeof(Count) + hot_.memory_bytes() +
         (ring_.capacity() + touched_.capacity() + stepped_.capacity()) * 4 +
         dirty_items_.memory_bytes() + dirty_ring_.memory_bytes();
}

}  // namespace freshet
