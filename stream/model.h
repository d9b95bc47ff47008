#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stream/catalog.h"
#include "stream/ids.h"
#include "stream/result.h"
#include "stream/store.h"

namespace freshet {

/// What a user did with one item, all his events on it together.
struct HistoryItem {
  ItemId item;
  float strength = 0;         ///< the largest weight among the types in `types`; below 0: disliked
  std::int64_t last_ms = 0;   ///< time of his newest event on it
  std::uint32_t session = 0;  ///< ordinal of the user's session of that event
  std::uint32_t types = 0;    ///< bit t: he has an event of type t on it
  std::uint16_t count = 0;    ///< events on it, saturating; if `order` > 0, those learned
  EventTypeId strongest;      ///< the type that gave `strength`
  std::uint8_t undoable[2] = {0,
                              0};  ///< events of the types that another type takes back, saturating
  float rating = 0;                ///< weight of the newest rating, if any
  /// Place among the user's items in which the models were told of his interest, from 1; later ones
  /// move up when he takes it back. 0: they were told of none, or it was taken back.
  std::uint32_t order = 0;

  /// What the models have been told: at least 0.
  float known_strength() const { return order > 0 && strength > 0 ? strength : 0; }
};

/// One event of a user's near past.
struct RecentEvent {
  ItemId item;
  EventTypeId type;
  std::uint32_t session = 0;
  std::int64_t time_ms = 0;
  std::uint64_t learned = 0;  ///< Interaction::learned of it, or `not_learned`

  static constexpr std::uint64_t not_learned = 0xffffffffffffffffU;
  bool known() const { return learned != not_learned; }
};

/// What is known of a user at one moment. Views are valid during the call that they are passed to.
struct UserView {
  UserId user;
  std::span<const HistoryItem> history;  ///< distinct items, the newest first, bounded
  std::span<const RecentEvent> recent;   ///< events of positive weight, the newest first, bounded
  std::uint32_t session = 0;             ///< ordinal of his current session, from 1
  std::uint32_t session_events = 0;      ///< events in it so far
  std::span<const std::uint64_t> segments;  ///< hashes of "name=value" of his attributes, sorted
};

/// "What would this user choose next?"
/// A set of items that somebody else keeps, by id. Valid as long as it is not changed.
class ItemSet {
 public:
  static constexpr std::uint32_t inside = 0xffffffffU;

  ItemSet() = default;
  /// Those whose mark is `inside`.
  explicit ItemSet(std::span<const std::uint32_t> marks) : marks_(marks) {}
  /// Cost: O(1).
  bool contains(std::uint32_t item) const { return item < marks_.size() && marks_[item] == inside; }

 private:
  std::span<const std::uint32_t> marks_;
};

struct Query {
  UserView user;
  std::int64_t now_ms = 0;
  EventTypeId type;  ///< of the event that asks
  std::size_t limit = 50;
  ItemSet hidden = {};  ///< not to be proposed: the list will not hold them
  /// Items that had come by when the newest epoch closed have ids below this.
  std::uint32_t items = 0;
};

struct Candidate {
  ItemId item;
  float score = 0;
};

/// What the rank phase noticed and the learn phase learns: one event of one user on one item.
struct Interaction {
  UserId user;
  ItemId item;
  EventTypeId type;
  float weight = 0;        ///< of the event: 0 or less takes interest back
  float old_strength = 0;  ///< known_strength of (user, item) before and after this event
  float new_strength = 0;
  std::int64_t time_ms = 0;
  std::uint32_t session = 0;  ///< ordinal of the user's session, from 1
  bool rating = false;        ///< `weight` is what he says of the item, 0 the least
  /// What his choice counts for where the fusion weighs its parts, 0..1: less the more he chose
  /// before. 0: he has used up what it learns of him at all; to the models it is as any.
  float fusion_weight = 1;
  bool forget = false;  ///< the user is erased: take back what `history` added. `item` is none
  /// Interactions of positive weight that were learned before this one's epoch.
  std::uint64_t learned = 0;
  /// The event that this one takes back, as an index into `recent`; `none`: it takes none back, or
  /// one that is older than those.
  std::uint32_t undone = none;
  std::vector<HistoryItem> history;  ///< the user's, just before this event; the newest first
  std::vector<RecentEvent> recent;
  std::vector<std::uint64_t> segments;  ///< as UserView's
  /// What the ranker left with the list that the user held (RankedList::example), if this is the
  /// first event of positive weight since; else empty. From a row: any bytes.
  std::string example;

  static constexpr std::uint32_t none = 0xffffffffU;

  bool positive() const { return !forget && weight > 0; }
  /// The order that an item has which enters now.
  std::uint32_t next_order() const {
    std::uint32_t newest = 0;
    for (const HistoryItem& h : history) newest = h.order > newest ? h.order : newest;
    return newest + 1;
  }
};

/// Working memory of one thread for one model, made by the model itself.
class Scratch {
 public:
  virtual ~Scratch() = default;
};

/// One of the user's own items and how much it contributed to a candidate. Any scale: shares are
/// taken.
struct Reason {
  std::uint32_t candidate;  ///< index into the items asked about
  ItemId because;
  float weight;  ///< above 0
};

/// How far a model's predictions of ratings were from what came, each made before it was learned.
struct RatingError {
  std::uint64_t count = 0;  ///< ratings predicted so far
  double squared = 0;       ///< sum of (predicted − given)², in units of Interaction::weight
};

/// An item that goes with another.
struct SimilarItem {
  ItemId item;
  double score = 0;    ///< above 0
  double support = 0;  ///< how much of what was seen of the two speaks for it, in users' strengths
};

/// A way to find and score candidates, learned one event at a time.
///
/// The rank phase calls the `const` members from several threads at once, each with its own
/// scratch; the learn phase calls the others from one thread, while nobody ranks. Everything is a
/// pure function of the interactions learned, their order and the options: no clock, no log, no
/// randomness but a seeded one.
class Model {
 public:
  virtual ~Model() = default;

  /// The registry's name, e.g. "session_knn"; also the name of its share in `parts` and of its
  /// rows.
  virtual std::string_view name() const = 0;

  virtual std::unique_ptr<Scratch> make_scratch() const = 0;

  /// Replaces `out` by at most `query.limit` candidates with finite scores above 0, the highest
  /// first, ties by item id. Leaves in `scratch` what `score` and `explain` need for the same
  /// query.
  virtual void candidates(const Query& query, Scratch& scratch,
                          std::vector<Candidate>& out) const = 0;

  /// The scores of any items for the query last given to `candidates`; 0 where the model knows
  /// nothing. `out` has the size of `items`. Cost: O(1) an item.
  virtual void score(const Query& query, Scratch& scratch, std::span<const ItemId> items,
                     std::span<float> out) const = 0;

  /// Names of scores that the model can give apart, e.g. because it blends them in `score`; empty:
  /// none but that one. Fixed for the model's life.
  virtual std::span<const std::string_view> signals() const { return {}; }
  /// As `score`, of one of `signals()`.
  virtual void score_signal(std::size_t signal, Scratch& scratch, std::span<const ItemId> items,
                            std::span<float> out) const {
    (void)signal;
    (void)scratch;
    (void)items;
    (void)out;
  }

  /// Appends, for each of `items`, which of the user's own items its score came from. Called for
  /// those of a finished list that the model speaks for, after `candidates` with the same query.
  virtual void explain(const Query& query, Scratch& scratch, std::span<const ItemId> items,
                       std::vector<Reason>& out) const = 0;

  /// Learns the interactions of one epoch, in engine order.
  virtual void learn(std::span<const Interaction> epoch) = 0;

  /// The catalogue's new word on an item, which stays valid until the next one; null: withdrawn.
  /// Called while nobody ranks, and after `restore` once for every entry that there is, in the
  /// order of ids. So what a model keeps of it depends on the newest entries alone, not on their
  /// order, and is not saved.
  virtual void describe(ItemId item, const CatalogEntry* entry) {
    (void)item;
    (void)entry;
  }

  /// If more than about `rows_max` rows changed since they were last saved, appends that many of
  /// them, those that changed first, in spaces that begin with the model's name. True: no more than
  /// that are left. `every_row`: appends all.
  virtual bool save_some(RowBatch& out, std::size_t rows_max) = 0;
  void save(RowBatch& out) { save_some(out, every_row); }

  /// Fills a new model from its rows, in a state of `items` items. Error: a row that cannot be
  /// read or that names another item, named. Restoring what was saved gives a model with the same
  /// bytes in every later answer and row. Other models may be filled meanwhile, on other threads.
  virtual Status restore(const RowReader& rows, std::size_t items) = 0;

  /// Whether the model knows which items go with which, whoever asks.
  virtual bool knows_similar() const { return false; }
  /// Appends the items of the highest scores, at most `limit`, that the catalogue does not call
  /// unrecommendable, in any order.
  virtual void similar(ItemId item, const Catalog& catalog, std::size_t limit,
                       std::vector<SimilarItem>& out) const {
    (void)item, (void)catalog, (void)limit, (void)out;
  }
  /// Appends the items whose similar items `learn` may have changed since the last call, each once,
  /// in any order. Called after every epoch, so it is never saved.
  virtual void take_changed(std::vector<ItemId>& out) { (void)out; }

  /// Pairs of items that the model knows of and counts no more, since they can hardly come to
  /// matter.
  virtual std::uint64_t pruned_pairs() const { return 0; }

  /// Of a model that predicts ratings; none: it does not.
  virtual std::optional<RatingError> rating_error() const { return std::nullopt; }

  /// Bytes held, approximately. Bounded by the options.
  virtual std::size_t memory_bytes() const = 0;
};

}  // namespace freshet
