#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stream/catalog.h"
#include "stream/decoder.h"
#include "stream/dictionary.h"
#include "stream/event_types.h"
#include "stream/executor.h"
#include "stream/included_fields.h"
#include "stream/list.h"
#include "stream/model.h"
#include "stream/ranker.h"
#include "stream/settings.h"
#include "stream/shop_clock.h"
#include "stream/similar.h"
#include "stream/user.h"
#include "stream/users.h"

namespace freshet {

/// What became of one record.
struct Outcome {
  enum class Kind : std::uint8_t {
    none,      ///< taken in, or dropped as a repeat; nothing goes out
    list,      ///< `list` is to be published
    erased,    ///< the user was erased; his output key is to be tombstoned
    rejected,  ///< the record could not be used
  };
  Kind kind = Kind::none;
  bool repeated = false;  ///< an event id seen before: dropped
  bool without_consent = false;
  bool flooded = false;           ///< the user has used up his share of learning: it is his alone
  bool predicted = false;         ///< the user held a list, and this was a choice
  std::int16_t hit = -1;          ///< where in that list the item stood, from 0; −1: not in it
  std::int16_t popular_hit = -1;  ///< the same for plain popularity
  List list;
  std::vector<SimilarList> similar;  ///< to be published, if this record closed an epoch
  std::vector<std::vector<ItemId>>
      by_model;  ///< each model's own list, as `part_names`, if asked for
};

/// The heart: takes records in engine order, answers each with an outcome, and learns at the end of
/// each epoch. Everything that comes out, and the rows, are a pure function of the records, their
/// order and the options: the number of threads and the sizes of the spans given to `process`
/// change nothing.
///
/// Threads: one thread calls; `options.threads` work inside.
class Engine {
 public:
  struct Parts {
    EngineOptions engine;
    EventOptions events;
    UserOptions users;
    ListOptions lists;
    SimilarOptions similar{.size = 0, .min_interval = {}, .events_per_list = 1};
    KnownTypes known_types;  ///< of the state to be restored: `stored_event_types`
    std::uint64_t memory_budget =
        std::numeric_limits<std::uint64_t>::max();  ///< bytes of state in memory, see `trim`
    std::vector<std::unique_ptr<Model>> models;
    std::unique_ptr<Ranker> ranker;  ///< over `models`
  };

  explicit Engine(Parts parts);
  ~Engine();

  /// Outcomes of `records`, one each, replace `out`. Error: a user's row cannot be read; the engine
  /// is of no use then.
  Status process(std::span<const Decoded> records, std::vector<Outcome>& out);

  /// Ranks a list for a user now, without an event of his: from what he did and what was learned up
  /// to the newest closed epoch. Changes nothing. A user who is not known gets what strangers get.
  Status answer(std::string_view user, std::int64_t now_ms, Outcome& out);

  /// Ends the open epoch before its time. Only for measuring: it moves the cut of every later
  /// epoch.
  void close_epoch();
  /// Off: users change, the models and the ranker do not. Only for measuring.
  void set_learning(bool on) { learning_ = on; }
  /// Fill Outcome::by_model.
  void set_by_model(bool on) { want_by_model_ = on; }

  /// Prepares `save`: copies some `rows_max` rows of each model, and of the users, that has more
  /// changed ones, so that little is left for it. A row that changes again is copied again. True:
  /// none has more than that left. Cost: memory copies; models in parallel.
  bool save_ahead(std::size_t rows_max);
  /// A checkpoint: replaces `out` by all rows that changed since the last one, as they are now; of
  /// two with the same key the later one counts, and pieces count in order. The epoch may be open:
  /// what it has not yet taught is a row too. Returns the checkpoint's number, from 1.
  std::uint64_t save(std::vector<RowBatch>& out);
  void save(RowBatch& out);  ///< the same in one piece
  /// The rows of checkpoints up to this one are in the store that `restore` was given.
  void durable(std::uint64_t checkpoint) { users_.durable(checkpoint); }
  /// Keeps to the memory budget: users who have not come for long are let go, and read from the
  /// store when they come back. The models and the names of the items stay; at least an eighth of
  /// the budget is the users'. Changes no answer.
  void trim();
  /// Bytes that the next checkpoint will take, of users alone.
  std::size_t unsaved_bytes() const { return users_.unsaved_bytes(); }

  /// Fills a new engine from rows, which must outlive it: users are read when they come. Rows of
  /// models that are not configured are appended to `stale` as erasures: they are no fold of what
  /// comes from now on. Error: a newer format, or a damaged row.
  Status restore(const RowReader& rows, RowBatch& stale);

  const std::vector<std::string>& part_names() const { return ranker_->part_names(); }
  const EventTypes& types() const { return types_; }
  const ItemDictionary& items() const { return items_; }
  const Catalog& catalog() const { return catalog_; }
  const Users& users() const { return users_; }
  const std::vector<std::unique_ptr<Model>>& models() const { return models_; }
  const Ranker& ranker() const { return *ranker_; }
  std::uint64_t epochs() const { return epochs_; }

  struct Phases {
    std::int64_t rank_ns = 0, learn_ns = 0;
  };
  Phases phases() const { return phases_; }

 private:
  struct Group;
  struct Worker;

  Status load_users(std::span<const Decoded> records);
  void rank(std::span<const Decoded> records, std::span<Outcome> out);
  void admit(std::span<const Decoded> records);
  void keep_learnable(std::size_t count);
  void rank_group(const Group& group, std::span<const Decoded> records, std::span<Outcome> out,
                  Worker& worker);
  void rank_event(User& user, ItemId item, const Event& event, Outcome& out, std::size_t slot,
                  Worker& worker);
  void make_list(User& user, std::int64_t now_ms, EventTypeId type, Outcome& out,
                 Worker& worker) const;
  void erase(const Event& event, Outcome& out);
  void describe(const CatalogRecord& record);
  void tell(ItemId item);
  void learn();
  /// Ends the epoch, and leaves to its last record what is to be said of it.
  void close_epoch(const Event& last, Outcome& out);
  void reserve_pending(std::size_t count);
  void save_meta(RowBatch& out);
  Status restore_meta(const RowReader& rows);
  Status restore_models(const RowReader& rows);
  Status restore_clock(const RowReader& rows);

  // Fixed after construction.
  EngineOptions options_;
  ListOptions list_options_;
  IncludedFields included_;
  EventTypes types_;
  UserFold fold_;
  std::vector<std::unique_ptr<Model>> models_;
  std::unique_ptr<Ranker> ranker_;
  Executor executor_;
  std::vector<std::unique_ptr<Worker>> workers_;
  bool learning_ = true;
  bool want_by_model_ = false;

  // Changed between phases, by the calling thread; the rank phase reads them.
  ItemDictionary items_;
  Catalog catalog_;
  Users users_;
  SimilarLists similar_;
  Model* similar_model_ = nullptr;       // the one that knows similar items, if they are wanted
  std::vector<Group> groups_;            // of the records being ranked, one a user
  std::vector<std::uint32_t> group_of_;  // by user's slot: index into groups_, if that is his group
  std::vector<std::string_view> names_;  // of the users of the records being processed
  std::vector<std::uint32_t> next_;      // by record: the next one of the same group
  std::vector<ItemId> record_items_;     // by record

  // The open epoch. The rank phase fills slots; their vectors keep their memory from epoch to
  // epoch.
  std::vector<Interaction> pending_;
  std::vector<std::uint8_t> slot_used_;
  std::size_t pending_count_ = 0;
  std::uint32_t epoch_records_ = 0;
  std::int64_t epoch_first_ms_ = 0;
  std::uint64_t epochs_ = 0;
  ShopClock clock_;
  std::uint32_t closed_items_ = 0;  ///< of `items_`, when the newest epoch closed
  std::uint64_t learned_ = 0;       ///< interactions of positive weight, in closed epochs

  // The checkpoint being made: one piece a model, then the ranker's and the engine's own.
  std::vector<RowBatch> pieces_;
  std::uint64_t checkpoint_ = 1;
  std::uint64_t memory_budget_;
  std::size_t models_bytes_ = 0;       // as of `models_sized_at_`
  std::uint64_t models_sized_at_ = 0;  // a checkpoint
  Phases phases_;
};

/// The names of the event types in a state, by id; empty for a new state. Error: a newer format.
Result<KnownTypes> stored_event_types(const RowReader& rows);

}  // namespace freshet
