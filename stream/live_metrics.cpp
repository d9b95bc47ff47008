#include "stream/live_metrics.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace freshet {
namespace {

/// Adds one prediction to decayed sums; returns the means. `place`: from 0, below 0: a miss.
LiveMetrics::Measures fade_in(LiveMetrics::Measures& sum, int place, double keep, double weight) {
  const bool hit = place >= 0;
  sum.hit_rate = sum.hit_rate * keep + (hit ? 1 : 0);
  sum.mrr = sum.mrr * keep + (hit ? 1.0 / (place + 1) : 0);
  sum.ndcg = sum.ndcg * keep + (hit ? 1 / std::log2(place + 2.0) : 0);
  return {sum.hit_rate / weight, sum.mrr / weight, sum.ndcg / weight};
}

}  // namespace

void LatencyHistogram::add(std::int64_t ns) {
  const double octaves = std::log2(static_cast<double>(std::max<std::int64_t>(ns, 1)));
  const auto bucket = static_cast<std::size_t>(octaves * per_octave);
  ++buckets_[std::min(bucket, buckets_.size() - 1)];
  ++count_;
}

std::int64_t LatencyHistogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t b = 0; b < buckets_.size(); ++b) {
    seen += buckets_[b];
    if (seen >= std::max<std::uint64_t>(rank, 1)) {
      return std::llround(std::exp2(static_cast<double>(b + 1) / per_octave));
    }
  }
  return 0;
}

void LiveMetrics::count(const Decoded& record, const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  ++now_.records;
  now_.similar += outcome.similar.size();
  if (const Rejection* rejection = record.rejection()) {
    ++now_.rejected;
    ++now_.rejected_by[rejection->code];
    return;
  }
  const Event* event = record.event();
  if (event == nullptr) {
    ++now_.catalog;
    return;
  }
  ++now_.events;
  if (event->time_clamped) ++now_.clamped;
  if (outcome.repeated) ++now_.repeated;
  if (outcome.without_consent) ++now_.without_consent;
  if (outcome.flooded) ++now_.flooded;
  if (outcome.kind == Outcome::Kind::erased) ++now_.erased;
  if (outcome.kind == Outcome::Kind::list) ++now_.lists;
  if (!outcome.predicted) return;
  ++now_.predictions;
  static const double keep = std::exp2(-1 / half_life);
  weight_ = weight_ * keep + 1;
  now_.quality = fade_in(sum_, outcome.hit, keep, weight_);
  now_.popular = fade_in(popular_sum_, outcome.popular_hit, keep, weight_);
}

void LiveMetrics::published(std::int64_t latency_ns, const std::string& list) {
  const std::lock_guard lock(mutex_);
  now_.latency.add(latency_ns);
  now_.sample = list;
}

void LiveMetrics::learned_again() {
  const std::lock_guard lock(mutex_);
  ++now_.learned_again;
}

void LiveMetrics::waiting(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  now_.waiting_bytes = bytes;
}

void LiveMetrics::worked_at_checkpoint(std::int64_t piece_ns) {
  const std::lock_guard lock(mutex_);
  now_.checkpoint_pieces.add(piece_ns);
}

void LiveMetrics::learned(Learned learned) {
  const std::lock_guard lock(mutex_);
  now_.learned = std::move(learned);
}

void LiveMetrics::checkpointed(std::size_t bytes, std::int64_t pause_ns) {
  const std::lock_guard lock(mutex_);
  ++now_.checkpoints;
  now_.checkpoint_bytes = static_cast<std::int64_t>(bytes);
  now_.checkpoint_pause.add(pause_ns);
}

LiveMetrics::Snapshot LiveMetrics::snapshot() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

}  // namespace freshet
