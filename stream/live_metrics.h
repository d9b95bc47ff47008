#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "stream/decoder.h"
#include "stream/engine.h"
#include "stream/ranker.h"

namespace freshet {

/// Durations in buckets of 9 % width, from 1 ns to about 18 minutes.
class LatencyHistogram {
 public:
  void add(std::int64_t ns);
  /// Upper border, in ns, of the bucket that holds quantile `q` (0–1); 0 if nothing was added.
  std::int64_t quantile(double q) const;
  std::uint64_t count() const { return count_; }

 private:
  static constexpr int per_octave = 8;
  std::array<std::uint64_t, 40 * per_octave> buckets_{};
  std::uint64_t count_ = 0;
};

/// What the program is doing now, for people to look at. Never part of the state.
/// Threads: any.
class LiveMetrics {
 public:
  /// Predictions after which one counts half in the fading measures.
  static constexpr double half_life = 5'000;

  /// Prequential quality: the list that a user held when he chose, judged by what he chose (Gama et
  /// al., "On evaluating stream learning algorithms", 2013, fading factors). Each 0–1.
  struct Measures {
    double hit_rate = 0;  ///< share of the choices that stood in the list
    double mrr = 0;       ///< mean of 1 / rank from 1; 0 for a choice that is not in it
    double ndcg = 0;      ///< mean of 1 / log2(rank + 1)
  };

  /// What models and fusion say of themselves.
  struct Learned {
    FusionReport fusion;
    std::uint64_t pruned_pairs = 0;      ///< of all models
    std::optional<RatingError> ratings;  ///< of the first model that predicts ratings
  };

  struct Snapshot {
    std::uint64_t records = 0, events = 0;
    std::uint64_t catalog = 0;  ///< records of the catalogue
    std::uint64_t lists = 0, repeated = 0, without_consent = 0, clamped = 0, erased = 0,
                  checkpoints = 0;
    std::uint64_t similar = 0;        ///< lists of similar items
    std::uint64_t flooded = 0;        ///< events of users who had used up their share of learning
    std::uint64_t learned_again = 0;  ///< after a restart; their lists are out already
    std::uint64_t waiting_bytes = 0;  ///< records and lists between the stages
    std::uint64_t rejected = 0;
    std::map<std::string, std::uint64_t> rejected_by;  ///< by Rejection::code
    std::uint64_t predictions = 0;
    Measures quality;                    ///< of the lists held, fading
    Measures popular;                    ///< of what plain popularity would have shown instead
    LatencyHistogram latency;            ///< ns from a record read to its list encoded
    std::int64_t checkpoint_bytes = 0;   ///< of the newest checkpoint
    LatencyHistogram checkpoint_pause;   ///< ns that a checkpoint kept records waiting at a time
    LatencyHistogram checkpoint_pieces;  ///< ns of each piece of work at checkpoints
    std::string sample;                  ///< the newest list, as published
    Learned learned;                     ///< as of the newest checkpoint
  };

  void count(const Decoded& record, const Outcome& outcome);
  void published(std::int64_t latency_ns, const std::string& list);
  void learned_again();
  void waiting(std::size_t bytes);
  void worked_at_checkpoint(std::int64_t piece_ns);
  void learned(Learned learned);
  void checkpointed(std::size_t bytes, std::int64_t pause_ns);
  Snapshot snapshot() const;

 private:
  mutable std::mutex mutex_;
  Snapshot now_;
  double weight_ = 0;
  Measures sum_, popular_sum_;  ///< decayed, over `weight_` predictions
};

}  // namespace freshet
