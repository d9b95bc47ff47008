#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
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

struct EvaluationOptions {
  std::size_t k = 20;  ///< length of the engine's lists
  std::uint32_t new_user_events =
      5;                       ///< a user with fewer earlier events of positive weight is new
  std::uint32_t windows = 40;  ///< equal parts of the judged records, at most; at least 1
};

/// A part of the judged records, in order.
struct EvaluationWindow {
  std::uint64_t begin = 0, end = 0;                     ///< records of the whole log
  QualityByModel models;                                ///< empty: no prediction in it
  std::vector<std::pair<std::string, double>> weights;  ///< Ranker::weights at its end
};

/// How far a model's predicted ratings were from what was given, on the scale of the ratings.
struct RatingQuality {
  std::string model;
  std::uint64_t ratings = 0;
  double mse = 0;
};

struct EvaluationResult {
  std::string protocol;
  std::size_t k = 0;
  std::uint64_t events = 0;  ///< processed, the learning part too
  double seconds = 0;
  QualityByModel models;  ///< over all predictions
  // Parts of the predictions, only those that have any:
  std::vector<std::pair<std::string, QualityByModel>> by_type;  ///< of the choice, by type's id
  std::vector<std::pair<std::string, QualityByModel>> by_age;   ///< "new", "returning" users
  QualityByModel repeats;    ///< the user had chosen this item before
  QualityByModel new_items;  ///< he had not
  std::vector<EvaluationWindow> windows;
  double coverage = 0, novelty = 0, diversity = 0;  ///< of the fused lists: ListSpread
  std::vector<RatingQuality> ratings;               ///< of models that predict ratings
  /// Model::pruned_pairs at the end, of models that prune.
  std::vector<std::pair<std::string, std::uint64_t>> pruned_pairs;
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

  /// `engine` is new, with lists of size k. It must outlive the evaluator, which judges once.
  Evaluator(Engine& engine, const EvaluationOptions& options, Progress progress);

  /// Judges the part of `log` from the share `from` (0–1) on.
  EvaluationResult prequential(std::span<const Decoded> log, double from, Ranked ranked);
  /// A session of `test` is what one user did under one `session` id; without ids, all that he did
  /// there. `learn_test`: the test sessions are learned from too, as they come.
  EvaluationResult session(std::span<const Decoded> train, std::span<const Decoded> test,
                           bool learn_test);

 private:
  struct Judged {
    std::vector<ItemId> fused;
    std::vector<std::vector<ItemId>> by_model;
  };
  struct Visitor {
    std::uint32_t number = 0;  ///< a new one after an erasure
    std::uint32_t events = 0;  ///< of positive weight so far
    bool holds = false;
    std::string session;  ///< of the event that `held` answers
    Judged held;
  };
  struct Judging {
    bool held = false;     ///< an event judges the list that its user holds
    bool session = false;  ///< only within one session
    bool hold = true;      ///< lists are noted
    bool lists = true;     ///< what stands in them too, not only that there is one
  };

  void run(std::span<const Decoded> chunk, Judging judging, const Judged* asked);
  bool is_prediction(const Event& event) const;
  bool ask(const Decoded& record, Judged& list);
  std::size_t until_next_request(std::span<const Decoded> log) const;
  void judge(const Visitor& visitor, const Event& event, const Judged& list);
  void take(const Outcome& outcome, Judged& list) const;
  void begin_judging(std::size_t records);
  void begin_window();
  std::size_t left_in_window();
  void add_rating_errors(int sign);
  EvaluationResult result(std::string protocol, double seconds);

  Engine& engine_;
  const EvaluationOptions options_;
  const Progress progress_;
  EvaluationResult out_;
  std::vector<Outcome> outcomes_;
  std::unordered_map<std::string, Visitor> visitors_;
  std::unordered_set<std::uint64_t> chosen_;  ///< visitor's number and item of every choice so far
  std::uint32_t next_number_ = 0;
  std::vector<QualityByModel> by_type_;     ///< by type's id
  QualityByModel by_age_[2];                ///< new, returning
  std::vector<RatingError> rating_errors_;  ///< by model, of the judged part
  ListSpread spread_;
  std::vector<std::int64_t> places_;
  std::size_t judged_begin_ = 0, judged_ = 0;  ///< records
  std::size_t done_ = 0, all_ = 0;
};

}  // namespace freshet
