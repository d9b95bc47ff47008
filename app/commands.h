#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/settings.h"

namespace freshet {

/// The exit statuses of the contract.
enum ExitStatus : int { exit_done = 0, exit_failed = 1, exit_usage = 2 };

/// Each command: what it needs from the command line, and what it returns to the shell. Results go
/// to standard output, what went wrong to standard error.

struct RunArguments {
  bool accept_gap = false;  ///< go on behind records that the log has lost, or with another log
};
/// Follows the source until its end or a signal.
int run_command(const Settings& settings, const RunArguments& arguments);

struct EvaluateArguments {
  std::string protocol = "prequential";
  std::string events, test;
  std::vector<std::string> train;  ///< read one after the other
  std::string catalog;             ///< "": none
  double from = 0.8;
  std::string rank = "held";
  bool learn_test = false;
  std::uint32_t new_user_events = 5;
  std::uint32_t windows = 40;
  std::string plot;  ///< file of an SVG; "": none
  bool json = false;
};
int evaluate_command(const Settings& settings, const EvaluateArguments& arguments);

struct TuneArguments {
  std::string events;
  std::string catalog;        ///< taken in before the log; "": none
  double from = 0.8;          ///< share of the log that chooses; the rest says what was gained
  std::uint32_t trials = 27;  ///< configurations, the given one among them
  std::uint32_t seconds = 0;  ///< after which no run begins; 0: no limit
  std::uint64_t seed = 1;
  std::string measure = "ndcg";  ///< hr, mrr or ndcg
  std::vector<std::string> only;
  std::string to;  ///< file of the configuration that was found; "": none
};
int tune_command(const Settings& settings, const TuneArguments& arguments);

struct SimulateArguments {
  std::string to = "stdout";  ///< stdout, kafka, or a file's path
  bool catalog = false;       ///< the catalogue instead of events
};
int simulate_command(const Settings& settings, const SimulateArguments& arguments);

int config_show_command(const Settings& settings);
int config_schema_command();
int config_docs_command();

struct TopicsArguments {
  int partitions = 4;
  int replication_factor = -1;  ///< −1: the broker's default
};
int topics_check_command(const Settings& settings);
int topics_create_command(const Settings& settings, const TopicsArguments& arguments);

int inspect_user_command(const Settings& settings, const std::string& user, bool json);
int inspect_item_command(const Settings& settings, const std::string& item, bool json);
/// `brief`: only where it goes on, which costs the same for a state of any size.
int inspect_state_command(const Settings& settings, bool brief, bool json);
int inspect_fusion_command(const Settings& settings, bool json);

struct ExplainArguments {
  std::string user;
  bool json = false;
};
/// The list that a user would get now, from the state on disk, with every share of every score.
int explain_command(const Settings& settings, const ExplainArguments& arguments);

/// Copies the state to a new directory, beside a running freshet too; and from there into a
/// state.path that holds nothing.
int backup_command(const Settings& settings, const std::string& directory);
int restore_command(const Settings& settings, const std::string& directory);

/// Prints "freshet: …" on standard error; returns `exit_failed`.
int failed(const std::string& message);

}  // namespace freshet
