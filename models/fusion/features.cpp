#include "models/fusion/features.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "models/fusion/fast_log.h"

namespace freshet {

namespace {

constexpr float ln2 = std::numbers::ln2_v<float>;
constexpr float log_scale = 0.2F;

/// 0.2·ln(1 + 1000·s) of a score as its model gave it: so a model that is not sure of anything, as
/// its best score is small, spreads its candidates less.
float log_feature(float s) { return log_scale * ln2 * fast_log2(1 + 1000 * std::min(s, 1'000.0F)); }
constexpr float log_feature_max = 2.8F;

constexpr float count_log2_min = -5, count_log2_max = 16;
/// A logarithm of a decayed count, from 0 at 1/32.
float count_feature(float log2_count) {
  return log_scale * ln2 *
         (std::clamp(log2_count, count_log2_min, count_log2_max) - count_log2_min);
}
constexpr float count_feature_max = 3;

float log1p_feature(double x) { return log_scale * std::log1p(static_cast<float>(x)); }

template <std::size_t N>
std::uint8_t class_of(std::size_t n, const std::array<std::size_t, N>& ends) {
  return static_cast<std::uint8_t>(std::upper_bound(ends.begin(), ends.end(), n) - ends.begin());
}

enum Own : std::uint8_t {
  own_rate,
  own_current,
  own_any,
  own_session,
  own_times,
  own_recency,
  own_wanted,
  own_bought
};

}  // namespace

std::size_t FusionContext::class_index(std::size_t g) const {
  std::size_t before = 0;
  for (std::size_t k = 0; k < g; ++k) before += group_sizes[k];
  return before + group[g];
}

bool FusionContext::valid() const {
  for (std::size_t g = 0; g < groups; ++g) {
    if (group[g] >= group_sizes[g]) return false;
  }
  return std::all_of(facts.begin(), facts.end(),
                     [](float fact) { return std::isfinite(fact) && std::abs(fact) <= 10; });
}

void FeatureTable::reset(std::size_t features, std::size_t candidates) {
  count_ = candidates;
  stride_ = (candidates + 7) / 8 * 8;
  if (values_.size() < features * stride_) values_.resize(features * stride_);
  known_.assign(features, false);
}

std::span<float> FeatureTable::make_zeros(std::size_t feature) {
  const std::span<float> row = make_row(feature);
  std::fill(row.begin(), row.end(), 0.0F);
  return row;
}

FeatureSet::FeatureSet(std::span<const Model* const> sources, const Popularity& popularity)
    : popularity_(popularity) {
  for (std::size_t m = 0; m < sources.size(); ++m) {
    const Model& model = *sources[m];
    const std::string name(model.name());
    const std::span<const std::string_view> signals = model.signals();
    const bool is_popularity = &model == &popularity;
    // Popularity orders what nothing else can tell apart; factors are random numbers at first.
    const bool needs_proof = is_popularity || name == "factorization";
    const float start = needs_proof ? 0.1F : 1.0F;
    sources_.push_back({&model, std::max<std::size_t>(signals.size(), 1), features_.size()});
    add(name + ".rank", m, start, 0, 0.5F);
    for (std::size_t k = 0; k < sources_.back().scores; ++k) {
      const std::string score = signals.empty() ? name : name + "." + std::string(signals[k]);
      add(score + ".score", m, start / static_cast<float>(sources_.back().scores), 0, 1);
      add(score + ".log", m, 0, 0, log_feature_max);
    }
    if (is_popularity) {
      popularity_first_ = features_.size();
      add(name + ".short", m, 0, 0, count_feature_max);
      add(name + ".long", m, 0, 0, count_feature_max);
      add(name + ".trend", m, 0, -1, 1);
    }
    if (name == "repeat") {
      repeat_ = m;
      own_first_ = features_.size();
      add(name + ".rate", m, 0, 0, 1);
      add(name + ".current", m, 0, 0, 1);
      add(name + ".own", m, 0, 0, 1);
      add(name + ".session", m, 0, 0, 1);
      add(name + ".times", m, 0, 0, 2.5F);
      add(name + ".recency", m, 0, 0, 1);
      add(name + ".wanted", m, 0, 0, 1);
      add(name + ".bought", m, 0, 0, 1);
    }
    fact_names_.push_back(name + ".found");
    fact_names_.push_back(name + ".best");
  }
  for (const char* const fact : {"current.popularity", "minutes", "session.events", "history.items",
                                 "repeats", "repeats.squared", "current.known"}) {
    fact_names_.emplace_back(fact);
  }
  assert(features_.size() <= most);
  // FNV-1a over everything that an example depends on.
  layout_ = 2166136261U;
  const auto mix = [this](std::string_view text) {
    for (const char c : text) layout_ = (layout_ ^ static_cast<unsigned char>(c)) * 16777619U;
    layout_ = (layout_ ^ 0xffU) * 16777619U;
  };
  for (const Feature& f : features_) mix(f.name);
  for (const std::string& fact : fact_names_) mix(fact);
}

void FeatureSet::add(std::string name, std::size_t source, float start, float low, float high) {
  features_.push_back({std::move(name), static_cast<std::uint32_t>(source), start, low, high});
  low_.push_back(low);
  steps_.push_back(steps_max / (high - low));
}

void FeatureSet::read(const Gathered& in, FeatureTable& out) const {
  out.reset(features_.size(), in.pool.size());
  for (std::size_t m = 0; m < sources_.size(); ++m) read_scores(in, m, out);
  read_popularity(in, out);
  if (repeat_ != no_repeat) read_own(in, out);
}

void FeatureSet::read_scores(const Gathered& in, std::size_t source, FeatureTable& out) const {
  const Source& from = sources_[source];
  if (in.pool.scores(source).empty()) return;
  if (!in.pool.ranks(source).empty()) {
    const std::span<float> ranks = out.make_zeros(from.first);
    for (const CandidatePool::Ranked& ranked : in.pool.ranks(source)) {
      ranks[ranked.place] = 1 / (1 + static_cast<float>(ranked.rank));
    }
  }
  for (std::size_t k = 0; k < from.scores; ++k) {
    const std::span<float> score = out.make_row(from.first + 1 + 2 * k);
    float best = in.pool.best(source);
    if (from.model->signals().empty()) {
      const std::span<const float> scores = in.pool.scores(source);
      std::copy(scores.begin(), scores.end(), score.begin());
    } else {
      from.model->score_signal(k, *in.scratch[source], in.pool.items(), score);
      best = 0;
      for (float& s : score) {
        s = std::isfinite(s) ? std::max(s, 0.0F) : 0;
        best = std::max(best, s);
      }
    }
    if (!(best > 0)) continue;
    const std::span<float> log = out.make_row(from.first + 2 + 2 * k);
    for (std::size_t i = 0; i < score.size(); ++i) log[i] = log_feature(score[i]);
    for (float& s : score) s /= best;
  }
}

void FeatureSet::read_popularity(const Gathered& in, FeatureTable& out) const {
  const std::span<float> brief = out.make_row(popularity_first_);
  const std::span<float> lasting = out.make_row(popularity_first_ + 1);
  const std::span<float> trend = out.make_row(popularity_first_ + 2);
  const std::span<const ItemId> items = in.pool.items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    brief[i] = count_feature(popularity_.counts().log2_count(items[i], DecayedCounts::short_term));
    lasting[i] = count_feature(popularity_.counts().log2_count(items[i], DecayedCounts::long_term));
    // A steady item has a hundredth of the long count in the short one, by the default half-lives.
    const bool seen = lasting[i] > 0;
    trend[i] = seen ? std::clamp(brief[i] - lasting[i] + 0.9F, -1.0F, 1.0F) : 0;
  }
}

void FeatureSet::read_own(const Gathered& in, FeatureTable& out) const {
  const std::span<const HistoryItem> history = in.query.user.history;
  std::array<std::span<float>, own_bought + 1> rows;
  const auto at = [&](Own what, std::uint32_t place) -> float& {
    if (rows[what].empty()) rows[what] = out.make_zeros(own_first_ + what);
    return rows[what][place];
  };
  const std::span<const float> rates = in.pool.scores(repeat_);
  for (std::size_t k = 0; k < history.size(); ++k) {
    const HistoryItem& own = history[k];
    const std::uint32_t place = in.pool.place(own.item);
    if (place == CandidatePool::absent) continue;
    if (!rates.empty()) at(own_rate, place) = std::min(rates[place], 1.0F);
    at(own_current, place) = k == 0 ? 1 : 0;
    at(own_any, place) = 1;
    at(own_session, place) = own.session == in.query.user.session ? 1 : 0;
    at(own_times, place) = std::min(
        0.5F * ln2 * fast_log2(static_cast<float>(std::max<std::uint16_t>(own.count, 1))), 2.5F);
    at(own_recency, place) = 1 / (1 + static_cast<float>(k));
    at(own_wanted, place) = own.strength >= 3 ? 1 : 0;
    at(own_bought, place) = own.strength >= 5 ? 1 : 0;
  }
}

void FeatureSet::read(const Gathered& in, FusionContext& out) const {
  const UserView& user = in.query.user;
  constexpr std::array<std::size_t, 5> session_ends = {2, 3, 5, 9, 17};
  constexpr std::array<std::size_t, 5> history_ends = {2, 4, 9, 21, 62};
  const bool known = !user.history.empty() && user.history.front().count > 1;
  const bool same = user.recent.size() > 1 && user.recent[0].item == user.recent[1].item;
  out.group = {class_of(user.session_events, session_ends),
               class_of(user.history.size(), history_ends),
               std::min<std::uint8_t>(in.query.type.value, FusionContext::group_sizes[2] - 1),
               static_cast<std::uint8_t>(same    ? 2
                                         : known ? 1
                                                 : 0)};
  out.facts.clear();
  for (std::size_t m = 0; m < sources_.size(); ++m) {
    const auto found = static_cast<float>(in.pool.ranks(m).size());
    const float best = in.pool.best(m);
    out.facts.push_back(std::min(found / 50, 1.0F));
    out.facts.push_back(best > 1e-30F ? std::clamp(0.1F * fast_log2(best), -2.0F, 2.0F) : -2);
  }
  std::size_t events = 0;
  for (const HistoryItem& own : user.history) events += own.count;
  const float repeats =
      events == 0 ? 0 : 1 - static_cast<float>(user.history.size()) / static_cast<float>(events);
  const std::int64_t since_ms =
      user.recent.size() > 1 ? std::max<std::int64_t>(in.query.now_ms - user.recent[1].time_ms, 0)
                             : 0;
  const ItemId current = user.recent.empty() ? ItemId{} : user.recent.front().item;
  out.facts.push_back(
      count_feature(popularity_.counts().log2_count(current, DecayedCounts::medium_term)));
  out.facts.push_back(log1p_feature(static_cast<double>(since_ms) / 60'000));
  out.facts.push_back(log1p_feature(user.session_events));
  out.facts.push_back(log1p_feature(static_cast<double>(user.history.size())));
  out.facts.push_back(repeats);
  out.facts.push_back(repeats * repeats);
  out.facts.push_back(known ? 1 : 0);
}

}  // namespace freshet
