#include "models/window_knn.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "models/accumulator.h"
#include "models/top_selector.h"

namespace freshet {

namespace {

/// Session borders beyond this count no more: the weight is nothing by then, and must not become
/// denormal.
constexpr std::uint32_t borders_max = 32;

constexpr std::size_t ahead = 8;  // neighbours whose items are fetched before their turn
constexpr double ms_per_day = 86'400'000;

}  // namespace

struct WindowKnn::Work final : Scratch {
  struct Touched {
    std::uint32_t sequence;
    std::uint32_t matches;  ///< bit d: it holds the query's item d
    std::uint32_t place;    ///< of the newest of them in it
    float similarity;
  };
  std::vector<ItemId> query;     ///< own items, the newest first
  std::vector<float> weight;     ///< w_d
  std::vector<Touched> touched;  ///< in the order of touching; after keep_nearest the neighbours
  std::vector<std::uint16_t> places;  ///< open addressing: place in `touched` + 1, 0: empty
  std::vector<std::uint64_t> order;
  float idf_of_all = 0;  ///< 1 + idf·ln N
  ScoreAccumulator scores;
  TopSelector top;
  PlaceMap asked;
  std::vector<float> shares;  ///< explain: list × query
};

/// What a neighbour gives: to each of `items`, `amount` times its weight.
struct WindowKnn::Gift {
  std::span<const std::uint32_t> items;
  std::span<const float> weights;
  float amount;
};

WindowKnn::WindowKnn(const WindowKnnOptions& options, const std::string& name,
                     const SessionIndex::Limits& limits)
    : options_(options),
      day_weight_(static_cast<float>(1 / (ms_per_day * options.age_days))),
      index_(name, limits) {
  for (std::uint32_t d = 0; d < options.query_items; ++d) {
    position_weight_.push_back(
        static_cast<float>(std::exp(-static_cast<double>(d) / options.position_decay)));
    match_weight_.push_back(
        static_cast<float>(std::exp(-static_cast<double>(d) / options.match_decay)));
  }
  const auto gap_max = static_cast<std::int64_t>(options.gap_max);
  for (std::int64_t gap = -gap_max; gap <= gap_max; ++gap) {
    gap_weight_.push_back(
        static_cast<float>(std::exp(-static_cast<double>(std::abs(gap)) / options.gap_decay)));
  }
  length_weight_.push_back(0);
  for (std::uint32_t n = 1; n <= limits.session_items; ++n) {
    length_weight_.push_back(static_cast<float>(1 / std::sqrt(static_cast<double>(n))));
  }
}

std::unique_ptr<Scratch> WindowKnn::make_scratch() const {
  auto work = std::make_unique<Work>();
  work->touched.reserve(options_.touched);
  work->order.reserve(options_.touched);
  work->places.resize(std::bit_ceil(std::size_t{2} * options_.touched));
  return work;
}

void WindowKnn::candidates(const Query& query, Scratch& scratch,
                           std::vector<Candidate>& out) const {
  Work& work = static_cast<Work&>(scratch);
  read_query(query, work);
  find_neighbours(query, work);
  keep_nearest(query, work);
  work.scores.reset(index_.items());
  for (std::size_t n = 0; n < work.touched.size(); ++n) {
    const Gift gift = gift_of(work, n);
    work.scores.add_row(gift.items, gift.weights, gift.amount);
  }
  work.top.begin(query.limit);
  const std::span<const std::uint32_t> items = work.scores.touched();
  work.top.offer(
      items, [&](std::size_t k) { return work.scores[ItemId(items[k])] * idf(work, items[k]); },
      query.hidden);
  work.top.finish(out);
}

void WindowKnn::read_query(const Query& query, Work& work) const {
  work.query.clear();
  work.weight.clear();
  for (const HistoryItem& own : query.user.history) {
    if (work.query.size() == options_.query_items) break;
    if (!(own.strength > 0)) continue;
    const double borders = std::min(query.user.session - own.session, borders_max);
    work.weight.push_back(position_weight_[work.query.size()] *
                          static_cast<float>(std::pow(options_.session_border, borders)));
    work.query.push_back(own.item);
  }
  const auto sessions = static_cast<float>(std::max<std::uint64_t>(index_.total(), 1));
  work.idf_of_all = 1 + static_cast<float>(options_.idf) * std::log(sessions);
}

void WindowKnn::find_neighbours(const Query& query, Work& work) const {
  work.touched.clear();
  std::fill(work.places.begin(), work.places.end(), std::uint16_t{0});
  const std::size_t mask = work.places.size() - 1;
  const int shift = 64 - std::countr_zero(work.places.size());
  std::uint32_t own = 0;
  const bool has_own = index_.growing(query.user.user, query.user.session, own);
  for (std::size_t d = 0; d < work.query.size(); ++d) {
    const float weight = work.weight[d];
    const std::uint32_t bit = 1U << d;
    const auto parts = index_.sessions_of(work.query[d]);
    const auto places = index_.places_of(work.query[d]);
    for (std::size_t p = 0; p < parts.size(); ++p) {
      for (std::size_t k = parts[p].size(); k-- > 0;) {
        const std::uint32_t sequence = parts[p][k];
        std::size_t at = (sequence * 0x9e3779b97f4a7c15ULL) >> shift;
        while (work.places[at] != 0 && work.touched[work.places[at] - 1].sequence != sequence) {
          at = (at + 1) & mask;
        }
        if (work.places[at] != 0) {
          Work::Touched& t = work.touched[work.places[at] - 1];
          t.similarity += weight;
          t.matches |= bit;
        } else if (work.touched.size() < options_.touched && index_.alive(sequence) &&
                   !(has_own && sequence == own)) {
          __builtin_prefetch(&index_.session(sequence));
          work.touched.push_back({sequence, bit, places[p][k], weight});
          work.places[at] = static_cast<std::uint16_t>(work.touched.size());
        }
      }
    }
  }
}

void WindowKnn::keep_nearest(const Query& query, Work& work) const {
  for (Work::Touched& t : work.touched) {
    const SessionIndex::Session& s = index_.session(t.sequence);
    const auto age_ms = static_cast<float>(std::max<std::int64_t>(query.now_ms - s.last_ms, 0));
    const std::size_t length = std::min(s.items.size(), length_weight_.size() - 1);
    t.similarity *= length_weight_[length] / (1 + age_ms * day_weight_);
  }
  if (work.touched.size() <= options_.neighbours) return;
  // Similarities are at least 0, so their bits order them; of equal ones the first touched are
  // kept.
  const auto key = [&work](std::size_t i) {
    return std::uint64_t{std::bit_cast<std::uint32_t>(work.touched[i].similarity)} << 32 |
           ~static_cast<std::uint32_t>(i);
  };
  work.order.resize(work.touched.size());
  for (std::size_t i = 0; i < work.order.size(); ++i) work.order[i] = key(i);
  keep_greatest(work.order, options_.neighbours);
  const std::uint64_t bar =
      *std::min_element(work.order.begin(), work.order.begin() + options_.neighbours);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < work.touched.size(); ++i) {
    if (key(i) >= bar) work.touched[kept++] = work.touched[i];
  }
  work.touched.resize(kept);
}

WindowKnn::Gift WindowKnn::gift_of(const Work& work, std::size_t neighbour) const {
  const Work::Touched& t = work.touched[neighbour];
  if (neighbour + ahead < work.touched.size()) {
    __builtin_prefetch(index_.session(work.touched[neighbour + ahead].sequence).items.data());
  }
  const auto& items = index_.session(t.sequence).items;
  const auto match = static_cast<std::size_t>(std::countr_zero(t.matches));
  std::size_t place = t.place;
  if (place >= items.size() || items[place] != work.query[match].value) {
    // It moved ahead; or the number was given again, and is another session's now.
    const auto at = std::find(items.begin(), items.end(), work.query[match].value);
    if (at == items.end()) return {};
    place = static_cast<std::size_t>(at - items.begin());
  }
  const std::size_t reach = options_.gap_max;
  const std::size_t first = place - std::min(reach, place);
  const std::size_t count = std::min(place + reach + 1, items.size()) - first;
  return {{items.data() + first, count},
          {gap_weight_.data() + (first + reach - place), count},
          t.similarity * match_weight_[match]};
}

float WindowKnn::idf(const Work& work, std::uint32_t item) const {
  return std::max(work.idf_of_all - static_cast<float>(options_.idf) * index_.log_sessions_of(item),
                  0.01F);
}

void WindowKnn::score(const Query&, Scratch& scratch, std::span<const ItemId> items,
                      std::span<float> out) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const float sum = work.scores[items[i]];
    out[i] = sum > 0 ? sum * idf(work, items[i].value) : 0;
  }
}

void WindowKnn::explain(const Query&, Scratch& scratch, std::span<const ItemId> items,
                        std::vector<Reason>& out) const {
  Work& work = static_cast<Work&>(scratch);
  const std::size_t width = work.query.size();
  work.asked.assign(items);
  work.shares.assign(items.size() * width, 0);
  // What a neighbour gives is shared among the own items that made it one, by their weights.
  for (std::size_t n = 0; n < work.touched.size(); ++n) {
    const std::uint32_t matches = work.touched[n].matches;
    float total = 0;
    for (std::uint32_t m = matches; m != 0; m &= m - 1) total += work.weight[std::countr_zero(m)];
    if (!(total > 0)) continue;
    const Gift gift = gift_of(work, n);
    for (std::size_t k = 0; k < gift.items.size(); ++k) {
      const std::uint32_t place = work.asked[gift.items[k]];
      if (place == 0) continue;
      const float amount = gift.amount * gift.weights[k];
      float* const row = &work.shares[(place - 1) * width];
      for (std::uint32_t m = matches; m != 0; m &= m - 1) {
        const auto d = static_cast<std::size_t>(std::countr_zero(m));
        row[d] += amount * work.weight[d] / total;
      }
    }
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t d = 0; d < width; ++d) {
      const float weight = work.shares[i * width + d];
      if (weight > 0) out.push_back({static_cast<std::uint32_t>(i), work.query[d], weight});
    }
  }
}

void WindowKnn::learn(std::span<const Interaction> epoch) {
  for (const Interaction& x : epoch) {
    if (x.forget) {
      index_.forget(x.user);
    } else if (x.positive()) {
      index_.add(x.user, x.session, x.item, x.time_ms);
    } else if (!(x.new_strength > 0)) {
      index_.remove(x.user, x.item);
    }
  }
}

}  // namespace freshet
