#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/read.h"
#include "config/table.h"
#include "config/tagged.h"
#include "connectors/kafka/options.h"
#include "stream/settings.h"

namespace freshet {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { text, json };

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};

/// Known already, and refused unless off: a later version brings it.
struct HttpOptions {
  std::string listen;
};

/// The whole configuration. A default-made one is what an empty file means.
struct Settings {
  Settings();

  config::Tagged source, sink;
  KafkaOptions kafka;
  TopicOptions topics;
  DeliveryOptions delivery;
  EngineOptions engine;
  StateOptions state;
  EventOptions events;
  UserOptions users;
  ListOptions lists;
  SimilarOptions similar;
  std::vector<config::Tagged> models;
  config::Tagged fusion;
  std::vector<config::Tagged> rules;
  HttpOptions http;
  LogOptions log;
};

/// Options of a source or sink that has none of its own.
struct NoOptions {};

/// Every option there is, one line each. Built anew at each call: some milliseconds.
config::Table<Settings> describe_settings();

/// The configuration of the demo: what `freshet` without a command runs.
std::string_view demo_config();

}  // namespace freshet
