#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/table.h"
#include "models/content_index.h"
#include "models/rows.h"
#include "stream/model.h"

namespace freshet {

struct ContentOptions {
  std::uint32_t query_events = 10;
  double event_decay = 0.8;
  std::uint32_t query_tokens = 8;
  std::uint32_t token_items = 100;
  std::uint32_t newest_items = 40;
  std::uint32_t item_tokens = 32;
  double popularity_weight = 0.1;
};

config::Table<ContentOptions> describe_content();

/// Items like those that the user looked at, by what the catalogue says of them; the model that
/// finds items without any event (Lops, de Gemmis, Semeraro, "Content-based recommender systems:
/// state of the art and trends", in: Recommender Systems Handbook, 2011, §3.3.1.1).
///
/// An item is the vector v of its tokens (content_tokens.h), each weighing its idf
/// (content_index.h). A user is
///   q = Σ_d event_decay^d · v(i_d) / |v(i_d)|   over his newest `query_events` events on items
///   with tokens,
/// and
///   score(c) = (cos(q, v(c)) + max(0, cos(e_q, e(c)))) · (1 + popularity_weight · ln(1 +
///   holders(c)))
/// where e are the embeddings, if the catalogue gives some: e_q = Σ_d event_decay^d · e(i_d) /
/// |e(i_d)|, over those of as many numbers as the newest of them. holders(c): users with interest
/// in c, each counted once, so no single user makes an item popular, and interest that is taken
/// back or forgotten leaves nothing.
///
/// Candidates are those with one of the `query_tokens` heaviest tokens of q: of each at most
/// `token_items`, the most held and, in `newest_items` places, those that came last. `score` is the
/// formula for any item that is described, so an item that is no candidate may score higher than
/// one that is.
///
/// Cost: a query O(query_tokens · token_items · item_tokens), and as many products as an embedding
/// has numbers for each of the items found; an event O(item_tokens · token_items).
class Content final : public Model {
 public:
  explicit Content(const ContentOptions& options);

  std::string_view name() const override { return "content"; }
  std::unique_ptr<Scratch> make_scratch() const override;
  void candidates(const Query& query, Scratch& scratch, std::vector<Candidate>& out) const override;
  void score(const Query& query, Scratch& scratch, std::span<const ItemId> items,
             std::span<float> out) const override;
  void explain(const Query& query, Scratch& scratch, std::span<const ItemId> items,
               std::vector<Reason>& out) const override;
  void learn(std::span<const Interaction> epoch) override;
  void describe(ItemId item, const CatalogEntry* entry) override;
  bool save_some(RowBatch& out, std::size_t rows_max) override;
  Status restore(const RowReader& rows, std::size_t items) override;
  std::size_t memory_bytes() const override;

 private:
  struct Work;

  void make_profile(const UserView& user, Work& work) const;
  float score_of(const Work& work, ItemId item) const;
  float length(ItemId item) const;
  std::span<const float> embedding(ItemId item) const {
    return item.index() < embeddings_.size() ? std::span<const float>(embeddings_[item.index()])
                                             : std::span<const float>();
  }
  float factor(ItemId item) const {
    return item.index() < factors_.size() ? factors_[item.index()] : 1;
  }
  void hold(ItemId item, bool holds);
  void set_holders(ItemId item, std::uint32_t holders);

  // Fixed after construction.
  const ContentOptions options_;
  std::vector<float> event_weight_;

  // Rank phase reads; the learn phase and `describe` write.
  ContentIndex index_;
  std::vector<std::vector<float>> embeddings_;  ///< by item, of length 1; empty: none
  std::vector<float> factors_;  ///< by item: 1 + popularity_weight · ln(1 + holders)

  // Learn phase only.
  DirtyRows dirty_;
};

}  // namespace freshet
