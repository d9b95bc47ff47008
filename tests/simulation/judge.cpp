#include "tests/simulation/judge.h"

#include <map>
#include <set>
#include <utility>

#include "state/digest.h"
#include "state/memory_store.h"
#include "stream/checkpoint.h"
#include "tests/simulation/recount.h"
#include "tests/simulation/sink.h"

namespace freshet::test {
namespace {

using CauseOf = std::pair<Partition, Offset>;

std::vector<Decoded> decoded_in(const Plan& plan, const std::vector<const Record*>& order) {
  std::vector<Record> records;
  for (const Record* record : order) records.push_back(*record);
  return decode_all(records, plan.events);
}

Positions positions_after(const std::vector<const Record*>& order) {
  Positions after;
  for (const Record* record : order) after[record->partition] = record->offset + 1;
  return after;
}

Output output_of(const Decoded& record, const Outcome& outcome, const Engine& engine) {
  Output out;
  out.partition = record.partition;
  out.offset = record.offset;
  const Event* event = record.event();
  if (event == nullptr) {
    out.channel = Channel::rejected;
    out.key = record.rejected.key;
    out.value = record.rejected.value;
    out.reason = std::get<Rejection>(record.what).reason;
    return out;
  }
  out.key = event->user;
  if (outcome.kind == Outcome::Kind::list) {
    const Cause cause{"events", record.partition, record.offset, engine.types()[event->type].name};
    write_list(outcome.list, *event, cause, engine.part_names(), out.value.emplace());
  }
  return out;
}

/// "": in no list is an item that was withdrawn, unavailable or out of stock before.
std::string problem_of_offers(const std::vector<Decoded>& records,
                              const std::vector<Outcome>& outcomes) {
  std::set<std::string, std::less<>> off;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (const CatalogRecord* said = records[i].catalog()) {
      if (said->entry && said->entry->recommendable()) {
        off.erase(said->item);
      } else {
        off.insert(said->item);
      }
    }
    for (const List::Entry& entry : outcomes[i].list.entries) {
      if (off.count(entry.item) == 0) continue;
      return "the list of " + std::to_string(records[i].partition) + "/" +
             std::to_string(records[i].offset) + " offers " + std::string(entry.item) +
             ", which the catalogue had taken off";
    }
  }
  return "";
}

/// "": nothing is wrong.
std::string first_difference(const std::vector<Shown>& found, const std::vector<Shown>& wanted) {
  for (std::size_t i = 0; i < found.size() && i < wanted.size(); ++i) {
    if (found[i].line == wanted[i].line) continue;
    return "output " + std::to_string(i) + " is\n    " + found[i].line + "\n  in place of\n    " +
           wanted[i].line;
  }
  if (found.size() < wanted.size()) return "missing: " + wanted[found.size()].line;
  if (found.size() > wanted.size()) return "too many: " + found[wanted.size()].line;
  return "";
}

/// Each output at least once, each time the same, and those of a key in order.
std::string problem_of_repeats(const std::vector<Shown>& found, const std::vector<Shown>& wanted) {
  std::map<CauseOf, std::size_t> place;
  std::map<std::string, std::size_t> newest, last_found, first_found;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    place[{wanted[i].partition, wanted[i].offset}] = i;
    newest[wanted[i].key] = i;
  }
  std::set<std::size_t> seen;
  for (const Shown& s : found) {
    const auto at = place.find({s.partition, s.offset});
    const bool same = at != place.end() && wanted[at->second].line == s.line;
    if (!same && s.excused) continue;
    if (at == place.end()) return "not expected: " + s.line;
    if (!same) return "shown\n    " + s.line + "\n  in place of\n    " + wanted[at->second].line;
    last_found[s.key] = at->second;
    if (!seen.insert(at->second).second || s.excused) continue;
    const auto [before, first] = first_found.try_emplace(s.key, at->second);
    if (!first && before->second > at->second) {
      return "shown for the first time after a later one of the same key: " + s.line;
    }
    before->second = at->second;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (seen.count(i) == 0) return "missing: " + wanted[i].line;
  }
  for (const auto& [key, i] : newest) {
    if (last_found[key] != i) return "not the newest of its key at the end: " + wanted[i].line;
  }
  return "";
}

}  // namespace

Uninterrupted uninterrupted(const Plan& plan, const std::vector<const Record*>& order) {
  Uninterrupted result;
  const std::vector<Decoded> records = decoded_in(plan, order);
  Engine engine(engine_parts(plan, true));
  std::vector<Outcome> outcomes;
  engine.process(records, outcomes).value();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (outcomes[i].kind == Outcome::Kind::none) continue;
    result.shown.push_back(shown_of(output_of(records[i], outcomes[i], engine)));
  }
  result.problem = problem_of_offers(records, outcomes);
  RowBatch rows;
  engine.save(rows);
  put_place({positions_after(order), "a simulated log", ""}, rows);
  MemoryStore store;
  store.write(rows).value();
  result.digest = summarise(store).value().digest;
  return result;
}

Status check_prefix(World& world, const Positions& positions, bool rows_too) {
  std::size_t length = 0;
  for (const Record* record : world.order) {
    const auto at = positions.find(record->partition);
    if (at != positions.end() && record->offset < at->second) ++length;
  }
  world.order.resize(length);
  if (positions_after(world.order) != positions) {
    world.fail("the state's positions are not those of a beginning of the engine's order");
    return {};
  }
  if (!rows_too || length == 0) return {};
  const auto found = summarise(world.storage->rows());
  if (!found) return found.error();
  if (found->digest != uninterrupted(world.plan, world.order).digest) {
    world.fail("the state is not the fold of the " + std::to_string(length) +
               " records before its positions");
  }
  return {};
}

void judge(World& world) {
  if (Status s = world.storage->open(); !s) return world.fail("it says: " + s.error().message);
  const RowReader& rows = world.storage->rows();
  if (world.order.size() != world.log.size()) {
    return world.fail("of " + std::to_string(world.log.size()) + " records " +
                      std::to_string(world.order.size()) + " were taken");
  }
  const Uninterrupted wanted = uninterrupted(world.plan, world.order);
  if (!wanted.problem.empty()) world.fail(wanted.problem);
  if (!world.plan.real_models) {
    Recount recount(world.plan);
    std::vector<Shown> counted;
    for (const Decoded& record : decoded_in(world.plan, world.order)) {
      if (auto output = recount.take(record)) counted.push_back(shown_of(*output));
    }
    const std::string wrong = first_difference(wanted.shown, counted);
    if (!wrong.empty()) world.fail("the engine and the recount differ: " + wrong);
    const std::string kept = recount.problem_of(rows);
    if (!kept.empty()) world.fail("the state and the recount differ: " + kept);
  }
  const std::string wrong = world.plan.sink == Sink::Kind::keeps
                                ? problem_of_repeats(world.shown, wanted.shown)
                                : first_difference(world.shown, wanted.shown);
  if (!wrong.empty()) world.fail(wrong);
  const bool placed = stored_place(rows).value().positions == positions_after(world.order);
  if (!placed) world.fail("the state does not stand at the end of the log");
  if (placed && summarise(rows).value().digest != wanted.digest) {
    world.fail("the state differs from that of an engine that was never interrupted");
  }
}

}  // namespace freshet::test
