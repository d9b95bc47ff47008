#include "models/fusion/share_ranker.h"

namespace freshet {

namespace {

struct Shares final : Scratch {
  std::vector<float> of;  ///< source × item of the pool
};

}  // namespace

std::unique_ptr<Scratch> ShareRanker::make_weighing() const { return std::make_unique<Shares>(); }

void ShareRanker::weigh(const Gathered& in, Scratch& weighing, std::span<float> scores,
                        std::string&) const {
  auto& shares = static_cast<Shares&>(weighing).of;
  const std::size_t n = in.pool.size(), width = sources().size();
  shares.assign(width * n, 0);
  for (std::size_t m = 0; m < width; ++m) {
    const std::span<float> row(shares.data() + m * n, n);
    give_shares(in.pool, m, row);
    for (std::size_t i = 0; i < n; ++i) scores[i] += row[i];
  }
}

void ShareRanker::split(const Gathered& in, Scratch& weighing, std::uint32_t place,
                        std::span<float> parts) const {
  const auto& shares = static_cast<const Shares&>(weighing).of;
  for (std::size_t m = 0; m < parts.size(); ++m) parts[m] = shares[m * in.pool.size() + place];
}

}  // namespace freshet
