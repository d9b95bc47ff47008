// A file of the catalogue beside the file of events.

#include <catch2/catch.hpp>

#include "connectors/file/file_source.h"
#include "tests/connectors/file/support.h"

namespace freshet {
namespace {

using namespace test;

constexpr Partition of_catalog = catalog_partition(0);

/// "c0=a e3=b": partition, offset and value of each record.
std::string read_both(FileSource& source, std::size_t max_records) {
  std::string text;
  while (true) {
    std::vector<Record> records;
    const auto polled = source.poll(max_records, std::chrono::milliseconds(0), records);
    CHECK(records.size() <= max_records);
    for (const Record& r : records) {
      CHECK((r.partition == 0 || r.partition == of_catalog));
      text += (text.empty() ? "" : " ") + std::string(is_catalog(r.partition) ? "c" : "e") +
              std::to_string(r.offset) + "=" + r.value.value();
    }
    if (!polled) return text + " " + polled.error().message;
    if (*polled == Source::Polled::end) return text;
  }
}

TEST_CASE("the catalogue comes whole before the first event, however much is polled at a time") {
  const Folder folder;
  write_file(folder / "events", "x\ny\n");
  for (const Compression compression : all_compressions) {
    const std::string path = folder / named("catalog", compression);
    write_file(path, compressed(compression, "a\n\nb\nc\n"));
    for (const std::size_t at_a_time : {1U, 2U, 3U, 100U}) {
      FileSource source({.path = folder / "events", .catalog_path = path});
      REQUIRE(source.open({}, {}));
      CHECK(read_both(source, at_a_time) == "c0=a c2=b c3=c e0=x e1=y");
    }
  }
}

TEST_CASE("reading goes on at a position of each file, and takes in what was appended to either") {
  const Folder folder;
  const FileSourceOptions options{.path = folder / "events", .catalog_path = folder / "catalog"};
  write_file(options.path, "x\ny\n");
  write_file(options.catalog_path, "a\nb\n");
  const std::pair<Positions, std::string> cases[] = {
      {{{of_catalog, 1}}, "c1=b e0=x e1=y"},
      {{{of_catalog, 2}, {0, 1}}, "e1=y"},
      {{{0, 1}}, "c0=a c1=b e1=y"},
      {{{of_catalog, 2}, {0, 2}}, ""},
  };
  for (const auto& [from, expected] : cases) {
    FileSource source(options);
    REQUIRE(source.open(from, {}));
    CHECK(read_both(source, 10) == expected);
  }
  write_file(options.catalog_path, "a\nb\nc\n");
  FileSource source(options);
  REQUIRE(source.open({{of_catalog, 2}, {0, 1}}, {}));
  CHECK(read_both(source, 10) == "c2=c e1=y");
}

TEST_CASE("a catalogue that is missing, too short or damaged is an error that names it") {
  const Folder folder;
  write_file(folder / "events", "x\n");
  const std::string path = folder / "catalog";
  const auto open = [&](const Positions& from) {
    FileSource source({.path = folder / "events", .catalog_path = path});
    const Status opened = source.open(from, {});
    return opened ? read_both(source, 10) : opened.error().message;
  };
  CHECK(open({}) == path + ": cannot open: No such file or directory");
  write_file(path, "a\n");
  CHECK(
      open({{of_catalog, 2}}).starts_with(path + ": has 1 lines, but the state goes on at line 2"));
  const std::string archive = compressed(Compression::gzip, "a\nb\n");
  write_file(path, archive.substr(0, archive.size() - 4));
  CHECK(open({}).find(path + ": truncated") != std::string::npos);
}

TEST_CASE("without a catalogue, or with it taken away, events are read as ever") {
  const Folder folder;
  write_file(folder / "events", "x\ny\n");
  FileSource source({.path = folder / "events"});
  REQUIRE(source.open({{of_catalog, 7}, {0, 1}}, {}));
  CHECK(read_both(source, 10) == "e1=y");
}

}  // namespace
}  // namespace freshet
