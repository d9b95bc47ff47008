#include "models/evaluation/evaluator.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>

namespace freshet {
namespace {

constexpr std::size_t chunk_events = 256;

std::int64_t place(const std::vector<ItemId>& list, ItemId item) {
  const auto at = std::find(list.begin(), list.end(), item);
  return item.is_none() || at == list.end() ? -1 : at - list.begin();
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Units of a rating's scale in one unit of weight, of the types that were judged; 1 if they have
/// several scales, so that the error is on the scale of weights.
double rating_unit(const EventTypes& types, const std::vector<QualityByModel>& by_type) {
  double unit = 0;
  for (std::size_t t = 0; t < by_type.size(); ++t) {
    const EventTypeOptions& o = types[EventTypeId{static_cast<std::uint8_t>(t)}].options;
    if (o.action != EventAction::rate || by_type[t].empty()) continue;
    const double own = (o.scale_max - o.scale_min) / EventTypes::rating_weight_max;
    if (unit != 0 && own != unit) return 1;
    unit = own;
  }
  return unit == 0 ? 1 : unit;
}

}  // namespace

Evaluator::Evaluator(Engine& engine, const EvaluationOptions& options, Progress progress)
    : engine_(engine),
      options_(options),
      progress_(std::move(progress)),
      by_type_(engine.types().size()),
      rating_errors_(engine.models().size()) {
  assert(options.windows > 0);
  engine_.set_by_model(true);
}

bool Evaluator::is_prediction(const Event& event) const {
  return !event.item.empty() && engine_.types()[event.type].options.weight > 0;
}

void Evaluator::take(const Outcome& outcome, Judged& list) const {
  list.fused.clear();
  for (const List::Entry& entry : outcome.list.entries) {
    list.fused.push_back(engine_.items().find(entry.item));
  }
  list.by_model = outcome.by_model;
}

void Evaluator::judge(const Visitor& visitor, const Event& event, const Judged& list) {
  const ItemId item = engine_.items().find(event.item);
  places_.assign(1, place(list.fused, item));
  for (const auto& own : list.by_model) places_.push_back(place(own, item));
  const auto add = [&](QualityByModel& to) {
    for (std::size_t m = to.size(); m < places_.size(); ++m) {
      to.emplace_back(m == 0 ? "fused" : engine_.part_names()[m - 1], Quality{});
    }
    for (std::size_t m = 0; m < places_.size(); ++m) to[m].second.add(places_[m], options_.k);
  };
  const std::uint64_t choice = std::uint64_t{visitor.number} << 32 | item.value;
  add(out_.models);
  add(by_type_[event.type.value]);
  add(by_age_[visitor.events < options_.new_user_events ? 0 : 1]);
  add(!item.is_none() && chosen_.contains(choice) ? out_.repeats : out_.new_items);
  add(out_.windows.back().models);
  spread_.add(list.fused);
}

/// Processes a chunk, and judges by its records. `asked`: the list that was ranked just before the
/// first of them.
void Evaluator::run(std::span<const Decoded> chunk, Judging judging, const Judged* asked) {
  engine_.process(chunk, outcomes_).value();  // no rows, so none that cannot be read
  for (std::size_t c = 0; c < chunk.size(); ++c) {
    const Event* event = chunk[c].event();
    const Outcome& outcome = outcomes_[c];
    if (event == nullptr || outcome.repeated) continue;
    if (outcome.kind == Outcome::Kind::erased) {
      visitors_.erase(event->user);
      continue;
    }
    const auto [found, is_new] = visitors_.try_emplace(event->user);
    Visitor& visitor = found->second;
    if (is_new) visitor.number = next_number_++;
    const bool in_session = !judging.session || visitor.session == event->session;
    if (is_prediction(*event)) {
      if (c == 0 && asked != nullptr) {
        judge(visitor, *event, *asked);
      } else if (judging.held && visitor.holds && in_session) {
        judge(visitor, *event, visitor.held);
      }
    }
    const ItemId item = event->item.empty() ? ItemId{} : engine_.items().find(event->item);
    if (!item.is_none()) {
      spread_.count_event(item);
      if (is_prediction(*event) && event->consent) {
        ++visitor.events;
        chosen_.insert(std::uint64_t{visitor.number} << 32 | item.value);
      }
    }
    if (outcome.kind == Outcome::Kind::list && judging.hold) {
      visitor.holds = true;
      visitor.session = event->session;
      if (judging.lists) take(outcome, visitor.held);
    }
  }
  done_ += chunk.size();
  if (progress_) progress_(done_, all_);
}

/// Judging begins: `records` are left. What the models know of their errors so far does not count.
void Evaluator::begin_judging(std::size_t records) {
  judged_begin_ = done_;
  judged_ = records;
  begin_window();
  add_rating_errors(-1);
}

void Evaluator::begin_window() {
  const std::size_t windows =
      std::min<std::size_t>(options_.windows, std::max<std::size_t>(judged_, 1));
  EvaluationWindow& window = out_.windows.emplace_back();
  window.begin = done_;
  window.end = judged_begin_ + judged_ * out_.windows.size() / windows;
}

/// Records until the window ends.
std::size_t Evaluator::left_in_window() {
  EvaluationWindow& window = out_.windows.back();
  if (done_ < window.end) return window.end - done_;
  window.weights = engine_.ranker().weights();
  begin_window();
  return out_.windows.back().end - done_;
}

/// Of how many records the first may have been asked for, and no other needs to be.
std::size_t Evaluator::until_next_request(std::span<const Decoded> log) const {
  std::size_t n = 1;
  for (; n < log.size(); ++n) {
    const Event* event = log[n].event();
    if (event == nullptr || !is_prediction(*event)) continue;
    const auto visitor = visitors_.find(event->user);
    if (visitor != visitors_.end() && visitor->second.holds) break;
    const auto same_user = [&](const Decoded& d) {
      return d.event() != nullptr && d.event()->user == event->user;
    };
    if (std::any_of(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(n), same_user)) break;
  }
  return n;
}

/// A list of the user as of now, if the record will judge one.
bool Evaluator::ask(const Decoded& record, Judged& list) {
  const Event* event = record.event();
  if (event == nullptr || !is_prediction(*event)) return false;
  const auto visitor = visitors_.find(event->user);
  if (visitor == visitors_.end() || !visitor->second.holds) return false;
  Outcome now;
  engine_.set_by_model(true);
  engine_.answer(event->user, event->time_ms, now).value();
  engine_.set_by_model(false);
  take(now, list);
  return true;
}

EvaluationResult Evaluator::prequential(std::span<const Decoded> log, double from, Ranked ranked) {
  const Stopwatch watch;
  all_ = log.size();
  const bool held = ranked == Ranked::held;
  engine_.set_by_model(held);
  const auto first = static_cast<std::size_t>(std::ceil(from * static_cast<double>(log.size())));
  while (done_ < first) {
    run(log.subspan(done_, std::min(chunk_events, first - done_)), {.lists = held}, nullptr);
  }
  begin_judging(log.size() - first);
  Judged asked;
  while (done_ < log.size()) {
    const std::size_t limit = std::min(chunk_events, left_in_window());
    const std::span<const Decoded> next = log.subspan(done_, limit);
    if (held) {
      run(next, {.held = true}, nullptr);
    } else {
      const bool was_asked = ask(next[0], asked);
      run(next.first(until_next_request(next)), {.lists = false}, was_asked ? &asked : nullptr);
    }
  }
  return result("prequential", watch.seconds());
}

EvaluationResult Evaluator::session(std::span<const Decoded> train, std::span<const Decoded> test,
                                    bool learn_test) {
  const Stopwatch watch;
  all_ = train.size() + test.size();
  while (done_ < train.size()) {
    run(train.subspan(done_, std::min(chunk_events, train.size() - done_)), {.hold = false},
        nullptr);
  }
  engine_.close_epoch();
  engine_.set_learning(learn_test);
  begin_judging(test.size());
  while (done_ < all_) {
    const std::size_t limit = std::min(chunk_events, left_in_window());
    run(test.subspan(done_ - train.size(), limit), {.held = true, .session = true}, nullptr);
  }
  return result("session", watch.seconds());
}

void Evaluator::add_rating_errors(int sign) {
  for (std::size_t m = 0; m < rating_errors_.size(); ++m) {
    const auto error = engine_.models()[m]->rating_error();
    if (!error) continue;
    rating_errors_[m].count += static_cast<std::uint64_t>(sign) * error->count;
    rating_errors_[m].squared += sign * error->squared;
  }
}

EvaluationResult Evaluator::result(std::string protocol, double seconds) {
  out_.windows.back().weights = engine_.ranker().weights();
  out_.protocol = std::move(protocol);
  out_.k = options_.k;
  out_.events = done_;
  out_.seconds = seconds;
  if (out_.models.empty()) out_.models.emplace_back("fused", Quality{});
  for (std::size_t t = 0; t < by_type_.size(); ++t) {
    if (by_type_[t].empty()) continue;
    out_.by_type.emplace_back(engine_.types()[EventTypeId{static_cast<std::uint8_t>(t)}].name,
                              by_type_[t]);
  }
  for (const std::size_t age : {0U, 1U}) {
    if (by_age_[age].empty()) continue;
    out_.by_age.emplace_back(age == 0 ? "new" : "returning", by_age_[age]);
  }
  const std::size_t items = engine_.items().size();
  out_.coverage = spread_.coverage(items);
  out_.novelty = spread_.novelty();
  out_.diversity = spread_.gini_diversity(items);
  engine_.close_epoch();  // the newest ratings are predicted when they are learned
  add_rating_errors(1);
  const double unit = rating_unit(engine_.types(), by_type_);
  for (std::size_t m = 0; m < rating_errors_.size(); ++m) {
    const RatingError& error = rating_errors_[m];
    if (error.count == 0) continue;
    const double mse =
        std::max(error.squared, 0.0) / static_cast<double>(error.count) * unit * unit;
    out_.ratings.push_back({std::string(engine_.models()[m]->name()), error.count, mse});
  }
  for (const auto& model : engine_.models()) {
    const std::uint64_t pruned = model->pruned_pairs();
    if (pruned > 0) out_.pruned_pairs.emplace_back(model->name(), pruned);
  }
  return std::move(out_);
}

}  // namespace freshet
