#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/evaluation/quality.h"
#include "stream/decoder.h"
#include "stream/engine.h"

namespace freshet {

/// Which list is judged by an event.
enum class Ranked {
  held,     ///< the one the user got with his previous event
  request,  ///< one ranked for him just before the event
};

struct EvaluationResult {
  std::string protocol;
  std::size_t k = 0;
  std::uint64_t events = 0;  ///< processed, the learning part too
  double seconds = 0;
  std::vector<std::pair<std::string, Quality>> models;  ///< "fused" first, then each model
  double coverage = 0;  ///< share of the known items that stood in at least one judged list
  double novelty = 0;   ///< bits: mean of −log2(share of all events that the listed item has)
};

/// Runs logs through the serving path and judges its lists.
///
/// Prequential (test, then learn): every event of a type of positive weight by a user who holds a
/// list is one prediction (Gama et al., "On evaluating stream learning algorithms", 2013). Session:
/// learn from one log, then for every event but the last of each session of another, compare the
/// list after it with the next event.
class Evaluator {
 public:
  using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

  /// `engine` is new, with lists of size k. It must outlive the evaluator.
  Evaluator(Engine& engine, std::size_t k, Progress progress);

  /// Judges the part of `log` from the share `from` (0–1) on.
  EvaluationResult prequential(std::span<const Decoded> log, double from, Ranked ranked);
  /// A session of `test` is what one user did under one `session` id; without ids, all that he did
  /// there. `learn_test`: the test sessions are learned from too, as they come.
  EvaluationResult session(std::span<const Decoded> train, std::span<const Decoded> test,
                           bool learn_test);

 private:
  struct Held {
    std::string session;
    std::vector<ItemId> fused;
    std::vector<std::vector<ItemId>> by_model;
  };

  void learn(std::span<const Decoded> log);
  void process(std::span<const Decoded> chunk);
  bool is_prediction(const Event& event) const;
  void judge(const Held& held, const Event& event);
  void hold(Held& held, const Event& event, Outcome& outcome);
  void note(std::size_t events);
  EvaluationResult result(std::string protocol, double seconds) const;

  Engine& engine_;
  const std::size_t k_;
  const Progress progress_;
  std::vector<Outcome> outcomes_;
  std::unordered_map<std::string, Held> held_;
  std::vector<Quality> quality_;  ///< fused, then each part's (Ranker::part_names)
  std::vector<std::uint64_t> item_events_;
  std::vector<bool> listed_;
  std::uint64_t all_item_events_ = 0;
  double novelty_bits_ = 0;
  std::uint64_t novelty_items_ = 0;
  std::uint64_t done_ = 0, all_ = 0;
};

}  // namespace freshet
