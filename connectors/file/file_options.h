#pragma once

#include <array>
#include <string>

#include "config/table.h"

namespace freshet {

struct FileSourceOptions {
  std::string path = {};          ///< "-": standard input
  std::string catalog_path = {};  ///< "": no catalogue
};

/// Standard input has no options.
struct StdinSourceOptions {};

struct FileSinkOptions {
  std::string path = {};           ///< "-": standard output
  std::string rejected_path = {};  ///< "": `path` + ".rejected"; nowhere if `path` is no file
  std::string similar_path = {};   ///< "": `path` + ".similar"; nowhere if `path` is no file
  bool overwrite = false;
  /// Named in rejected records; the program's, no options.
  std::string events_topic = "events", catalog_topic = "catalog";
};

struct StdoutSinkOptions {
  std::string rejected_path = {};
  std::string similar_path = {};
};

config::Table<FileSourceOptions> describe_file_source();
config::Table<StdinSourceOptions> describe_stdin_source();
config::Table<FileSinkOptions> describe_file_sink();
config::Table<StdoutSinkOptions> describe_stdout_sink();

/// Where lists, similar items and rejected records go, in this order; "": nowhere. `beside`: lists
/// go to a file, and what has no path goes beside it.
std::array<std::string, 3> output_paths(const FileSinkOptions& options, bool beside);
/// The same for every way to write a path of the same file's name.
std::string whole_path(const std::string& path);
/// Whether two paths name one file, through links too.
bool one_file(const std::string& a, const std::string& b);

/// The file source and sink on the standard streams.
FileSourceOptions file_options(const StdinSourceOptions& options);
FileSinkOptions file_options(const StdoutSinkOptions& options);

}  // namespace freshet
