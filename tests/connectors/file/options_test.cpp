#include <catch2/catch.hpp>
#include <string>

#include "config/read.h"
#include "connectors/file/file_options.h"

namespace freshet {
namespace {

template <class S>
std::vector<config::Problem> read_text(const config::Table<S>& table, const std::string& text,
                                       S& options) {
  config::Layers layers;
  layers.file_name = "test.json";
  layers.file_text = text;
  return config::read(table, layers, options);
}

TEST_CASE("a file source wants a path, and takes a catalogue of its own") {
  FileSourceOptions options;
  CHECK(read_text(describe_file_source(), "{}", options).size() == 1);
  CHECK(read_text(describe_file_source(), R"({"path":"e","catalog_path":"e"})", options).size() ==
        1);
  CHECK(read_text(describe_file_source(), R"({"path":"e","catalog_path":"c"})", options).empty());
  CHECK(options.catalog_path == "c");
  CHECK(read_text(describe_file_source(), R"({"path":"e.gz"})", options).empty());
  CHECK(options.path == "e.gz");
}

TEST_CASE("a file sink wants a path") {
  FileSinkOptions options;
  CHECK(read_text(describe_file_sink(), "{}", options).size() == 1);
  CHECK(read_text(describe_file_sink(),
                  R"({"path":"l","rejected_path":"r","similar_path":"s","overwrite":true})",
                  options)
            .empty());
  CHECK(options.path == "l");
  CHECK(options.rejected_path == "r");
  CHECK(options.similar_path == "s");
  CHECK(options.overwrite);
}

TEST_CASE("the standard streams need no options") {
  StdinSourceOptions in;
  CHECK(read_text(describe_stdin_source(), "{}", in).empty());
  CHECK(file_options(in).path == "-");
  StdoutSinkOptions out;
  CHECK(read_text(describe_stdout_sink(), R"({"rejected_path":"r"})", out).empty());
  CHECK(file_options(out).path == "-");
  CHECK(file_options(out).rejected_path == "r");
}

}  // namespace
}  // namespace freshet
