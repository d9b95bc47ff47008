#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "connectors/file/descriptor.h"
#include "tests/connectors/file/support.h"

namespace freshet {
namespace {

using namespace test;
using Lines = std::vector<std::pair<Offset, std::string>>;

/// A named pipe in a folder of its own, and the source at its reading end.
struct Pipe {
  Folder folder;
  std::string path = folder / "pipe";
  FileSource source{{.path = path}};
  Descriptor writer;
  Lines lines;

  explicit Pipe(const Positions& from = {}) {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    REQUIRE(source.open(from, {}));
  }
  void connect() { writer = Descriptor::owned(::open(path.c_str(), O_WRONLY)); }
  void send(std::string_view bytes) { REQUIRE(write_all(writer.get(), bytes, "pipe")); }
  void hang_up() { writer = Descriptor(); }

  Result<Source::Polled> poll(std::chrono::milliseconds wait = {}) {
    std::vector<Record> records;
    auto polled = source.poll(100, wait, records);
    for (const Record& record : records) lines.emplace_back(record.offset, *record.value);
    return polled;
  }
  Result<Source::Polled> poll_to_end() {
    while (true) {
      auto polled = poll();
      if (!polled || *polled == Source::Polled::end) return polled;
    }
  }
};

const std::string text = "{\"a\":1}\n\n(\n{\"b\":\"\xc3\xa4\"}\n\xef\xbb\xbf\nlast";
const Lines text_lines = {
    {0, "{\"a\":1}"}, {2, "("}, {3, "{\"b\":\"\xc3\xa4\"}"}, {4, "\xef\xbb\xbf"}, {5, "last"}};

TEST_CASE("a pipe fed in two pieces, cut anywhere, gives what the file gives") {
  for (const Compression compression : all_compressions) {
    const std::string bytes = compressed(compression, text);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      CAPTURE(compression, cut);
      Pipe pipe;
      pipe.connect();
      pipe.send(bytes.substr(0, cut));
      REQUIRE(*pipe.poll() == Source::Polled::more);
      pipe.send(bytes.substr(cut));
      pipe.hang_up();
      REQUIRE(*pipe.poll_to_end() == Source::Polled::end);
      CHECK(pipe.lines == text_lines);
    }
  }
}

TEST_CASE("a pipe fed byte by byte gives what the file gives, each line as soon as it is whole") {
  for (const Compression compression : all_compressions) {
    Pipe pipe;
    pipe.connect();
    for (const char byte : compressed(compression, text)) {
      // Empty polls in between must do no harm, however many they are.
      for (int i = 0; i < 20; ++i) REQUIRE(*pipe.poll() == Source::Polled::more);
      pipe.send({&byte, 1});
      REQUIRE(*pipe.poll() == Source::Polled::more);
    }
    if (compression == Compression::none) CHECK(pipe.lines.size() == 4);
    pipe.hang_up();
    REQUIRE(*pipe.poll_to_end() == Source::Polled::end);
    CHECK(pipe.lines == text_lines);
  }
}

TEST_CASE("a silent pipe does not hold a poll longer than asked") {
  Pipe pipe;
  CHECK(*pipe.poll(std::chrono::milliseconds(1)) == Source::Polled::more);  // no writer yet
  pipe.connect();
  CHECK(*pipe.poll(std::chrono::milliseconds(1)) == Source::Polled::more);
  pipe.send("half a li");
  CHECK(*pipe.poll(std::chrono::milliseconds(1)) == Source::Polled::more);
  CHECK(pipe.lines.empty());
  pipe.send("ne\nand");
  // Were it to wait for a second record, the test would run into its time limit.
  CHECK(*pipe.poll(std::chrono::hours(24)) == Source::Polled::more);
  CHECK(pipe.lines == Lines{{0, "half a line"}});
}

TEST_CASE("a poll waits once, also when the first bytes of an archive give nothing yet") {
  const std::string archive = compressed(Compression::zstd, text);
  for (const std::size_t n : {1U, 3U, 8U}) {
    Pipe pipe;
    pipe.connect();
    pipe.send(archive.substr(0, n));
    CHECK(*pipe.poll(std::chrono::hours(24)) == Source::Polled::more);
    CHECK(pipe.lines.empty());
  }
}

TEST_CASE("an archive that a pipe breaks off is an error") {
  const std::string bytes = compressed(Compression::zstd, text);
  Pipe pipe;
  pipe.connect();
  pipe.send(bytes.substr(0, bytes.size() - 1));
  pipe.hang_up();
  const auto polled = pipe.poll_to_end();
  REQUIRE_FALSE(polled);
  CHECK(polled.error().message.find("truncated") != std::string::npos);
}

TEST_CASE("a pipe goes on at a position when it is given the same lines again") {
  Pipe pipe(Positions{{0, 3}});
  pipe.connect();
  pipe.send(text);
  pipe.hang_up();
  REQUIRE(*pipe.poll_to_end() == Source::Polled::end);
  CHECK(pipe.lines == Lines(text_lines.begin() + 2, text_lines.end()));
}

TEST_CASE("a pipe with fewer lines than the position is an error") {
  Pipe pipe(Positions{{0, 9}});
  pipe.connect();
  pipe.send(text);
  pipe.hang_up();
  const auto polled = pipe.poll_to_end();
  REQUIRE_FALSE(polled);
  CHECK(polled.error().message.find("has 6 lines, but the state goes on at line 9") !=
        std::string::npos);
  CHECK_FALSE(pipe.poll());
}

TEST_CASE("standard input is a file called -") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Descriptor reader = Descriptor::owned(ends[0]),
                   kept = Descriptor::owned(::dup(STDIN_FILENO));
  REQUIRE(::dup2(reader.get(), STDIN_FILENO) == STDIN_FILENO);
  {
    const Descriptor writer = Descriptor::owned(ends[1]);
    REQUIRE(write_all(writer.get(), "x\ny\n", "pipe"));
  }
  const ReadOut read = read_out("-");
  REQUIRE(::dup2(kept.get(), STDIN_FILENO) == STDIN_FILENO);
  CHECK(read.lines == Lines{{0, "x"}, {1, "y"}});
  CHECK_FALSE(read.failure);
}

}  // namespace
}  // namespace freshet
