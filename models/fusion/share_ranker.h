#pragma once

#include "models/fusion/list_ranker.h"

namespace freshet {

/// A fusion whose scores are sums of what each source gives, one source at a time.
class ShareRanker : public ListRanker {
 public:
  using ListRanker::ListRanker;

 protected:
  /// Writes what source `model` gives to each item of the pool, at least 0, into `out`, which is
  /// all 0 and has one place an item.
  virtual void give_shares(const CandidatePool& pool, std::size_t model,
                           std::span<float> out) const = 0;

  std::unique_ptr<Scratch> make_weighing() const final;
  void weigh(const Gathered& in, Scratch& weighing, std::span<float> scores,
             std::string& example) const override;
  void split(const Gathered& in, Scratch& weighing, std::uint32_t place,
             std::span<float> parts) const final;
};

}  // namespace freshet
