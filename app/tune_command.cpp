#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <mutex>

#include "app/commands.h"
#include "app/read_log.h"
#include "app/text.h"
#include "app/trials.h"
#include "app/wiring.h"
#include "app/write_file.h"
#include "models/evaluation/evaluator.h"
#include "models/evaluation/halving.h"
#include "state/memory_store.h"
#include "stream/clock.h"
#include "stream/executor.h"

namespace freshet {
namespace {

/// In a rung the second half of its records is judged.
constexpr double rung_from = 0.5;

/// Measures configurations on parts of one log, several at a time, one thread each.
class Bench {
 public:
  Bench(const Settings& given, const TuneArguments& a, std::span<const Decoded> catalog,
        std::span<const Decoded> log, const std::vector<Trial>& trials)
      : arguments_(a),
        catalog_(catalog),
        log_(log),
        trials_(trials),
        executor_(std::min<std::size_t>(given.engine.threads, trials.size())),
        deadline_ns_(a.seconds == 0 ? 0
                                    : system_clock().steady_ns() +
                                          static_cast<std::int64_t>(a.seconds) * 1'000'000'000),
        bar_("tune") {}

  std::vector<std::optional<double>> score(std::span<const std::uint32_t> trials,
                                           std::size_t records) {
    std::vector<std::optional<double>> scores(trials.size());
    ++rungs_;
    begin("tune: " + grouped(trials.size()) + " on " + grouped(records), trials.size() * records);
    executor_.run(trials.size(), [&](std::size_t i, std::size_t) {
      // The given configuration is measured at least once: there is something to go on with.
      const bool needed = rungs_ == 1 && i == 0;
      if (!needed && deadline_ns_ != 0 && system_clock().steady_ns() > deadline_ns_) return;
      scores[i] = value(measure(trials[i], log_.first(records), rung_from));
    });
    bar_.clear();
    return scores;
  }

  /// Some configurations on the whole log, judged from `arguments.from` on.
  std::vector<Quality> compare(const std::vector<std::uint32_t>& trials) {
    std::vector<Quality> out(trials.size());
    begin("tune: compare", trials.size() * log_.size());
    executor_.run(trials.size(), [&](std::size_t i, std::size_t) {
      out[i] = measure(trials[i], log_, arguments_.from);
    });
    bar_.clear();
    return out;
  }

  double value(const Quality& q) const {
    return arguments_.measure == "hr" ? q.hr() : arguments_.measure == "mrr" ? q.mrr() : q.ndcg();
  }
  std::uint64_t runs() const { return runs_; }

 private:
  void begin(std::string what, std::uint64_t records) {
    bar_ = ProgressBar(std::move(what));
    done_ = 0;
    all_ = records;
  }

  Quality measure(std::uint32_t trial, std::span<const Decoded> log, double from) {
    Settings settings = trials_[trial].settings;
    settings.engine.threads = 1;
    const MemoryStore nothing;
    const auto engine = make_engine(settings, nothing).value();  // as one was made before
    std::vector<Outcome> described;
    engine->process(catalog_, described).value();  // reads no user's row
    std::uint64_t seen = 0;
    const auto note = [&](std::uint64_t done, std::uint64_t) {
      const std::lock_guard lock(mutex_);
      done_ += done - seen;
      seen = done;
      bar_.show(done_, all_);
    };
    Evaluator evaluator(*engine, {.k = settings.lists.size, .windows = 1}, note);
    ++runs_;
    return evaluator.prequential(log, from, Ranked::held).models.front().second;
  }

  const TuneArguments& arguments_;
  const std::span<const Decoded> catalog_;  ///< known whole before the log's first event
  const std::span<const Decoded> log_;
  const std::vector<Trial>& trials_;
  Executor executor_;
  const std::int64_t deadline_ns_;
  std::size_t rungs_ = 0;
  std::atomic<std::uint64_t> runs_{0};
  std::mutex mutex_;  ///< of what follows
  ProgressBar bar_;
  std::uint64_t done_ = 0, all_ = 0;
};

std::string rungs_text(const std::vector<Rung>& rungs, const std::string& measure) {
  std::vector<std::vector<std::string>> rows = {
      {"rung", "configurations", "records", "best " + measure, "given " + measure, "best is"}};
  for (const Rung& rung : rungs) {
    const auto given = std::find_if(rung.scores.begin(), rung.scores.end(),
                                    [](const Rung::Score& s) { return s.trial == 0; });
    const std::uint32_t best = rung.scores.front().trial;
    rows.push_back({std::to_string(rows.size()), grouped(rung.trials), grouped(rung.records),
                    fixed(rung.scores.front().score, 4),
                    given == rung.scores.end() ? "-" : fixed(given->score, 4),
                    best == 0 ? "given" : "no. " + std::to_string(best)});
    if (rung.scores.size() < rung.trials) {
      rows.back().back() +=
          ", " + grouped(rung.trials - rung.scores.size()) + " not measured: the time was over";
    }
  }
  return text_table(rows);
}

std::string changes_text(const Trial& trial) {
  std::vector<std::vector<std::string>> rows = {{"option", "given", "found"}};
  for (const Trial::Change& c : trial.changes) rows.push_back({c.name, c.before, c.after});
  return text_table(rows);
}

std::string comparison_text(const std::vector<Quality>& measured, std::size_t k) {
  const std::string at = "@" + std::to_string(k);
  std::vector<std::vector<std::string>> rows = {{"", "HR" + at, "MRR" + at, "NDCG" + at}};
  const Quality &given = measured[0], &found = measured[1];
  rows.push_back({"given", fixed(given.hr(), 4), fixed(given.mrr(), 4), fixed(given.ndcg(), 4)});
  rows.push_back({"found", fixed(found.hr(), 4), fixed(found.mrr(), 4), fixed(found.ndcg(), 4)});
  const auto gain = [](double before, double after) {
    return (after < before ? "" : "+") + fixed(after - before, 4);
  };
  rows.push_back({"gain", gain(given.hr(), found.hr()), gain(given.mrr(), found.mrr()),
                  gain(given.ndcg(), found.ndcg())});
  return text_table(rows);
}

Status check_names(const Settings& settings, const TuneArguments& a) {
  for (const std::string& name : a.only) {
    if (!tunable_options(settings, {name}).empty()) continue;
    std::string known;
    for (const config::Tunable& t : tunable_options(settings, {})) {
      known += (known.empty() ? "" : ", ") + t.name;
    }
    return error("--only: '" + name +
                 "' is no number of the models or the fusion; there are: " + known);
  }
  return {};
}

}  // namespace

int tune_command(const Settings& settings, const TuneArguments& a) {
  if (Status s = check_names(settings, a); !s) {
    failed(s.error().message);
    return exit_usage;
  }
  if (Status s = a.to.empty() ? Status() : can_write_file("--to", a.to); !s) {
    return failed(s.error().message);
  }
  const auto options = tunable_options(settings, a.only);
  if (options.empty()) return failed("there is nothing to tune: no model or fusion has a number");
  const auto trials = draw_trials(settings, options, a.trials, a.seed);
  if (!trials) return failed(trials.error().message);

  const MemoryStore nothing;
  const auto engine = make_engine(settings, nothing);
  if (!engine) return failed(engine.error().message);
  const auto log = read_log(a.events, settings.events, (*engine)->types());
  if (!log) return failed(log.error().message);
  tell_rejected(a.events, *log);
  std::vector<Decoded> catalog;
  if (!a.catalog.empty()) {
    auto read = read_log(a.catalog, settings.events, (*engine)->types(), catalog_partition(0));
    if (!read) return failed(read.error().message);
    tell_rejected(a.catalog, *read);
    catalog = std::move(*read);
  }
  const auto choosing = static_cast<std::size_t>(a.from * static_cast<double>(log->size()));

  Bench bench(settings, a, catalog, *log, *trials);
  const HalvingOptions halving{.trials = a.trials, .records = choosing};
  const auto rungs =
      successive_halving(halving, [&](std::span<const std::uint32_t> t, std::size_t records) {
        return bench.score(t, records);
      });
  if (rungs.empty() || choosing == 0) return failed(a.events + ": there is nothing to learn from");
  std::string which;
  for (const std::string& name : a.only) which += (which.empty() ? "" : ", ") + name;
  std::printf("%s numbers of %s; %s configurations drawn near the given one (seed %s)\n\n%s\n",
              grouped(options.size()).c_str(), which.empty() ? "models and fusion" : which.c_str(),
              grouped(trials->size() - 1).c_str(), std::to_string(a.seed).c_str(),
              rungs_text(rungs, a.measure).c_str());
  const std::uint32_t best = rungs.back().scores.front().trial;
  const Settings* winner = &settings;
  if (best == 0) {
    std::puts("nothing better was found: the given configuration stays");
  } else {
    const auto measured = bench.compare({0, best});
    if (measured[0].predictions() == 0) {
      return failed("there is no prediction to judge in " + a.events + " from --from on");
    }
    const bool better = bench.value(measured[1]) > bench.value(measured[0]);
    if (better) winner = &(*trials)[best].settings;
    std::printf(
        "%s\non the records after the share %s of the log, which chose nothing (%s "
        "predictions):\n%s%s\n",
        changes_text((*trials)[best]).c_str(), fixed(a.from, 2).c_str(),
        grouped(measured[0].predictions()).c_str(),
        comparison_text(measured, settings.lists.size).c_str(),
        better ? "" : "\nnot better there: the given configuration stays");
  }
  std::printf("%s runs\n", grouped(bench.runs()).c_str());
  if (a.to.empty()) return exit_done;
  const std::string text = config::changes(describe_settings(), *winner, {"models", "fusion"});
  if (Status s = write_file("--to", a.to, text); !s) return failed(s.error().message);
  std::printf("written to %s: the %s models and fusion, where they differ from the defaults\n",
              a.to.c_str(), winner == &settings ? "given" : "found");
  return exit_done;
}

}  // namespace freshet
