#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "connectors/file/file_source.h"
#include "tests/connectors/file/support.h"

namespace freshet {
namespace {

using namespace test;
using Lines = std::vector<std::pair<Offset, std::string>>;
using Values = std::vector<std::string>;

std::string joined(const Values& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line;
    text += '\n';
  }
  return text;
}

TEST_CASE("a file gives its lines with their numbers") {
  const Folder folder;
  write_file(folder / "e", "a\nb\nc\nd\n");
  CHECK(read_out(folder / "e").lines == Lines{{0, "a"}, {1, "b"}, {2, "c"}, {3, "d"}});
  CHECK_FALSE(read_out(folder / "e").failure);
}

TEST_CASE("a last line without newline counts if it is whole, and else waits for its end") {
  const Folder folder;
  const std::string path = folder / "e";
  write_file(path, "a\n{\"b\":{}}");
  CHECK(read_out(path).lines == Lines{{0, "a"}, {1, "{\"b\":{}}"}});
  for (const char* half : {"{\"b\":{}", "{\"b", "{\"b\":1,\"c\":{}"}) {
    CAPTURE(half);
    write_file(path, "a\n" + std::string(half));
    CHECK(read_out(path).lines == Lines{{0, "a"}});
    CHECK_FALSE(read_out(path).failure);
    // Its newline makes it a line, whatever it says.
    write_file(path, "a\n" + std::string(half) + "\nc\n");
    CHECK(read_out(path, {{0, 1}}).lines == Lines{{1, half}, {2, "c"}});
  }
}

TEST_CASE("an empty file ends at once") {
  const Folder folder;
  write_file(folder / "e", "");
  CHECK(read_out(folder / "e").lines.empty());
  CHECK_FALSE(read_out(folder / "e").failure);
}

TEST_CASE("blank lines give no record but are counted") {
  const Folder folder;
  write_file(folder / "e", "\na\n\n\r\nb\n\n");
  CHECK(read_out(folder / "e").lines == Lines{{1, "a"}, {4, "b"}});
  CHECK(read_out(folder / "e", {{0, 2}}).lines == Lines{{4, "b"}});
  CHECK_FALSE(read_out(folder / "e", {{0, 6}}).failure);
}

TEST_CASE("the bytes of a line are left as they are") {
  const Folder folder;
  std::string all;
  for (int c = 0; c < 256; ++c) {
    if (c != '\n') all += static_cast<char>(c);
  }
  write_file(folder / "e", "x\r\n" + all + "\n\xef\xbb\xbf\n");
  CHECK(read_out(folder / "e").values() == Values{"x\r", all, "\xef\xbb\xbf"});
}

TEST_CASE("a byte-order mark before the first line is taken off") {
  const Folder folder;
  write_file(folder / "e", "\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n");
  CHECK(read_out(folder / "e").values() == Values{"{}", "\xef\xbb\xbf{}"});
}

TEST_CASE("reading goes on at any line, compressed or not") {
  const Folder folder;
  for (const Compression compression : all_compressions) {
    const std::string path = folder / named("e", compression);
    write_file(path, compressed(compression, "l0\nl1\nl2\nl3\n4"));
    const Lines all = read_out(path).lines;
    REQUIRE(all.size() == 5);
    for (Offset from = 0; from <= 5; ++from) {
      CAPTURE(path, from);
      const ReadOut read = read_out(path, {{0, from}});
      CHECK(read.lines == Lines(all.begin() + from, all.end()));
      CHECK_FALSE(read.failure);
    }
  }
}

TEST_CASE("a file shorter than the position is refused when it is opened") {
  const Folder folder;
  for (const Compression compression : all_compressions) {
    const std::string path = folder / named("e", compression);
    write_file(path, compressed(compression, "l0\nl1\nl2"));
    FileSource source({.path = path});
    const auto opened = source.open({{0, 4}}, {});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message == path +
                                        ": has 3 lines, but the state goes on at line 4: it is "
                                        "not the file that was read before, or was shortened; "
                                        "another file needs another state.path");
  }
}

TEST_CASE("a position of another kind of source is refused") {
  const Folder folder;
  write_file(folder / "e", "a\n");
  for (const Positions& from : {Positions{{0, 0}, {1, 0}}, Positions{{0, -1}}}) {
    FileSource source({.path = folder / "e"});
    const auto opened = source.open(from, {});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("was source.type changed?") != std::string::npos);
  }
}

TEST_CASE("what cannot be opened is named") {
  const Folder folder;
  const std::string missing = folder / "missing";
  CHECK(read_out(missing).failure == missing + ": cannot open: No such file or directory");
  const std::string here = folder / ".";
  CHECK(read_out(here).failure == here + ": is a directory, not a file of JSON lines");
}

TEST_CASE("a line over 1 MiB comes whole, one over 16 MiB is cut, and the next ones are intact") {
  const Folder folder;
  const std::string big(5'000'000, 'b');
  const std::string at_limit(FileSource::max_line_bytes, 'l');
  for (const Compression compression : all_compressions) {
    const std::string path = folder / named("e", compression);
    const std::string text = joined({"a", big, at_limit, at_limit + "beyond", "z"});
    write_file(path, compressed(compression, text));
    const Lines expected = {{0, "a"}, {1, big}, {2, at_limit}, {3, at_limit}, {4, "z"}};
    const ReadOut read = read_out(path);
    CHECK((read.lines == expected));
    CHECK_FALSE(read.failure);
  }
}

TEST_CASE("one poll takes a bounded number of bytes") {
  const Folder folder;
  const std::string line(3'000'000, 'x');
  write_file(folder / "e", line + '\n' + line + '\n' + line + '\n' + line + '\n');
  FileSource source({.path = folder / "e"});
  REQUIRE(source.open({}, {}));
  std::vector<Record> records;
  REQUIRE(*source.poll(1000, {}, records) == Source::Polled::more);
  CHECK(records.size() == 3);  // the third one passes 8 MiB
  REQUIRE(*source.poll(1000, {}, records) == Source::Polled::end);
  CHECK(records.size() == 4);
}

TEST_CASE("a poll comes back from a line without end") {
  const Folder folder;
  write_file(folder / "e", "");
  std::filesystem::resize_file(folder / "e", 100 << 20);  // zeros, none of them on the disk
  std::ofstream(folder / "e", std::ios::app) << '\n';
  FileSource source({.path = folder / "e"});
  REQUIRE(source.open({}, {}));
  std::vector<Record> records;
  int empty_polls = 0;
  while (*source.poll(1000, {}, records) == Source::Polled::more) empty_polls += records.empty();
  CHECK(empty_polls >= 5);
  REQUIRE(records.size() == 1);
  CHECK(records[0].value->size() == FileSource::max_line_bytes);
}

TEST_CASE("a poll takes as many records as are asked for and there") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::string("{\"line\":") + std::to_string(i) + "}\n";
  write_file(folder / "e", text);
  FileSource source({.path = folder / "e"});
  REQUIRE(source.open({}, {}));
  std::vector<Record> records;
  REQUIRE(*source.poll(99'999, {}, records) == Source::Polled::more);
  CHECK(records.size() == 99'999);
  REQUIRE(*source.poll(99'999, {}, records) == Source::Polled::end);
  REQUIRE(records.size() == 100'000);
  for (int i = 0; i < 100'000; ++i) {
    REQUIRE(records[i].offset == i);
    REQUIRE(*records[i].value == std::string("{\"line\":") + std::to_string(i) + "}");
  }
}

TEST_CASE("a file keeps no committed positions") {
  FileSource source({.path = "-"});
  CHECK(source.commit({{0, 3}}));
  CHECK(source.committed().value().empty());
}

}  // namespace
}  // namespace freshet
