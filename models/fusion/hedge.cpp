#include "models/fusion/hedge.h"

#include <algorithm>
#include <utility>

namespace freshet {

namespace {

constexpr std::string_view space = "fusion.hedge";
constexpr std::string_view key = "weights";
constexpr std::uint8_t version = 1;

}  // namespace

config::Table<HedgeOptions> describe_hedge() {
  using O = HedgeOptions;
  using config::range;
  return config::object<O>("One weight a model, learned by how often its own list was right.")
      .option("candidates", &O::candidates, "Best items of each model that are considered.",
              range(1, 10'000))
      .option("rate", &O::rate, "How fast weights follow the losses.", range(0.0, 10.0))
      .option("share", &O::share, "Weight that the models hand round at each choice.",
              range(0.0, 1.0))
      .option("floor", &O::floor, "Least weight of a model.", range(0.0, 1.0));
}

HedgeRanker::HedgeRanker(std::vector<const Model*> models, const HedgeOptions& options)
    : ShareRanker(std::move(models), {.candidates = options.candidates, .gates = {}}),
      weights_(sources().size(), options.rate, options.share, options.floor),
      losses_(sources().size()) {}

void HedgeRanker::weigh(const Gathered& in, Scratch& weighing, std::span<float> scores,
                        std::string& example) const {
  ShareRanker::weigh(in, weighing, scores, example);
  ByteWriter w(example);
  w.number(version);
  w.number(static_cast<std::uint32_t>(sources().size()));
  for (std::size_t m = 0; m < sources().size(); ++m) {
    const auto ranks = in.pool.ranks(m);
    const std::size_t n = std::min(ranks.size(), kept);
    w.number(static_cast<std::uint32_t>(n));
    for (std::size_t k = 0; k < n; ++k) w.number(in.pool.items()[ranks[k].place].value);
  }
}

void HedgeRanker::give_shares(const CandidatePool& pool, std::size_t model,
                              std::span<float> out) const {
  if (pool.best(model) == 0) return;
  const float best = pool.best(model);
  const auto weight = static_cast<float>(weights_.weight(model));
  const std::span<const float> scores = pool.scores(model);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = scores[i] / best * weight;
}

/// Reads any bytes. False: they are no example of these models.
bool HedgeRanker::read_losses(const Interaction& x) {
  ByteReader r(x.example);
  if (r.number<std::uint8_t>() != version || r.number<std::uint32_t>() != sources().size()) {
    return false;
  }
  for (float& loss : losses_) {
    loss = 1;
    const std::uint32_t n = r.count(sizeof(std::uint32_t));
    for (std::uint32_t k = 0; k < n; ++k) {
      if (r.number<std::uint32_t>() == x.item.value) loss = 1 - 1 / static_cast<float>(k + 1);
    }
  }
  return r.at_end();
}

void HedgeRanker::learn(std::span<const Interaction> epoch) {
  ListRanker::learn(epoch);
  for (const Interaction& x : epoch) {
    if (!x.positive() || x.example.empty() || !read_losses(x)) continue;
    weights_.learn(losses_);
    ++choices_;
    dirty_ = true;
  }
}

FusionReport HedgeRanker::report() const {
  FusionReport out;
  out.choices = choices_;
  for (std::size_t m = 0; m < sources().size(); ++m) {
    out.weights.push_back({part_names()[m], "", weights_.weight(m)});
  }
  return out;
}

bool HedgeRanker::save_some(RowBatch& out, std::size_t rows_max) {
  const bool rest = ListRanker::save_some(out, rows_max);
  if (!dirty_) return rest;
  dirty_ = false;
  std::string value;
  ByteWriter w = begin_row(value);
  w.number(choices_);
  w.number(static_cast<std::uint32_t>(sources().size()));
  for (std::size_t m = 0; m < sources().size(); ++m) {
    w.text(part_names()[m]);
    weights_.write(w, m);
  }
  out.put(space, key, value);
  return rest;
}

Status HedgeRanker::restore(const RowReader& rows, std::size_t items) {
  if (Status s = ListRanker::restore(rows, items); !s) return s;
  return rows.scan(space, [this](std::string_view row, std::string_view value) -> Status {
    ByteReader r = open_row(value);
    choices_ = r.number<std::uint64_t>();
    bool good = row == key && choices_ <= count_max;
    constexpr std::size_t entry_bytes = 4 + sizeof(double);
    const std::uint32_t n = r.count(entry_bytes);
    for (std::uint32_t k = 0; k < n && good; ++k) {
      const auto named = std::find(part_names().begin(), part_names().end(), r.text());
      // What is said of a model that is no more is passed over.
      FixedShare nobody(1, 0, 0, 0);
      if (named == part_names().end()) {
        good = nobody.read(r, 0);
      } else {
        good = weights_.read(r, static_cast<std::size_t>(named - part_names().begin()));
      }
    }
    if (!good || !r.at_end()) return row_error(space, row, "it holds no weights of models");
    weights_.settle();
    return {};
  });
}

}  // namespace freshet
