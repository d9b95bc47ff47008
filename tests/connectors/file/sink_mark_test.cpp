#include <signal.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>

#include "connectors/file/file_sink.h"
#include "tests/connectors/file/support.h"

namespace freshet {
namespace {

using namespace test;

/// A sink for lists of one folder, and what is written to it.
struct Run {
  std::string path;
  std::unique_ptr<FileSink> sink;

  Run(const Folder& folder, Compression compression) : path(folder / named("lists", compression)) {}

  void open(const std::string& mark) {
    sink = std::make_unique<FileSink>(FileSinkOptions{.path = path});
    const auto opened = sink->open(mark);
    if (!opened) FAIL(opened.error().message);
    REQUIRE(*opened == Sink::Kind::takes_back);
  }
  /// Lists from..to, each tenth with a rejected record; the same for the same numbers.
  Status write(int from, int to) {
    std::vector<Output> outputs;
    for (int i = from; i < to; ++i) {
      outputs.push_back(list("{\"list\":" + std::to_string(i) + std::string(200, 'x') + '}'));
      if (i % 10 == 0) outputs.push_back(rejected(std::to_string(i), "bad", i));
    }
    return sink->write(outputs);
  }
  std::string flush() { return sink->flush({}).value(); }
  std::string bytes() const { return read_file(path) + '|' + read_file(path + ".rejected"); }
};

/// The mark of files that begin at `path`, of these lengths, as versions that knew no hashes of
/// their ends wrote it.
std::string mark_of(const std::string& path, const std::string& lengths) {
  return lengths + '\n' + path + '\n' + path + ".similar\n" + path + ".rejected";
}

/// Lengths and paths of a mark.
std::string without_ends(const std::string& mark) { return mark.substr(0, mark.find("\nends=")); }

/// Three flushes without interruption.
std::string uninterrupted(Compression compression) {
  const Folder folder;
  Run run(folder, compression);
  run.open("");
  for (const auto& [from, to] : {std::pair(0, 3000), {3000, 3010}, {3010, 9000}}) {
    REQUIRE(run.write(from, to));
    run.flush();
  }
  return run.bytes();
}

TEST_CASE("the mark is the lengths and the paths of the files") {
  const Folder folder;
  Run run(folder, Compression::none);
  run.open("");
  CHECK(without_ends(run.flush()) == mark_of(run.path, "lists=0 similar=0 rejected=0"));
  std::vector<Output> outputs;
  outputs.push_back(list("{}"));
  outputs.push_back(rejected("x", "bad"));
  REQUIRE(run.sink->write(outputs));
  CHECK(without_ends(run.flush()) == mark_of(run.path, "lists=3 similar=0 rejected=62"));
  CHECK(read_file(run.path).size() == 3);
  CHECK(read_file(run.path + ".rejected").size() == 62);
  CHECK(without_ends(run.flush()) == mark_of(run.path, "lists=3 similar=0 rejected=62"));
}

TEST_CASE("the mark counts what somebody else put into a file") {
  const Folder folder;
  Run run(folder, Compression::none);
  run.open("");
  write_file(run.path + ".rejected", "foreign\n");
  std::vector<Output> outputs;
  outputs.push_back(rejected("x", "bad"));
  REQUIRE(run.sink->write(outputs));
  CHECK(without_ends(run.flush()) == mark_of(run.path, "lists=0 similar=0 rejected=70"));
  CHECK(read_file(run.path + ".rejected").size() == 70);
}

TEST_CASE("after a crash at any point the files end as if there had been none") {
  for (const Compression compression : all_compressions) {
    const std::string expected = uninterrupted(compression);
    // How far the first process comes after its mark: to nothing, to what stays in memory, to a
    // file that ends in the middle of a frame, to a later flush.
    for (const int lost : {0, 1, 4000}) {
      for (const bool is_flushed : {false, true}) {
        CAPTURE(compression, lost, is_flushed);
        const Folder folder;
        Run run(folder, compression);
        run.open("");
        REQUIRE(run.write(0, 3000));
        const std::string mark = run.flush();
        REQUIRE(run.write(3000, 3000 + lost));
        if (is_flushed) run.flush();
        run.open(mark);
        REQUIRE(run.write(3000, 3010));
        const std::string second = run.flush();
        run.open(second);
        REQUIRE(run.write(3010, 9000));
        run.flush();
        CHECK((run.bytes() == expected));
      }
    }
  }
}

TEST_CASE("after every flush the file is whole") {
  for (const Compression compression : all_compressions) {
    const Folder folder;
    Run run(folder, compression);
    run.open("");
    for (int i = 0; i < 5; ++i) {
      REQUIRE(run.write(i * 10, i * 10 + 10));
      run.flush();
      const ReadOut read = read_out(run.path);
      CHECK_FALSE(read.failure);
      CHECK(read.lines.size() == static_cast<std::size_t>(10 * i + 10));
    }
  }
}

TEST_CASE("what was rejected after the mark is taken back too") {
  const Folder folder;
  Run run(folder, Compression::none);
  run.open("");
  REQUIRE(run.write(1, 10));
  const std::string mark = run.flush();
  REQUIRE(run.write(10, 20));
  run.flush();
  CHECK_FALSE(read_file(run.path + ".rejected").empty());
  run.open(mark);
  CHECK(read_file(run.path + ".rejected").empty());
}

TEST_CASE("a file shorter than the mark is refused and left alone") {
  const Folder folder;
  const std::string path = folder / "lists";
  write_file(path, "short\n");
  FileSink sink({.path = path});
  CHECK(
      sink.open(mark_of(path, "lists=7 similar=0 rejected=0")).error().message ==
      path +
          ": holds 6 bytes, but at the checkpoint it held 7: it was replaced; put it back, or set "
          "sink.overwrite to true to start it anew; lists that were made before do not come again");
  CHECK(read_file(path) == "short\n");

  FileSink missing({.path = folder / "other"});
  CHECK_FALSE(missing.open(mark_of(folder / "other", "lists=0 similar=0 rejected=1")));
}

TEST_CASE("a file that a new state knows nothing of is refused and left alone") {
  const Folder folder;
  const std::string path = folder / "lists";
  write_file(path, "precious\n");
  FileSink sink({.path = path});
  CHECK(sink.open("").error().message ==
        path +
            ": already holds 9 bytes that this state does not follow: move it away, or set "
            "sink.overwrite to true to empty it; lists that were made before do not come again");
  CHECK(read_file(path) == "precious\n");

  write_file(path, "");
  write_file(path + ".rejected", "precious\n");
  FileSink again({.path = path});
  CHECK_FALSE(again.open(""));
  CHECK(read_file(path + ".rejected") == "precious\n");
}

TEST_CASE("a longer file that the state did not write is refused and left alone") {
  const Folder folder;
  const std::string mine = folder / "lists", other = folder / "precious";
  write_file(other, "precious, and longer than the mark\n");
  FileSink sink({.path = other});
  CHECK_FALSE(sink.open(mark_of(mine, "lists=3 similar=0 rejected=0")));
  CHECK(read_file(other) == "precious, and longer than the mark\n");
  // A new path for the lists of an old state is fine if nothing is there.
  FileSink moved({.path = folder / "new"});
  CHECK(moved.open(mark_of(mine, "lists=3 similar=0 rejected=0")).value() ==
        Sink::Kind::takes_back);
}

TEST_CASE("another file of the same name is refused and left alone, however long it is") {
  for (const Compression compression : all_compressions) {
    const Folder folder;
    Run run(folder, compression);
    run.open("");
    REQUIRE(run.write(0, 100));
    const std::string mark = run.flush();
    const std::string written = read_file(run.path);
    const std::string foreign(2 * written.size(), 'f');
    write_file(run.path, foreign);
    FileSink sink({.path = run.path});
    const auto opened = sink.open(mark);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message ==
          run.path +
              ": does not hold the lines that it held at the checkpoint "
              "before byte " +
              std::to_string(written.size()) +
              ": it was replaced; put it back, or set sink.overwrite to "
              "true to start it anew; lists that were made before do not come again");
    CHECK(read_file(run.path) == foreign);
    FileSink told({.path = run.path, .overwrite = true});
    REQUIRE(told.open(mark));
    CHECK(read_file(run.path).empty());
  }
}

TEST_CASE("a mark without hashes, of an earlier version, is taken") {
  const Folder folder;
  Run run(folder, Compression::none);
  run.open("");
  REQUIRE(run.write(0, 10));
  const std::string mark = run.flush();
  const std::string written = run.bytes();
  REQUIRE(run.write(10, 20));
  run.flush();
  run.open(without_ends(mark));
  CHECK(run.bytes() == written);
}

TEST_CASE("overwrite starts files anew that do not fit the state") {
  const Folder folder;
  const std::string path = folder / "lists";
  for (const std::string& mark :
       {std::string(), mark_of(path, "lists=100 similar=0 rejected=100")}) {
    write_file(path, "other\n");
    write_file(path + ".rejected", "other\n");
    FileSink sink({.path = path, .overwrite = true});
    REQUIRE(sink.open(mark).value() == Sink::Kind::takes_back);
    CHECK(read_file(path).empty());
    CHECK(read_file(path + ".rejected").empty());
    std::vector<Output> outputs;
    outputs.push_back(list("{}"));
    REQUIRE(sink.write(outputs));
    CHECK(without_ends(sink.flush({}).value()) == mark_of(path, "lists=3 similar=0 rejected=0"));
  }
  // A file that fits is not touched.
  FileSink fits({.path = path, .overwrite = true});
  REQUIRE(fits.open(mark_of(path, "lists=3 similar=0 rejected=0")).value() ==
          Sink::Kind::takes_back);
  CHECK(read_file(path) == "{}\n");
}

TEST_CASE("a mark of another sink is refused in words") {
  const Folder folder;
  for (const char* mark :
       {"kafka", "lists=1", "lists=0 similar=0 rejected=0 ", "lists=-1 similar=0 rejected=0",
        "lists=99999999999999999999 similar=0 rejected=0",
        "lists=0 similar=0 rejected=0\na\nb\nc\nends=1 2"}) {
    FileSink sink({.path = folder / "lists"});
    const auto opened = sink.open(mark);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("was not made by a file sink") != std::string::npos);
  }
}

TEST_CASE("a disk that fills up in the middle is an error, and the next open mends the file") {
  for (const Compression compression : all_compressions) {
    const std::string expected = uninterrupted(compression);
    const Folder folder;
    Run run(folder, compression);
    run.open("");
    REQUIRE(run.write(0, 3000));
    const std::string mark = run.flush();

    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit tight{std::filesystem::file_size(run.path) + 1000, before.rlim_max};
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const Status written = run.write(3000, 40'000);
    const auto flushed = run.sink->flush({});
    const auto flushed_again = run.sink->flush({});
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    ::signal(SIGXFSZ, handler);

    CHECK_FALSE(flushed);
    CHECK(flushed.error().message == run.path + ": cannot write: File too large");
    CHECK(flushed_again.error().message == flushed.error().message);
    CHECK_FALSE(run.write(3000, 3010));  // there is room again, but the file has a gap
    if (compression == Compression::none) CHECK_FALSE(written);

    run.open(mark);
    REQUIRE(run.write(3000, 3010));
    run.flush();
    REQUIRE(run.write(3010, 9000));
    run.flush();
    CHECK((run.bytes() == expected));
  }
}

}  // namespace
}  // namespace freshet
