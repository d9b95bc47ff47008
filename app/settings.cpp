#include "app/settings.h"

#include <filesystem>
#include <set>

#include "connectors/file/file_options.h"
#include "connectors/simulate/simulate_options.h"
#include "models/fusion/weighted.h"
#include "models/registry.h"
#include "stream/settings_table.h"

namespace freshet {
namespace {

using config::names;
using config::not_yet;
using config::object;
using config::Table;

Table<LogOptions> describe_log() {
  return object<LogOptions>("What the program says on standard error.")
      .option("level", &LogOptions::level, "The least level that is shown.",
              names<LogLevel>({{"debug", LogLevel::debug},
                               {"info", LogLevel::info},
                               {"warn", LogLevel::warn},
                               {"error", LogLevel::error}}))
      .option("format", &LogOptions::format, "Lines for people or for machines.",
              names<LogFormat>({{"text", LogFormat::text}, {"json", LogFormat::json}}));
}

config::TypeTable source_types() {
  return config::types("Where events come from.")
      .type("kafka", object<NoOptions>("The topic `topics.events` of `kafka.brokers`."))
      .type("file", describe_file_source())
      .type("stdin", describe_stdin_source())
      .type("simulate", describe_simulate())
      .not_yet("http", "The HTTP API comes with a later version.");
}

config::TypeTable sink_types() {
  return config::types("Where lists go.")
      .type("kafka", object<NoOptions>("The topic `topics.recommendations` of `kafka.brokers`."))
      .type("file", describe_file_sink())
      .type("stdout", describe_stdout_sink())
      .type("none", object<NoOptions>("Nowhere: lists are made and counted only."));
}

/// Transactions commit positions of the source together with what goes to the sink.
std::vector<config::Finding> one_kafka(const Settings& settings) {
  if (settings.delivery.guarantee != Guarantee::exactly_once) return {};
  const std::string& source = settings.source.type();
  const std::string& sink = settings.sink.type();
  // A file is cut back after a crash, so each list is in it once under either guarantee.
  if (sink == "file" || sink == "none" || (sink == "kafka" && source == "kafka")) return {};
  return {{"delivery.guarantee",
           "is \"exactly_once\", which lists from source \"" + source + "\" to sink \"" + sink +
               "\" cannot be; allowed: from \"kafka\" to \"kafka\", or to \"file\""}};
}

/// An output that is a file of the source would be refused as foreign, or emptied when told to; two
/// in one file would cut each other back.
std::vector<config::Finding> own_files(const Settings& settings) {
  FileSinkOptions sink;
  if (settings.sink.type() == "file") sink = settings.sink.as<FileSinkOptions>();
  if (settings.sink.type() == "stdout") {
    sink = file_options(settings.sink.as<StdoutSinkOptions>());
  }
  FileSourceOptions source;
  if (settings.source.type() == "file") source = settings.source.as<FileSourceOptions>();
  const auto paths = output_paths(sink, !sink.path.empty() && sink.path != "-");
  const std::pair<const char*, std::string> outputs[] = {
      {"sink.path", paths[0]}, {"sink.similar_path", paths[1]}, {"sink.rejected_path", paths[2]}};
  struct Use {
    const char* option;
    const char* verb;
    std::string path;
  };
  std::vector<Use> used = {{"source.path", "reads", source.path},
                           {"source.catalog_path", "reads", source.catalog_path}};
  std::vector<config::Finding> found;
  for (const auto& [output, path] : outputs) {
    if (path.empty() || path == "-") continue;
    for (const Use& other : used) {
      if (other.path.empty() || !one_file(path, other.path)) continue;
      found.push_back({output, "is \"" + path + "\", the file that " + other.option + " " +
                                   other.verb + "; give what goes out a file of its own"});
    }
    used.push_back({output, "writes", path});
  }
  return found;
}

std::string models_problem(const std::vector<config::Tagged>& models) {
  std::set<std::string> seen;
  for (const config::Tagged& model : models) {
    if (!seen.insert(model.type()).second) return "the model '" + model.type() + "' is there twice";
  }
  return "";
}

/// A weight of a model that there is none of would change nothing, without a word.
std::vector<config::Finding> weights_of_models(const Settings& settings) {
  const auto* weighted = settings.fusion.get_if<WeightedOptions>();
  if (weighted == nullptr) return {};
  std::string known;
  std::set<std::string> names;
  for (const config::Tagged& model : default_models()) {
    names.insert(model.type());
    known += (known.empty() ? "" : ", ") + model.type();
  }
  std::vector<config::Finding> found;
  for (const auto& [name, weight] : weighted->weights) {
    if (names.count(name) > 0) continue;
    found.push_back({"fusion.weights." + name, "is the weight of no model; models: " + known});
  }
  return found;
}

}  // namespace

Settings::Settings()
    : source("kafka", NoOptions{}),
      sink("kafka", NoOptions{}),
      models(default_models()),
      fusion(default_fusion()) {}

Table<Settings> describe_settings() {
  return object<Settings>("Freshet's configuration.")
      .option("source", &Settings::source, source_types())
      .option("sink", &Settings::sink, sink_types())
      .option("kafka", &Settings::kafka, describe_kafka())
      .option("topics", &Settings::topics, describe_topics())
      .option("delivery", &Settings::delivery, describe_delivery())
      .option("engine", &Settings::engine, describe_engine())
      .option("state", &Settings::state, describe_state())
      .option("events", &Settings::events, describe_events())
      .option("users", &Settings::users, describe_users())
      .option("lists", &Settings::lists, describe_lists())
      .option("similar", &Settings::similar, describe_similar())
      .option("models", &Settings::models, model_types(), config::not_empty(),
              config::check(models_problem, "each type once"))
      .option("fusion", &Settings::fusion, fusion_types())
      .option("rules", &Settings::rules, config::types("Rules that change a finished list."),
              not_yet("Rules come with a later version."))
      .option(
          "http", &Settings::http,
          object<HttpOptions>("The HTTP API and page.")
              .option("listen", &HttpOptions::listen, "Address and port; empty switches it off.",
                      not_yet("The HTTP API comes with a later version.")))
      .option("log", &Settings::log, describe_log())
      .check(&one_kafka)
      .check(&own_files)
      .check(&weights_of_models);
}

}  // namespace freshet
