// Any rows as a state are refused in words, or make parts that can be used, saved and restored.
//
// An input is a byte that chooses the part, and rows (rows.h).

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/registry.h"
#include "stream/dictionary.h"
#include "stream/engine.h"
#include "stream/executor.h"
#include "stream/state_format.h"
#include "stream/user.h"
#include "stream/users.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/rows.h"
#include "tests/fuzz/world.h"
#include "tests/support/hostile_corpus.h"

namespace freshet::fuzz {
namespace {

const World& world() {
  static const World the;
  return the;
}

/// Whether it was read; checks what is said if not.
bool was_read(const Status& status) {
  if (status) return true;
  check(status.error().message.size() > 16, "a refusal is a sentence");
  check(test::safe_to_print(status.error().message), "a refusal is printable");
  return false;
}

bool same(const std::vector<Candidate>& a, const std::vector<Candidate>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Candidate& l, const Candidate& r) {
                      return l.item == r.item && l.score == r.score;
                    });
}

std::vector<Candidate> ask(const Model& model, Scratch& scratch, const Query& query) {
  std::vector<Candidate> found;
  model.candidates(query, scratch, found);
  check(found.size() <= query.limit, "candidates are within the limit");
  std::vector<ItemId> items;
  for (std::size_t k = 0; k < found.size(); ++k) {
    check(found[k].score > 0 && std::isfinite(found[k].score), "scores are finite, above 0");
    check(found[k].item.index() < World::items, "candidates are items of the state");
    check(k == 0 || found[k - 1].score > found[k].score ||
              (found[k - 1].score == found[k].score && found[k - 1].item < found[k].item),
          "candidates are sorted");
    items.push_back(found[k].item);
  }
  std::vector<Reason> reasons;
  model.explain(query, scratch, items, reasons);
  for (const Reason& reason : reasons) {
    check(reason.candidate < items.size() && reason.weight > 0, "reasons are of candidates");
  }
  for (std::uint32_t item = 0; item < World::items + 2; ++item) items.emplace_back(item);
  std::vector<float> scores(items.size());
  model.score(query, scratch, items, scores);
  for (const float score : scores) check(std::isfinite(score), "every score is finite");
  return found;
}

void use(Model& model) {
  const auto scratch = model.make_scratch();
  for (std::uint32_t user = 0; user < World::users; ++user) {
    ask(model, *scratch, world().query(user));
  }
  model.learn(world().next());
}

/// What was read from any rows goes on as a model that learned them.
void check_model(const config::Tagged& options, Rows rows) {
  const auto model = make_model(options);
  if (!was_read(model->restore(rows, World::items))) return;
  World::describe(*model);
  use(*model);
  RowBatch batch;
  model->save(batch);
  rows.apply(batch);
  const auto back = make_model(options);
  check(was_read(back->restore(rows, World::items)), "what is saved can be restored");
  World::describe(*back);
  const auto one = model->make_scratch(), other = back->make_scratch();
  for (std::uint32_t user = 0; user < World::users; ++user) {
    const Query query = world().query(user);
    check(same(ask(*model, *one, query), ask(*back, *other, query)),
          "a restored model answers as the saved one");
  }
}

/// The user's list, which is as every list.
RankedList list_for(const Ranker& ranker, Scratch& scratch, std::uint32_t user) {
  RankedList list;
  ranker.rank(world().query(user), 20, true, scratch, list);
  check(!list.entries.empty(), "who has a history gets a list");
  for (const RankedList::Entry& entry : list.entries) {
    check(entry.item.index() < World::items, "listed are items of the state");
    check(std::isfinite(entry.score), "scores are finite");
  }
  for (const double part : list.parts) check(std::isfinite(part), "parts are finite");
  return list;
}

void check_ranker(const FusionKind& kind, const std::vector<config::Tagged>& options,
                  const Rows& rows) {
  std::vector<std::unique_ptr<Model>> models;
  std::vector<const Model*> pointers;
  for (const config::Tagged& o : options) {
    models.push_back(make_model(o));
    if (!was_read(models.back()->restore(rows, World::items))) return;
    pointers.push_back(models.back().get());
  }
  const auto ranker = kind.make(pointers, kind.defaults);
  if (!was_read(ranker->restore(rows, World::items))) return;
  const auto scratch = ranker->make_scratch();
  std::vector<Interaction> epoch = world().next();
  for (std::uint32_t user = 0; user < World::users; ++user) {
    RankedList list = list_for(*ranker, *scratch, user);
    epoch.push_back(world().choice(user, list.entries.back().item.value, std::move(list.example)));
  }
  ranker->learn(epoch);
  for (const auto& [name, weight] : ranker->weights()) {
    check(std::isfinite(weight), "weights are finite");
  }
  Rows saved = rows;
  RowBatch batch;
  ranker->save(batch);
  saved.apply(batch);
  const auto back = kind.make(pointers, kind.defaults);
  check(was_read(back->restore(saved, World::items)), "what is saved can be restored");
  const auto other = back->make_scratch();
  for (std::uint32_t user = 0; user < World::users; ++user) {
    const RankedList one = list_for(*ranker, *scratch, user);
    const RankedList two = list_for(*back, *other, user);
    check(std::equal(
              one.entries.begin(), one.entries.end(), two.entries.begin(), two.entries.end(),
              [](const auto& a, const auto& b) { return a.item == b.item && a.score == b.score; }),
          "a restored fusion lists as the saved one");
  }
}

/// Whether all items that the user teaches are the state's: the engine's to check.
bool knows_items(const User& user) {
  const auto known = [](const auto& entry) { return entry.item.index() < World::items; };
  return std::all_of(user.history.begin(), user.history.end(), known) &&
         std::all_of(user.recent.begin(), user.recent.end(), known);
}

/// What a user who was read did next is learned, and can be stored.
void teach(std::span<const Interaction> epoch, const std::vector<config::Tagged>& models) {
  for (const config::Tagged& options : models) {
    const auto model = make_model(options);
    model->learn(epoch);
    RowBatch batch;
    model->save(batch);
    Rows rows;
    rows.apply(batch);
    check(was_read(make_model(options)->restore(rows, World::items)), "what is saved is restored");
  }
}

void check_user(std::string_view row, const std::vector<config::Tagged>& models) {
  User user;
  if (!user.decode(row)) return;
  const bool known = knows_items(user);
  check(user.encode() == row, "what was decoded is encoded to the same bytes");
  static const EventTypes types(default_event_types());
  const UserFold fold(UserOptions{}, 1'800'000, types);
  std::vector<Interaction> epoch;
  for (const char* const type : {"view", "purchase", "return", "dislike", "uncart"}) {
    Event event;
    event.type = types.find(type).value();
    event.time_ms = World::start_ms;
    Interaction learned;
    if (fold.apply(user, event, ItemId(3), learned, {0, event.time_ms}) == UserFold::Taken::learned)
      epoch.push_back(std::move(learned));
  }
  Interaction& forget = epoch.emplace_back();
  forget.forget = true;
  forget.history = user.history;
  forget.recent = user.recent;
  User back;
  check(back.decode(user.encode()), "a user who went on can be decoded");
  if (known) teach(epoch, models);
}

/// Those who are known come back when they are needed.
void check_users(const Rows& rows) {
  static Executor executor(1);
  Users users;
  if (!was_read(users.restore(rows))) return;
  std::vector<std::string_view> names;
  for (const auto& [name, value] : rows.in("user")) names.push_back(name);
  if (!was_read(users.load(names, rows.in("item").size(), executor))) return;
  users.measure();
  users.admit("somebody new");
  check(users.find("somebody new") < users.slot_end(), "a new user gets a slot");
}

void check_tables(const Rows& rows) {
  ItemDictionary items;
  if (was_read(items.restore(rows))) {
    check(items.size() == rows.in("item").size(), "every item is read");
    check(items.intern("something new \xff").index() <= items.size(), "a new item gets an id");
  }
  if (!was_read(check_format(rows))) return;
  const auto types = stored_event_types(rows);
  if (!types) return;
  if (EventTypes::fit(default_event_types(), *types)) {
    const EventTypes joined(default_event_types(), *types);
    check(joined.find("view").has_value(), "declared types are found");
  }
}

}  // namespace
}  // namespace freshet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  using namespace freshet::fuzz;
  static const std::vector<config::Tagged> roomy = roomy_models(), tight = tight_models();
  if (size == 0) return 0;
  const Rows rows = Rows::read(text_of(data + 1, size - 1));
  const bool is_tight = data[0] & 0x80;
  const std::vector<config::Tagged>& models = is_tight ? tight : roomy;
  const std::size_t fusions = fusion_kinds().size();
  const std::size_t part = (data[0] & 0x7f) % (models.size() + 2 + fusions);
  if (part < models.size()) {
    check_model(models[part], rows);
  } else if (part == models.size()) {
    check_tables(rows);
  } else if (part == models.size() + 1) {
    for (const auto& [key, value] : rows.in("user")) check_user(value, models);
    check_users(rows);
  } else {
    check_ranker(fusion_kinds()[part - models.size() - 2], models, rows);
  }
  return 0;
}
