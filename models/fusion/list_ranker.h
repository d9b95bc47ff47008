#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/fusion/gates.h"
#include "models/fusion/pool.h"
#include "models/popularity.h"
#include "stream/model.h"
#include "stream/ranker.h"

namespace freshet {

struct ListRankerOptions {
  std::uint32_t candidates = 50;
  GateOptions gates;
};

/// What a fusion weighs for one list.
struct Gathered {
  const Query& query;         ///< as the engine asked
  const CandidatePool& pool;  ///< every source's candidates, scores and ranks
  std::span<const std::unique_ptr<Scratch>> scratch;  ///< the sources', after `candidates`
  std::size_t size;                                   ///< entries that the list is to have
};

/// What every fusion shares: collects the candidates, lets a subclass score each of them and say
/// what each model gave to the best, and makes the list, its parts and reasons.
///
///  - Candidates: the union of each model's best, without the items that the gates or the user's
///  dislike
///    close out; every model's score is read for all of them. A list shorter than wanted is filled
///    up from popularity: its top first, then all items that ever had an event or are in the
///    catalogue, then the user's own.
///  - Popularity is always among the sources: if it is not among `models`, the ranker owns one,
///  learns it and gives it
///    the weight `own_popularity_weight`, so that it orders only what nothing else can tell apart.
///  - A model that gives a score that is not finite is left out of that list and counted in
///  `dropped()`.
///  - Parts are rounded to 1e-9 and an entry's score is their sum, so printed parts add up to
///  printed scores. They may be negative.
///  - Reasons: each model's own (Model::explain), scaled to its part in the entry if that is above
///  0, added up; the best three.
///
/// Cost of a list: the models', and O(candidates · models). Nothing is allocated once the scratch
/// is warm.
class ListRanker : public Ranker {
 public:
  static constexpr double own_popularity_weight = 0.001;

  /// `models` must outlive the ranker; another owner learns and saves them.
  ListRanker(std::vector<const Model*> models, const ListRankerOptions& options);

  const std::vector<std::string>& part_names() const override { return part_names_; }
  std::unique_ptr<Scratch> make_scratch() const override;
  void rank(const Query& query, std::size_t size, bool want_by_model, Scratch& scratch,
            RankedList& out) const override;
  void learn(std::span<const Interaction> epoch) override;
  /// Those of `report` that speak of a model as a whole.
  std::vector<std::pair<std::string, double>> weights() const override;
  void describe(ItemId item, const CatalogEntry* entry) override;
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;

  /// Lists that were made without one of the models, because its scores were not finite.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 protected:
  std::span<const Model* const> sources() const { return sources_; }
  const Popularity& popularity() const { return *popularity_; }
  /// Whether the source is the ranker's own popularity.
  bool is_own_popularity(std::size_t model) const {
    return own_popularity_ && model + 1 == sources_.size();
  }

  /// Working memory of `weigh` and `split` for one thread.
  virtual std::unique_ptr<Scratch> make_weighing() const = 0;
  /// Writes the finite score of each item of the pool. May leave what it wants to see again in
  /// `example`, which is empty.
  virtual void weigh(const Gathered& in, Scratch& weighing, std::span<float> scores,
                     std::string& example) const = 0;
  /// Writes each source's part in the score of the item at `place` of the pool last weighed; they
  /// add up to it but for rounding. Called for the few items of the list.
  virtual void split(const Gathered& in, Scratch& weighing, std::uint32_t place,
                     std::span<float> parts) const = 0;

 private:
  struct Work;

  void block_items(const Query& query, Work& work) const;
  void collect(const Query& query, std::size_t size, Work& work) const;
  void fill_up(const Query& query, std::size_t size, Work& work) const;
  void choose(const Query& query, std::size_t size, Work& work, RankedList& out) const;
  void give_reasons(const Query& query, Work& work, RankedList& out) const;
  void list_popular(std::size_t size, const Work& work, RankedList& out) const;
  void list_by_model(std::size_t size, const Work& work, RankedList& out) const;

  // Fixed after construction.
  const ListRankerOptions options_;
  std::unique_ptr<Popularity> own_popularity_;
  std::vector<const Model*> sources_;  ///< the models, then the own popularity
  const Popularity* popularity_ = nullptr;
  std::size_t popularity_place_ = 0;  ///< among the sources
  std::vector<std::string> part_names_;

  // Rank phase reads, learn phase writes.
  OwnItemGates gates_;
  std::vector<bool> withheld_;  ///< by item: the catalogue says that it is not recommendable
  std::vector<bool> offered_;   ///< by item: the catalogue says that it is

  // Any phase.
  mutable std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace freshet
