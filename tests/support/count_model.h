#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "stream/engine.h"
#include "stream/model.h"
#include "stream/ranker.h"

namespace freshet::test {

/// The simplest model that can be checked by hand: an item's score is the sum of all users'
/// strengths on it. Rows: "count", id_key(item) → float.
class CountModel final : public Model {
 public:
  explicit CountModel(std::string name = "count") : name_(std::move(name)) {}

  std::string_view name() const override { return name_; }
  std::unique_ptr<Scratch> make_scratch() const override { return nullptr; }
  void candidates(const Query& query, Scratch& scratch, std::vector<Candidate>& out) const override;
  void score(const Query& query, Scratch& scratch, std::span<const ItemId> items,
             std::span<float> out) const override;
  void explain(const Query&, Scratch&, std::span<const ItemId>,
               std::vector<Reason>&) const override {}
  void learn(std::span<const Interaction> epoch) override;
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;
  std::size_t memory_bytes() const override { return counts_.size() * 8; }

  /// The best items, the highest first, ties by id.
  std::vector<Candidate> top(std::size_t limit) const;
  float count(ItemId item) const;

 private:
  void add(ItemId item, float strength);

  std::string name_;
  std::map<ItemId, float> counts_;
  std::set<ItemId> changed_;
};

/// score = count ("count") + strength of the user's own history ("own"); the user's own items are
/// candidates; what the catalogue takes off is in no list. Keeps the number of interactions learned
/// in row "fusion"/"learned".
class CountRanker final : public Ranker {
 public:
  explicit CountRanker(const CountModel& model) : model_(model) {}

  const std::vector<std::string>& part_names() const override { return part_names_; }
  std::unique_ptr<Scratch> make_scratch() const override;
  void rank(const Query& query, std::size_t size, bool want_by_model, Scratch& scratch,
            RankedList& out) const override;
  void learn(std::span<const Interaction> epoch) override { learned_ += epoch.size(); }
  void describe(ItemId item, const CatalogEntry* entry) override;
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;

 private:
  const CountModel& model_;
  std::vector<std::string> part_names_ = {"count", "own"};
  std::uint64_t learned_ = 0;
  std::set<ItemId> off_;  ///< withdrawn, unavailable, or out of stock
};

/// An engine's parts with a CountModel and a CountRanker.
Engine::Parts count_parts(const EngineOptions& engine = {}, const ListOptions& lists = {},
                          const EventOptions& events = {});

}  // namespace freshet::test
