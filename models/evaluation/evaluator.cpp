#include "models/evaluation/evaluator.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace freshet {
namespace {

constexpr std::size_t chunk_events = 256;

std::int64_t place(const std::vector<ItemId>& list, ItemId item) {
  const auto at = std::find(list.begin(), list.end(), item);
  return at == list.end() ? -1 : at - list.begin();
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

Evaluator::Evaluator(Engine& engine, std::size_t k, Progress progress)
    : engine_(engine), k_(k), progress_(std::move(progress)), quality_(1) {
  engine_.set_by_model(true);
}

void Evaluator::note(std::size_t events) {
  done_ += events;
  if (progress_) progress_(done_, all_);
}

/// Runs a chunk, and counts how often each item occurs.
void Evaluator::process(std::span<const Decoded> chunk) {
  engine_.process(chunk, outcomes_).value();  // no rows, so none that cannot be read
  if (item_events_.size() < engine_.items().size()) item_events_.resize(engine_.items().size());
  for (const Decoded& record : chunk) {
    const Event* event = record.event();
    if (event == nullptr || event->item.empty()) continue;
    const ItemId item = engine_.items().find(event->item);
    if (item.is_none()) continue;
    ++item_events_[item.index()];
    ++all_item_events_;
  }
  note(chunk.size());
}

void Evaluator::learn(std::span<const Decoded> log) {
  for (std::size_t i = 0; i < log.size(); i += chunk_events) {
    process(log.subspan(i, std::min(chunk_events, log.size() - i)));
  }
}

bool Evaluator::is_prediction(const Event& event) const {
  return !event.item.empty() && engine_.types()[event.type].options.weight > 0;
}

void Evaluator::judge(const Held& held, const Event& event) {
  const ItemId item = engine_.items().find(event.item);
  quality_.resize(std::max(quality_.size(), held.by_model.size() + 1));
  quality_[0].add(item.is_none() ? -1 : place(held.fused, item), k_);
  for (std::size_t m = 0; m < held.by_model.size(); ++m) {
    quality_[m + 1].add(item.is_none() ? -1 : place(held.by_model[m], item), k_);
  }
  if (listed_.size() < engine_.items().size()) listed_.resize(engine_.items().size());
  for (const ItemId listed : held.fused) {
    listed_[listed.index()] = true;
    const double n = static_cast<double>(std::max<std::uint64_t>(item_events_[listed.index()], 1));
    novelty_bits_ -=
        std::log2(n / static_cast<double>(std::max<std::uint64_t>(all_item_events_, 1)));
    ++novelty_items_;
  }
}

void Evaluator::hold(Held& held, const Event& event, Outcome& outcome) {
  held.session = event.session;
  held.fused.clear();
  for (const List::Entry& entry : outcome.list.entries) {
    held.fused.push_back(engine_.items().find(entry.item));
  }
  held.by_model = std::move(outcome.by_model);
}

EvaluationResult Evaluator::prequential(std::span<const Decoded> log, double from, Ranked ranked) {
  const Stopwatch watch;
  all_ = log.size();
  const auto first = static_cast<std::size_t>(std::ceil(from * static_cast<double>(log.size())));
  // A list ranked at the request needs the state just before each event.
  const std::size_t step = ranked == Ranked::request ? 1 : chunk_events;
  for (std::size_t i = 0; i < log.size();) {
    const std::size_t n =
        std::min(i < first ? std::min(chunk_events, first - i) : step, log.size() - i);
    const std::span<const Decoded> chunk = log.subspan(i, n);
    const Event* event = chunk[0].event();
    if (ranked == Ranked::request && i >= first && event != nullptr && is_prediction(*event) &&
        held_.contains(event->user)) {
      Outcome now;
      engine_.answer(event->user, event->time_ms, now);
      Held held;
      hold(held, *event, now);
      judge(held, *event);
    }
    process(chunk);
    for (std::size_t c = 0; c < n; ++c) {
      event = chunk[c].event();
      if (event == nullptr || outcomes_[c].repeated) continue;
      const auto held = held_.find(event->user);
      if (ranked == Ranked::held && i + c >= first && held != held_.end() &&
          is_prediction(*event)) {
        judge(held->second, *event);
      }
      if (outcomes_[c].kind == Outcome::Kind::list) hold(held_[event->user], *event, outcomes_[c]);
      if (outcomes_[c].kind == Outcome::Kind::erased) held_.erase(event->user);
    }
    i += n;
  }
  return result("prequential", watch.seconds());
}

EvaluationResult Evaluator::session(std::span<const Decoded> train, std::span<const Decoded> test,
                                    bool learn_test) {
  const Stopwatch watch;
  all_ = train.size() + test.size();
  learn(train);
  engine_.close_epoch();
  engine_.set_learning(learn_test);
  for (std::size_t i = 0; i < test.size(); i += chunk_events) {
    const std::size_t n = std::min(chunk_events, test.size() - i);
    process(test.subspan(i, n));
    for (std::size_t c = 0; c < n; ++c) {
      const Event* event = test[i + c].event();
      if (event == nullptr || outcomes_[c].repeated) continue;
      const auto held = held_.find(event->user);
      if (held != held_.end() && held->second.session == event->session && is_prediction(*event)) {
        judge(held->second, *event);
      }
      if (outcomes_[c].kind == Outcome::Kind::list) hold(held_[event->user], *event, outcomes_[c]);
    }
  }
  return result("session", watch.seconds());
}

EvaluationResult Evaluator::result(std::string protocol, double seconds) const {
  EvaluationResult r;
  r.protocol = std::move(protocol);
  r.k = k_;
  r.events = done_;
  r.seconds = seconds;
  r.models.emplace_back("fused", quality_[0]);
  for (std::size_t m = 1; m < quality_.size(); ++m) {
    r.models.emplace_back(engine_.part_names()[m - 1], quality_[m]);
  }
  const auto listed = static_cast<double>(std::count(listed_.begin(), listed_.end(), true));
  const std::size_t items = engine_.items().size();
  r.coverage = items == 0 ? 0 : listed / static_cast<double>(items);
  r.novelty = novelty_items_ == 0 ? 0 : novelty_bits_ / static_cast<double>(novelty_items_);
  return r;
}

}  // namespace freshet
