#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/read_log.h"
#include "app/text.h"
#include "app/wiring.h"
#include "models/evaluation/evaluator.h"
#include "state/memory_store.h"

namespace freshet {
namespace {

std::string json_text(const EvaluationResult& r) {
  nlohmann::ordered_json out;
  out["protocol"] = r.protocol;
  out["predictions"] = r.models.front().second.predictions();
  out["k"] = r.k;
  for (const auto& [name, q] : r.models) {
    out["models"][name] = {{"hr", q.hr()}, {"mrr", q.mrr()}, {"ndcg", q.ndcg()}};
  }
  out["coverage"] = r.coverage;
  out["novelty"] = r.novelty;
  out["events_per_second"] = static_cast<double>(r.events) / std::max(r.seconds, 1e-9);
  return out.dump() + "\n";
}

std::string table_text(const EvaluationResult& r) {
  const std::string k = "@" + std::to_string(r.k);
  std::vector<std::vector<std::string>> rows = {{"model", "HR" + k, "MRR" + k, "NDCG" + k}};
  for (const auto& [name, q] : r.models) {
    rows.push_back({name, fixed(q.hr(), 4), fixed(q.mrr(), 4), fixed(q.ndcg(), 4)});
  }
  return text_table(rows) + "\n" + grouped(r.models.front().second.predictions()) +
         " predictions (" + r.protocol + "), " + grouped(r.events) + " events in " +
         fixed(r.seconds, 1) + " s; coverage " + percent(r.coverage) + ", novelty " +
         fixed(r.novelty, 2) + " bits\n";
}

void tell_rejected(const std::string& path, const std::vector<Decoded>& log) {
  const auto rejected =
      std::count_if(log.begin(), log.end(), [](const Decoded& d) { return d.event() == nullptr; });
  if (rejected == 0) return;
  const auto first =
      std::find_if(log.begin(), log.end(), [](const Decoded& d) { return d.event() == nullptr; });
  std::fprintf(stderr, "freshet: %s: %s of %s records cannot be used; the first, line %s: %s\n",
               path.c_str(), grouped(static_cast<std::uint64_t>(rejected)).c_str(),
               grouped(log.size()).c_str(), std::to_string(first->offset + 1).c_str(),
               std::get<Rejection>(first->what).reason.c_str());
}

}  // namespace

int evaluate_command(const Settings& given, const EvaluateArguments& a) {
  Settings settings = given;
  settings.similar.size = 0;  // nobody reads them here
  const MemoryStore nothing;
  auto engine = make_engine(settings, nothing);
  if (!engine) return failed(engine.error().message);
  const bool by_session = a.protocol == "session";
  const std::string& first_path = by_session ? a.train : a.events;
  auto first = read_log(first_path, settings.events, (*engine)->types());
  if (!first) return failed(first.error().message);
  tell_rejected(first_path, *first);
  std::vector<Decoded> test;
  if (by_session) {
    auto read = read_log(a.test, settings.events, (*engine)->types());
    if (!read) return failed(read.error().message);
    tell_rejected(a.test, *read);
    test = std::move(*read);
  }

  ProgressBar bar("evaluate");
  Evaluator evaluator(**engine, settings.lists.size,
                      [&](std::uint64_t done, std::uint64_t all) { bar.show(done, all); });
  const EvaluationResult result =
      by_session ? evaluator.session(*first, test, a.learn_test)
                 : evaluator.prequential(*first, a.from,
                                         a.rank == "request" ? Ranked::request : Ranked::held);
  if (result.models.front().second.predictions() == 0) {
    return failed("there is no prediction to judge in " + (by_session ? a.test : a.events) +
                  ": no user has two events in the judged part");
  }
  std::fputs((a.json ? json_text(result) : table_text(result)).c_str(), stdout);
  return exit_done;
}

}  // namespace freshet
