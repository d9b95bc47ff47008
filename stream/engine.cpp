#include "stream/engine.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "stream/clock.h"

namespace freshet {

namespace {

constexpr std::uint32_t nothing = 0xffffffffU;
/// Fewer interactions are learned sooner by the calling thread than by waking the others.
constexpr std::size_t shared_learning_min = 8;

std::int16_t place(const std::vector<ItemId>& list, ItemId item) {
  const auto at = std::find(list.begin(), list.end(), item);
  return at == list.end() ? std::int16_t{-1} : static_cast<std::int16_t>(at - list.begin());
}

}  // namespace

/// The records of one user among those being ranked, chained in order.
struct Engine::Group {
  Users::Slot user;  ///< none: unknown, and not to be stored
  std::uint32_t first = 0, last = 0;
};

/// What one thread works with.
struct Engine::Worker {
  std::unique_ptr<Scratch> scratch;
  RankedList ranked;
  std::vector<std::uint32_t> order;
  std::vector<std::int64_t> nanos;
  Interaction unused;
};

Engine::Engine(Parts parts)
    : options_(parts.engine),
      list_options_(parts.lists),
      included_(parts.lists.include),
      types_(parts.events.types, parts.known_types),
      fold_(parts.users, parts.events.session_gap.count, types_),
      models_(std::move(parts.models)),
      ranker_(std::move(parts.ranker)),
      executor_(parts.engine.threads),
      similar_(parts.similar),
      pieces_(models_.size() + 2),
      memory_budget_(parts.memory_budget) {
  for (const auto& model : models_) {
    if (similar_.on() && model->knows_similar()) similar_model_ = model.get();
  }
  for (std::size_t i = 0; i < executor_.threads(); ++i) {
    workers_.push_back(std::make_unique<Worker>());
    workers_.back()->scratch = ranker_->make_scratch();
  }
}

Engine::~Engine() = default;

Status Engine::process(std::span<const Decoded> records, std::vector<Outcome>& out) {
  out.clear();
  out.resize(records.size());
  if (Status s = load_users(records); !s) return s;
  const std::span<Outcome> outcomes(out);
  std::size_t begin = 0;  // records before this are ranked
  const auto rank_until = [&](std::size_t end) {
    rank(records.subspan(begin, end - begin), outcomes.subspan(begin, end - begin));
    begin = end;
  };
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (const CatalogRecord* record = records[i].catalog()) {
      rank_until(i);
      describe(*record);
      begin = i + 1;
      continue;
    }
    const Event* event = records[i].event();
    if (event == nullptr) {
      out[i].kind = Outcome::Kind::rejected;
      continue;
    }
    const bool erases = types_[event->type].options.action == EventAction::forget;
    if (!event->consent && !erases) continue;  // leaves no trace, not even in where epochs end
    if (epoch_records_ > 0 && event->time_ms - epoch_first_ms_ >= options_.epoch_span.count) {
      rank_until(i);
      close_epoch(*event, out[i]);
    }
    if (epoch_records_ == 0) epoch_first_ms_ = event->time_ms;
    ++epoch_records_;
    if (erases) {
      // Ends its epoch: what he added is taken back before the next checkpoint, and none of his
      // events waits in it.
      rank_until(i);
      erase(*event, out[i]);
      begin = i + 1;
      close_epoch(*event, out[i]);
      continue;
    }
    if (epoch_records_ >= options_.epoch_events) {
      rank_until(i + 1);
      close_epoch(*event, out[i]);
    }
  }
  rank_until(records.size());
  users_.measure();
  return {};
}

Status Engine::load_users(std::span<const Decoded> records) {
  names_.clear();
  for (const Decoded& record : records) {
    if (const Event* event = record.event()) names_.push_back(event->user);
  }
  return users_.load(names_, items_.size(), executor_);
}

void Engine::close_epoch() {
  if (epoch_records_ > 0) learn();
}

void Engine::close_epoch(const Event& last, Outcome& out) {
  const std::uint32_t events = epoch_records_;
  learn();
  if (similar_model_ != nullptr) {
    similar_.collect(*similar_model_, catalog_, items_, events, last.time_ms, out.similar);
  }
}

void Engine::reserve_pending(std::size_t count) {
  if (pending_.size() < count) pending_.resize(count);
  if (slot_used_.size() < count) slot_used_.resize(count);
}

void Engine::rank(std::span<const Decoded> records, std::span<Outcome> out) {
  if (records.empty()) return;
  const std::int64_t start = system_clock().steady_ns();
  reserve_pending(pending_count_ + records.size());
  std::fill_n(slot_used_.begin() + static_cast<std::ptrdiff_t>(pending_count_), records.size(), 0);
  admit(records);
  executor_.run(groups_.size(), [&](std::size_t g, std::size_t worker) {
    rank_group(groups_[g], records, out, *workers_[worker]);
  });
  keep_learnable(records.size());
  phases_.rank_ns += system_clock().steady_ns() - start;
}

/// Gives ids, in engine order, and sorts the records by user.
void Engine::admit(std::span<const Decoded> records) {
  groups_.clear();
  next_.assign(records.size(), nothing);
  record_items_.assign(records.size(), ItemId{});
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    const Event* event = records[i].event();
    if (event == nullptr) continue;
    // Without consent nothing new is kept, not even a name.
    const Users::Slot user = event->consent ? users_.admit(event->user) : users_.find(event->user);
    if (event->consent) clock_.see(users_[user].id, event->time_ms);
    if (!event->item.empty()) {
      record_items_[i] = event->consent ? items_.intern(event->item) : items_.find(event->item);
    }
    if (user == Users::none) {
      groups_.push_back({user, i, i});
      continue;
    }
    if (group_of_.size() <= user) group_of_.resize(users_.slot_end(), nothing);
    std::uint32_t& g = group_of_[user];
    if (g < groups_.size() && groups_[g].user == user) {
      next_[groups_[g].last] = i;
      groups_[g].last = i;
    } else {
      g = static_cast<std::uint32_t>(groups_.size());
      groups_.push_back({user, i, i});
    }
  }
}

/// Closes the gaps between the used slots, in engine order.
void Engine::keep_learnable(std::size_t count) {
  const std::size_t end = pending_count_ + count;
  for (std::size_t i = pending_count_; i < end; ++i) {
    if (slot_used_[i] == 0) continue;
    if (i != pending_count_) std::swap(pending_[i], pending_[pending_count_]);
    ++pending_count_;
  }
}

void Engine::rank_group(const Group& group, std::span<const Decoded> records,
                        std::span<Outcome> out, Worker& worker) {
  for (std::uint32_t i = group.first; i != nothing; i = next_[i]) {
    const Event& event = *records[i].event();
    if (!event.consent) {
      User visitor = group.user == Users::none ? User{} : users_[group.user];
      out[i].without_consent = true;
      if (UserFold::knows(visitor, event)) {
        out[i].repeated = true;
        continue;
      }
      Interaction& unused = worker.unused;
      fold_.apply(visitor, event, record_items_[i], unused,
                  {learned_, clock_.now_ms(), closed_items_});
      if (types_[event.type].options.refresh) {
        make_list(visitor, event.time_ms, event.type, out[i], worker);
      }
      continue;
    }
    rank_event(users_[group.user], record_items_[i], event, out[i], pending_count_ + i, worker);
  }
}

void Engine::rank_event(User& user, ItemId item, const Event& event, Outcome& out, std::size_t slot,
                        Worker& worker) {
  if (fold_.repeated(user, event)) {
    out.repeated = true;
    return;
  }
  const EventTypeOptions& type = types_[event.type].options;
  if (type.weight > 0 && !item.is_none() && !user.held.empty()) {
    out.predicted = true;
    out.hit = place(user.held, item);
    out.popular_hit = place(user.held_popular, item);
  }
  Interaction& interaction = pending_[slot];
  const UserFold::Taken taken =
      fold_.apply(user, event, item, interaction, {learned_, clock_.now_ms(), closed_items_});
  out.flooded = taken == UserFold::Taken::flooded;
  if (taken == UserFold::Taken::learned) {
    interaction.user = user.id;
    slot_used_[slot] = 1;
  }
  if (type.refresh) make_list(user, event.time_ms, event.type, out, worker);
}

Status Engine::answer(std::string_view name, std::int64_t now_ms, Outcome& out) {
  out = Outcome{};
  if (Status s = users_.load({&name, 1}, items_.size(), executor_); !s) return s;
  const Users::Slot slot = users_.find(name);
  User copy = slot == Users::none ? User{} : users_[slot];
  copy.held.clear();
  const EventTypeId type = copy.recent.empty() ? EventTypeId{} : copy.recent.front().type;
  make_list(copy, now_ms, type, out, *workers_[0]);
  users_.measure();
  return {};
}

void Engine::make_list(User& user, std::int64_t now_ms, EventTypeId type, Outcome& out,
                       Worker& worker) const {
  const std::int64_t since = now_ms - user.list_ms;
  if (!user.held.empty() && since >= 0 && since < list_options_.min_interval.count) return;
  Query query{user.view(), now_ms, type};
  query.items = closed_items_;
  RankedList& ranked = worker.ranked;
  ranker_->rank(query, list_options_.size, want_by_model_, *worker.scratch, ranked);
  out.by_model = ranked.by_model;

  // What is printed decides ties, so the order is settled on rounded scores and names.
  const std::size_t n = ranked.entries.size();
  const std::size_t width = part_names().size();
  worker.order.resize(n);
  worker.nanos.resize(n);
  std::iota(worker.order.begin(), worker.order.end(), 0U);
  for (std::size_t i = 0; i < n; ++i) worker.nanos[i] = score_nanos(ranked.entries[i].score);
  std::sort(worker.order.begin(), worker.order.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (worker.nanos[a] != worker.nanos[b]) return worker.nanos[a] > worker.nanos[b];
    return items_.name(ranked.entries[a].item) < items_.name(ranked.entries[b].item);
  });
  const auto held_as_ranked = [&] {
    return user.held.size() == n &&
           std::equal(user.held.begin(), user.held.end(), worker.order.begin(),
                      [&](ItemId held, auto i) { return held == ranked.entries[i].item; });
  };
  if (list_options_.suppress_unchanged && held_as_ranked()) return;

  out.kind = Outcome::Kind::list;
  out.list.entries.resize(n);
  out.list.parts.resize(n * width);
  if (!included_.empty()) out.list.included.resize(n);
  user.held.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const RankedList::Entry& from = ranked.entries[worker.order[i]];
    List::Entry& to = out.list.entries[i];
    to.item = items_.name(from.item);
    to.score = from.score;
    to.because_count = from.because_count;
    for (std::uint8_t b = 0; b < from.because_count; ++b) {
      to.because[b] = items_.name(from.because[b]);
    }
    std::copy_n(ranked.parts.begin() + static_cast<std::ptrdiff_t>(worker.order[i] * width), width,
                out.list.parts.begin() + static_cast<std::ptrdiff_t>(i * width));
    user.held[i] = from.item;
    const CatalogEntry* entry = included_.empty() ? nullptr : catalog_.find(from.item);
    if (entry != nullptr) included_.write(*entry, out.list.included[i]);
  }
  user.held_popular = ranked.popular;
  // As long as it is, not twice as long as the one before: it is most of a user's memory.
  const std::size_t room = user.example.capacity();
  if (ranked.example.size() > room || room > ranked.example.size() * 5 / 4) {
    user.example = std::string(ranked.example);
  } else {
    user.example.assign(ranked.example);
  }
  user.list_ms = now_ms;
}

/// The shop's new word on an item holds from the next record on, and does not count towards an
/// epoch.
void Engine::describe(const CatalogRecord& record) {
  const ItemId item = items_.intern(record.item);
  const bool recommendable = catalog_.recommendable(item);
  catalog_.set(item, record.entry);
  tell(item);
  if (similar_model_ != nullptr && catalog_.recommendable(item) != recommendable) {
    similar_.recommendable_changed(item, *similar_model_);
  }
}

void Engine::tell(ItemId item) {
  const CatalogEntry* entry = catalog_.find(item);
  for (const auto& model : models_) model->describe(item, entry);
  ranker_->describe(item, entry);
}

/// Erases a user, and leaves to the models what his history added.
void Engine::erase(const Event& event, Outcome& out) {
  out.kind = Outcome::Kind::erased;
  const Users::Slot slot = users_.find(event.user);
  if (slot == Users::none) return;
  reserve_pending(pending_count_ + 1);
  Interaction& interaction = pending_[pending_count_++];
  User& user = users_[slot];
  interaction.user = user.id;
  interaction.item = ItemId{};
  interaction.type = event.type;
  interaction.weight = interaction.old_strength = interaction.new_strength = 0;
  interaction.time_ms = event.time_ms;
  interaction.session = user.session;
  interaction.learned = learned_;
  interaction.undone = Interaction::none;
  interaction.rating = false;
  interaction.forget = true;
  interaction.history = std::move(user.history);
  interaction.recent = std::move(user.recent);
  interaction.segments = std::move(user.segments);
  interaction.fusion_weight = 1;
  interaction.example.clear();
  clock_.forget(user.id);
  users_.erase(slot);
}

void Engine::learn() {
  const std::int64_t start = system_clock().steady_ns();
  const std::span<const Interaction> epoch(pending_.data(), pending_count_);
  const auto teach = [&](std::size_t i, std::size_t) {
    if (i < models_.size()) {
      models_[i]->learn(epoch);
    } else {
      ranker_->learn(epoch);
    }
  };
  const std::size_t learners = learning_ && !epoch.empty() ? models_.size() + 1 : 0;
  if (epoch.size() < shared_learning_min) {
    for (std::size_t i = 0; i < learners; ++i) teach(i, 0);
  } else {
    executor_.run(learners, teach);
  }
  if (learning_) {
    learned_ += static_cast<std::uint64_t>(std::count_if(
        epoch.begin(), epoch.end(), [](const Interaction& x) { return x.positive(); }));
  }
  clock_.tick();
  pending_count_ = 0;
  epoch_records_ = 0;
  closed_items_ = static_cast<std::uint32_t>(items_.size());
  ++epochs_;
  phases_.learn_ns += system_clock().steady_ns() - start;
}

}  // namespace freshet
