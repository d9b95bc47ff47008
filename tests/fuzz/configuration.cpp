// Any text as a configuration file, in the environment and in --set becomes settings that work, or
// problems that a person can read.
//
// An input is parts with a byte 0x1f between them: the file, then "s" and an assignment as for
// --set, or "e" and NAME=value as in the environment. A first part that is empty is no file.

#include <map>
#include <string>
#include <vector>

#include "config/describe.h"
#include "config/read.h"
#include "models/registry.h"
#include "stream/event_types.h"
#include "stream/settings_table.h"
#include "tests/fuzz/check.h"
#include "tests/support/hostile_corpus.h"

namespace freshet::fuzz {
namespace {

constexpr char separator = '\x1f';

struct Account {
  std::string user = "anna";
  std::string password;
  std::map<std::string, std::string> properties;
};

/// The program's own options, without those of the connectors, and some secret ones.
struct Settings {
  EventOptions events;
  UserOptions users;
  EngineOptions engine;
  ListOptions lists;
  StateOptions state;
  DeliveryOptions delivery;
  std::vector<config::Tagged> models = default_models();
  config::Tagged fusion = default_fusion();
  std::vector<config::Tagged> rules;
  Account account;
};

config::Table<Account> describe_account() {
  return config::object<Account>("Who we are.")
      .option("user", &Account::user, "The user.", config::length(1, 8))
      .option("password", &Account::password, "The password.", config::secret())
      .option("properties", &Account::properties, "Anything else.",
              config::secret_keys([](std::string_view key) { return key.ends_with("password"); }));
}

config::Table<Settings> describe_settings() {
  return config::object<Settings>("Freshet's configuration.")
      .option("events", &Settings::events, describe_events())
      .option("users", &Settings::users, describe_users())
      .option("engine", &Settings::engine, describe_engine())
      .option("lists", &Settings::lists, describe_lists())
      .option("state", &Settings::state, describe_state())
      .option("delivery", &Settings::delivery, describe_delivery())
      .option("models", &Settings::models, model_types(), config::not_empty())
      .option("fusion", &Settings::fusion, fusion_types())
      .option("rules", &Settings::rules, config::types("Rules that change a finished list."),
              config::not_yet("Rules come with a later version."))
      .option("account", &Settings::account, describe_account());
}

config::Layers layers_of(std::string_view input) {
  config::Layers layers;
  layers.file_name = "f.json";
  for (bool first = true;; first = false) {
    const std::size_t end = input.find(separator);
    const std::string_view part = input.substr(0, end);
    if (first) {
      if (!part.empty()) layers.file_text = part;
    } else if (part.starts_with('s')) {
      layers.sets.emplace_back(part.substr(1));
    } else if (part.starts_with('e')) {
      const std::size_t equals = part.find('=');
      if (equals != std::string_view::npos) {
        layers.environment.emplace_back("FRESHET_" + std::string(part.substr(1, equals - 1)),
                                        part.substr(equals + 1));
      }
    }
    if (end == std::string_view::npos) return layers;
    input.remove_prefix(end + 1);
  }
}

void check_problems(const std::vector<config::Problem>& problems) {
  check(problems.size() <= config::kMaxProblems, "there is a most of problems");
  for (const config::Problem& problem : problems) {
    check(!problem.message.empty() || !problem.found.empty(), "a problem says what is wrong");
    check(!problem.path.empty() || !problem.message.empty() || !problem.origin.empty(),
          "a problem says where");
    const std::string text = problem.text();
    check(text.size() < 8'192, "a problem is short");
    check(test::safe_to_print(text), "a problem is valid UTF-8 without control characters");
  }
}

/// Settings without a problem make the parts that they are for.
void check_works(const Settings& settings) {
  const EventTypes types(settings.events.types);
  std::vector<std::unique_ptr<Model>> models;
  std::vector<const Model*> pointers;
  for (const config::Tagged& options : settings.models) {
    models.push_back(make_model(options));
    pointers.push_back(models.back().get());
  }
  const auto ranker = make_ranker(pointers, settings.fusion);
  RankedList list;
  const auto scratch = ranker->make_scratch();
  ranker->rank(Query{}, settings.lists.size, false, *scratch, list);
  check(list.entries.empty(), "nothing learned, nothing recommended");
}

void check_units(std::string_view text) {
  config::Millis ms, ms_again;
  if (config::parse(text, ms)) {
    check(config::parse(config::to_text(ms), ms_again) && ms == ms_again, "durations are exact");
  }
  config::Bytes bytes, bytes_again;
  if (config::parse(text, bytes)) {
    check(config::parse(config::to_text(bytes), bytes_again) && bytes == bytes_again,
          "sizes are exact");
  }
}

void check_dump(const config::Table<Settings>& table, const Settings& settings) {
  config::Layers layers;
  layers.file_text = config::dump(table, settings);
  Settings back;
  check(config::read(table, layers, back).empty(), "what is dumped can be read");
  check(config::dump(table, back) == *layers.file_text, "what is dumped is read as it was");
}

}  // namespace
}  // namespace freshet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  using namespace freshet::fuzz;
  static const config::Table<Settings> table = describe_settings();
  const std::string_view input = text_of(data, size);
  const config::Layers layers = layers_of(input);
  Settings settings;
  const auto problems = config::read(table, layers, settings);
  check_problems(problems);
  if (problems.empty()) {
    check_works(settings);
    check_dump(table, settings);
  }
  check_units(input.substr(0, 32));
  return 0;
}
