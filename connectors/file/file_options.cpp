#include "connectors/file/file_options.h"

#include <filesystem>

namespace freshet {

using config::not_empty;
using config::object;
using config::required;

config::Table<FileSourceOptions> describe_file_source() {
  return object<FileSourceOptions>("Events as JSON lines in a file, plain, gzip or zstd.")
      .option("path", &FileSourceOptions::path,
              "The file; \"-\" means standard input. Compression is recognised by its content.",
              required(), not_empty())
      .option("catalog_path", &FileSourceOptions::catalog_path,
              "A file of catalogue records as JSON lines, read to its end before the first event; "
              "empty: there is none.")
      .check([](const FileSourceOptions& o) {
        std::vector<config::Finding> found;
        if (!o.path.empty() && o.catalog_path == o.path) {
          found.push_back({"catalog_path", "is \"" + o.path +
                                               "\", as path is; events and the catalogue are two "
                                               "files"});
        }
        return found;
      });
}

config::Table<StdinSourceOptions> describe_stdin_source() {
  return object<StdinSourceOptions>("Events as JSON lines on standard input.");
}

config::Table<FileSinkOptions> describe_file_sink() {
  return object<FileSinkOptions>("Lists as JSON lines in a file; .gz and .zst are compressed.")
      .option("path", &FileSinkOptions::path, "The file; \"-\" means standard output.", required(),
              not_empty())
      .option("rejected_path", &FileSinkOptions::rejected_path,
              "Where records that cannot be used go; empty means path with .rejected after it.")
      .option("similar_path", &FileSinkOptions::similar_path,
              "Where lists of similar items go; empty means path with .similar after it.")
      .option("overwrite", &FileSinkOptions::overwrite,
              "Empty a file that holds what the state knows nothing of, instead of refusing it.");
}

config::Table<StdoutSinkOptions> describe_stdout_sink() {
  return object<StdoutSinkOptions>("Lists as JSON lines on standard output.")
      .option("rejected_path", &StdoutSinkOptions::rejected_path,
              "A file for records that cannot be used; empty means they are only counted.")
      .option("similar_path", &StdoutSinkOptions::similar_path,
              "A file for lists of similar items; empty means they are left out.");
}

std::array<std::string, 3> output_paths(const FileSinkOptions& options, bool beside) {
  const auto path = [&](const std::string& given, const char* ending) {
    return given.empty() && beside ? options.path + ending : given;
  };
  return {options.path, path(options.similar_path, ".similar"),
          path(options.rejected_path, ".rejected")};
}

std::string whole_path(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

bool one_file(const std::string& a, const std::string& b) {
  std::error_code none;
  return whole_path(a) == whole_path(b) || std::filesystem::equivalent(a, b, none);
}

FileSourceOptions file_options(const StdinSourceOptions&) { return {.path = "-"}; }

FileSinkOptions file_options(const StdoutSinkOptions& options) {
  return {
      .path = "-", .rejected_path = options.rejected_path, .similar_path = options.similar_path};
}

}  // namespace freshet
