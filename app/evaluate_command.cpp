#include <cstdio>
#include <iterator>

#include "app/commands.h"
#include "app/evaluation_report.h"
#include "app/plot.h"
#include "app/read_log.h"
#include "app/text.h"
#include "app/wiring.h"
#include "app/write_file.h"
#include "models/evaluation/evaluator.h"
#include "state/memory_store.h"

namespace freshet {
namespace {

/// Appends the log in the file, and says what of it cannot be used.
Status add_log(const std::string& path, const EventOptions& options, const EventTypes& types,
               std::vector<Decoded>& log) {
  auto read = read_log(path, options, types);
  if (!read) return read.error();
  tell_rejected(path, *read);
  if (log.empty()) {
    log = std::move(*read);
  } else {
    std::move(read->begin(), read->end(), std::back_inserter(log));
  }
  return {};
}

/// The engine knows the whole catalogue before the first event.
Status take_in_catalog(const std::string& path, const Settings& settings, Engine& engine) {
  auto records = read_log(path, settings.events, engine.types(), catalog_partition(0));
  if (!records) return records.error();
  tell_rejected(path, *records);
  std::vector<Outcome> outcomes;
  return engine.process(*records, outcomes);
}

}  // namespace

int evaluate_command(const Settings& given, const EvaluateArguments& a) {
  Settings settings = given;
  settings.similar.size = 0;  // nobody reads them here
  const MemoryStore nothing;
  auto engine = make_engine(settings, nothing);
  if (!engine) return failed(engine.error().message);
  if (!a.catalog.empty()) {
    if (Status s = take_in_catalog(a.catalog, settings, **engine); !s) {
      return failed(s.error().message);
    }
  }
  const bool by_session = a.protocol == "session";
  std::vector<Decoded> first, test;
  for (const std::string& path : by_session ? a.train : std::vector{a.events}) {
    if (Status s = add_log(path, settings.events, (*engine)->types(), first); !s) {
      return failed(s.error().message);
    }
  }
  if (by_session) {
    if (Status s = add_log(a.test, settings.events, (*engine)->types(), test); !s) {
      return failed(s.error().message);
    }
  }
  if (Status s = a.plot.empty() ? Status() : can_write_file("--plot", a.plot); !s)
    return failed(s.error().message);

  ProgressBar bar("evaluate");
  const EvaluationOptions options{settings.lists.size, a.new_user_events, a.windows};
  Evaluator evaluator(**engine, options,
                      [&](std::uint64_t done, std::uint64_t all) { bar.show(done, all); });
  const EvaluationResult result =
      by_session ? evaluator.session(first, test, a.learn_test)
                 : evaluator.prequential(first, a.from,
                                         a.rank == "request" ? Ranked::request : Ranked::held);
  bar.clear();
  if (result.models.front().second.predictions() == 0) {
    return failed("there is no prediction to judge in " + (by_session ? a.test : a.events) +
                  ": no user has two events in the judged part");
  }
  std::fputs((a.json ? evaluation_json(result) : evaluation_table(result, options)).c_str(),
             stdout);
  if (a.plot.empty()) return exit_done;
  if (Status s = write_file("--plot", a.plot, quality_svg(result)); !s)
    return failed(s.error().message);
  return exit_done;
}

}  // namespace freshet
