#include "app/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>

#include "app/commands.h"
#include "app/log.h"
#include "config/read.h"
#include "config/units.h"

namespace freshet {
namespace {

/// What every command takes, and the command that was chosen.
struct CommandLine {
  std::string config_path;
  std::vector<std::string> sets;
  std::function<int(const Settings&)> command;
  bool demo = false;      ///< without a command: the built-in demo
  bool simulate = false;  ///< the source is the simulated shop, whatever the file says
};

void add_settings(CLI::App& app, CommandLine& line) {
  app.add_option("--config", line.config_path, "Configuration file (JSON with comments)");
  app.add_option("--set", line.sets,
                 "Overrides one option: --set a.b=c; may be repeated. The environment does too, "
                 "less strongly: FRESHET_A__B=c. Every option: freshet config docs")
      ->expected(1)
      ->take_all();
}

CLI::App* add_command(CLI::App& parent, CommandLine& line, const char* name, const char* sentence,
                      std::function<int(const Settings&)> command) {
  CLI::App* sub = parent.add_subcommand(name, sentence);
  add_settings(*sub, line);
  sub->callback([&line, command = std::move(command)] { line.command = command; });
  return sub;
}

void add_evaluate(CLI::App& app, CommandLine& line) {
  const auto a = std::make_shared<EvaluateArguments>();
  CLI::App* sub = add_command(app, line, "evaluate", "Measures the lists on a log of events",
                              [a](const Settings& s) { return evaluate_command(s, *a); });
  sub->add_option("--protocol", a->protocol,
                  "prequential: each event judges the list held before it; "
                  "session: learn from one log, judge on another")
      ->check(CLI::IsMember({"prequential", "session"}))
      ->capture_default_str();
  sub->add_option("--events", a->events, "prequential: the log (JSON lines, .gz, .zst)");
  sub->add_option("--from", a->from, "prequential: share of the log after which is judged")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  sub->add_option("--rank", a->rank,
                  "prequential: judge the list held, or one ranked just before the event")
      ->check(CLI::IsMember({"held", "request"}))
      ->capture_default_str();
  sub->add_option("--train", a->train,
                  "session: the log to learn from; may be repeated, one follows the other")
      ->expected(1)
      ->take_all();
  sub->add_option("--test", a->test, "session: the log to judge on");
  sub->add_option("--catalog", a->catalog,
                  "The catalogue, taken in before the log (JSON lines, .gz, .zst)");
  sub->add_flag("--learn-test", a->learn_test, "session: learn from the test log too, as it comes");
  sub->add_option("--new-user-events", a->new_user_events,
                  "A user with fewer earlier events of positive weight counts as new")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  sub->add_option("--windows", a->windows,
                  "Equal parts of the judged records that are measured one by one (--json, --plot)")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  sub->add_option("--plot", a->plot,
                  "Write an SVG file: HR and MRR of every model, and the weights of the fusion, "
                  "over the windows")
      ->check([](const std::string& to) { return std::string(to.empty() ? "names no file" : ""); });
  sub->add_flag("--json", a->json,
                "Print one JSON object. Measured at k = lists.size: HR hit rate, MRR mean "
                "reciprocal rank, NDCG; coverage: share of the known items that were listed; "
                "novelty: mean self-information of listed items, bits; diversity: Gini diversity "
                "(1 - Gini index of how often items are listed), 1: all equally");
  sub->parse_complete_callback([a] {
    const bool session = a->protocol == "session";
    if (session && (a->train.empty() || a->test.empty())) {
      throw CLI::ValidationError("evaluate", "--protocol session needs --train and --test");
    }
    const bool given = !a->train.empty() || !a->test.empty() || a->learn_test;
    if (session ? !a->events.empty() : given) {
      throw CLI::ValidationError(
          "evaluate", session
                          ? "--events is of --protocol prequential; session has --train and --test"
                          : "--train, --test and --learn-test are of --protocol session");
    }
    if (!session && a->events.empty()) {
      throw CLI::ValidationError("evaluate", "--protocol prequential needs --events");
    }
  });
}

/// "27", configurations, or "10m", a time.
std::string read_budget(const std::string& text, TuneArguments& a) {
  config::Millis time;
  if (text != "0" && config::parse(text, time) && time.count >= 1'000 &&
      time.count <= 1'000'000'000) {
    a.seconds = static_cast<std::uint32_t>(time.count / 1'000);
    return "";
  }
  std::uint32_t trials = 0;
  if (!CLI::detail::lexical_cast(text, trials) || trials < 2 || trials > 10'000) {
    return "'" + text + "' is neither 2 to 10000 configurations nor a time such as 10m";
  }
  a.trials = trials;
  return "";
}

void add_tune(CLI::App& app, CommandLine& line) {
  const auto a = std::make_shared<TuneArguments>();
  CLI::App* sub =
      add_command(app, line, "tune",
                  "Searches better numbers for the models and the fusion on a log of events, by "
                  "successive halving",
                  [a](const Settings& s) { return tune_command(s, *a); });
  sub->add_option("--events", a->events, "The log (JSON lines, .gz, .zst)")->required();
  sub->add_option("--catalog", a->catalog,
                  "The catalogue, taken in before the log (JSON lines, .gz, .zst)");
  sub->add_option("--from", a->from,
                  "Share of the log that chooses; what comes after it says what was gained")
      ->check(CLI::Range(0.1, 0.99))
      ->capture_default_str();
  sub->add_option(
         "--budget",
         [a](const CLI::results_t& words) {
           for (const std::string& word : words) {
             const std::string problem = read_budget(word, *a);
             if (!problem.empty()) throw CLI::ValidationError("--budget", problem);
           }
           return true;
         },
         "Configurations to try (default 27), or the time after which no further one is "
         "tried, such as 10m; may be repeated to give both")
      ->type_name("COUNT|TIME")
      ->expected(1)
      ->take_all();
  sub->add_option("--seed", a->seed, "Draws other configurations")->capture_default_str();
  sub->add_option("--measure", a->measure, "What is to be higher")
      ->check(CLI::IsMember({"hr", "mrr", "ndcg"}))
      ->capture_default_str();
  sub->add_option("--only", a->only,
                  "Tune only this option, or all below it: session_knn, fusion.candidates; may be "
                  "repeated")
      ->expected(1)
      ->take_all();
  sub->add_option("--to", a->to, "Write what was found as a configuration file")
      ->check([](const std::string& to) { return std::string(to.empty() ? "names no file" : ""); });
}

void add_run(CLI::App& app, CommandLine& line) {
  const auto a = std::make_shared<RunArguments>();
  CLI::App* sub = add_command(app, line, "run", "Follows the source: events in, lists out",
                              [a](const Settings& s) { return run_command(s, *a); });
  sub->add_flag(
      "--accept-gap", a->accept_gap,
      "Go on although the source has lost records that were never read, or is not the one that the "
      "state was made from: at the same offsets, so what lies before them there is never read");
}

void add_simulate(CLI::App& app, CommandLine& line) {
  const auto a = std::make_shared<SimulateArguments>();
  CLI::App* sub = add_command(app, line, "simulate",
                              "Writes the events of a simulated shop (options: source.*)",
                              [a](const Settings& s) { return simulate_command(s, *a); });
  sub->add_option("--to", a->to, "stdout, kafka (the topic topics.events), or a file (.gz, .zst)")
      ->check([](const std::string& to) { return std::string(to.empty() ? "names no file" : ""); })
      ->capture_default_str();
  sub->add_flag("--catalog", a->catalog, "Write the shop's catalogue instead");
  for (const char* name : {"events", "rate", "seed", "users", "items"}) {
    const std::string option = name;
    sub->add_option_function<std::string>(
        "--" + option,
        [&line, option](const std::string& v) {
          line.sets.push_back("source." + option + "=" + v);
        },
        "The same as --set source." + option + "=…");
  }
  sub->parse_complete_callback([&line] { line.simulate = true; });
}

void add_config(CLI::App& app, CommandLine& line) {
  CLI::App* config = app.add_subcommand("config", "Checks and explains the configuration");
  config->require_subcommand(1);
  add_settings(*config, line);
  add_command(*config, line, "check", "Says whether the configuration is right",
              [](const Settings&) {
                std::puts("the configuration is right");
                return int{exit_done};
              });
  add_command(*config, line, "show", "Prints every option with its value, secrets hidden",
              config_show_command);
  add_command(*config, line, "schema", "Prints the JSON Schema of the configuration",
              [](const Settings&) { return config_schema_command(); });
  add_command(*config, line, "docs", "Prints the reference of all options, as Markdown",
              [](const Settings&) { return config_docs_command(); });
}

void add_topics(CLI::App& app, CommandLine& line) {
  CLI::App* topics = app.add_subcommand("topics", "Looks at the Kafka topics, or creates them");
  topics->require_subcommand(1);
  add_settings(*topics, line);
  add_command(*topics, line, "check", "Says which topics are there and fit", topics_check_command);
  const auto a = std::make_shared<TopicsArguments>();
  CLI::App* create = add_command(*topics, line, "create", "Creates the topics that are missing",
                                 [a](const Settings& s) { return topics_create_command(s, *a); });
  create->add_option("--partitions", a->partitions, "Partitions of a new topic")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  create
      ->add_option("--replication-factor", a->replication_factor,
                   "Replicas of a new topic; -1: the broker's default")
      ->check(CLI::Range(-1, 100))
      ->capture_default_str();
}

void add_inspect(CLI::App& app, CommandLine& line) {
  CLI::App* inspect = app.add_subcommand("inspect", "Prints what the state remembers");
  inspect->require_subcommand(1);
  add_settings(*inspect, line);
  const auto name = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  const auto add = [&](const char* what, const char* sentence, bool named,
                       std::function<int(const Settings&)> command) {
    CLI::App* sub = add_command(*inspect, line, what, sentence, std::move(command));
    if (named) sub->add_option(what, *name, "Its id")->required();
    sub->add_flag("--json", *json, "Print one JSON object");
    return sub;
  };
  add("user", "One user: history, sessions, the list he holds", true,
      [=](const Settings& s) { return inspect_user_command(s, *name, *json); });
  add("item", "One item: who holds it, what goes with it by each model", true,
      [=](const Settings& s) { return inspect_item_command(s, *name, *json); });
  const auto brief = std::make_shared<bool>(false);
  add("state", "The whole: digest, positions, sizes", false, [=](const Settings& s) {
    return inspect_state_command(s, *brief, *json);
  })->add_flag("--brief", *brief, "Positions only, without reading the whole state");
  add("fusion", "Fusion: each model's weight, as learned", false,
      [=](const Settings& s) { return inspect_fusion_command(s, *json); });
}

void add_explain(CLI::App& app, CommandLine& line) {
  const auto a = std::make_shared<ExplainArguments>();
  CLI::App* sub = add_command(app, line, "explain", "Prints a user's list and how it came about",
                              [a](const Settings& s) { return explain_command(s, *a); });
  sub->add_option("--user", a->user, "Whose list")->required();
  sub->add_flag("--json", a->json, "Print one JSON object");
}

void add_backup(CLI::App& app, CommandLine& line) {
  const auto directory = std::make_shared<std::string>();
  const auto add = [&](const char* name, const char* sentence, const char* which,
                       int (*command)(const Settings&, const std::string&)) {
    CLI::App* sub = add_command(app, line, name, sentence,
                                [=](const Settings& s) { return command(s, *directory); });
    sub->add_option("DIR", *directory, which)->required();
  };
  add("backup", "Copies the state to a new directory, while freshet runs too",
      "The directory to make", backup_command);
  add("restore", "Copies a backup to state.path, which must hold nothing", "The backup",
      restore_command);
}

bool read_file(const std::string& path, std::string& text) try {
  std::ifstream in(path, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(in), {});
  return in.is_open();
} catch (const std::ios_base::failure&) {  // a folder opens like a file
  return false;
}

/// The settings of the command line. False: every problem was printed.
bool read_settings(const CommandLine& line, Settings& settings) {
  config::Layers layers;
  layers.environment = config::environment_of(environ);
  layers.sets = line.sets;
  if (!line.config_path.empty()) {
    layers.file_name = line.config_path;
    std::string text;
    if (!read_file(line.config_path, text)) {
      std::fprintf(stderr, "freshet: --config: the file '%s' cannot be read: %s\n",
                   line.config_path.c_str(), std::strerror(errno));
      return false;
    }
    layers.file_text = std::move(text);
  } else if (line.demo) {
    layers.file_name = "the built-in demo";
    layers.file_text = demo_config();
  }
  if (line.simulate && line.config_path.empty()) {
    layers.file_name = "simulate";
    layers.file_text = R"({"source": {"type": "simulate"}})";
  } else if (line.simulate) {
    layers.sets.insert(layers.sets.begin(), "source.type=simulate");
  }
  const auto problems = config::read(describe_settings(), layers, settings);
  for (const config::Problem& p : problems) {
    std::fprintf(stderr, "freshet: %s\n", p.text().c_str());
  }
  if (!problems.empty()) {
    std::fprintf(stderr,
                 "freshet: %zu problem%s in the configuration; every option: docs/OPTIONS.md, "
                 "or: freshet config docs\n",
                 problems.size(), problems.size() == 1 ? "" : "s");
  }
  return problems.empty();
}

}  // namespace

int failed(const std::string& message) {
  std::fprintf(stderr, "freshet: %s\n", message.c_str());
  return exit_failed;
}

int run_program(int argc, char** argv) {
  CommandLine line;
  CLI::App app(
      "Freshet: a real-time streaming recommender. Without a command it runs a demo on a "
      "simulated shop.",
      "freshet");
  app.set_version_flag("--version", "freshet " FRESHET_VERSION);
  app.require_subcommand(0, 1);
  add_settings(app, line);
  add_run(app, line);
  add_evaluate(app, line);
  add_tune(app, line);
  add_simulate(app, line);
  add_config(app, line);
  add_topics(app, line);
  add_inspect(app, line);
  add_explain(app, line);
  add_backup(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? exit_done : exit_usage;
  }
  if (!line.command) {
    line.demo = true;
    line.command = [](const Settings& s) { return run_command(s, {}); };
  }
  Settings settings;
  if (!read_settings(line, settings)) return exit_usage;
  set_up_log(settings.log);
  return line.command(settings);
}

}  // namespace freshet
