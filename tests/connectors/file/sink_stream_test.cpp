#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "connectors/file/descriptor.h"
#include "connectors/file/file_sink.h"
#include "tests/connectors/file/support.h"

namespace freshet {
namespace {

using namespace test;

std::vector<Output> one(Output output) {
  std::vector<Output> outputs;
  outputs.push_back(std::move(output));
  return outputs;
}

std::string read_some(int fd) {
  char buffer[4096];
  const ssize_t n = ::read(fd, buffer, sizeof(buffer));
  return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
}

struct Pipe {
  Folder folder;
  std::string path = folder / "pipe";
  Descriptor reader;

  Pipe() {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    reader = Descriptor::owned(::open(path.c_str(), O_RDONLY | O_NONBLOCK));
    REQUIRE(reader.is_open());
  }
};

TEST_CASE("a pipe takes nothing back and has no mark") {
  Pipe pipe;
  FileSink sink({.path = pipe.path});
  CHECK(sink.open("whatever it was").value() == Sink::Kind::keeps);
  auto outputs = one(list("{\"user\":\"u1\"}"));
  REQUIRE(sink.write(outputs));
  CHECK(sink.flush({}).value().empty());
  CHECK(read_some(pipe.reader.get()) == "{\"user\":\"u1\"}\n");
}

TEST_CASE("rejected records beside a pipe go to the file that is named, else nowhere") {
  Pipe pipe;
  const std::string bad = pipe.folder / "bad";
  write_file(bad, "earlier\n");
  auto outputs = one(rejected("x", "bad"));
  for (const std::string& path : {std::string(), bad}) {
    FileSink sink({.path = pipe.path, .rejected_path = path});
    REQUIRE(sink.open(""));
    REQUIRE(sink.write(outputs));
    REQUIRE(sink.flush({}));
  }
  CHECK(read_some(pipe.reader.get()).empty());
  CHECK_FALSE(std::filesystem::exists(pipe.path + ".rejected"));
  CHECK(read_file(bad) ==
        "earlier\n{\"reason\":\"bad\",\"source\":\"events/0/0\",\"record_base64\":\"eA==\"}\n");
}

TEST_CASE("a reader that goes away is an error, and SIGPIPE goes nowhere") {
  Pipe pipe;
  FileSink sink({.path = pipe.path});
  REQUIRE(sink.open(""));
  pipe.reader = Descriptor();
  auto outputs = one(list("{}"));
  // With the default action, SIGPIPE would end this test here.
  REQUIRE(::signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  const auto written = sink.write(outputs);
  REQUIRE_FALSE(written);
  CHECK(written.error().message == pipe.path + ": the reader went away");
  sigset_t signals;
  REQUIRE(::sigpending(&signals) == 0);
  CHECK_FALSE(::sigismember(&signals, SIGPIPE));
  REQUIRE(::pthread_sigmask(SIG_BLOCK, nullptr, &signals) == 0);
  CHECK_FALSE(::sigismember(&signals, SIGPIPE));
}

TEST_CASE("a full device is an error that says so, and stays one") {
  FileSink sink({.path = "/dev/full"});
  CHECK(sink.open("").value() == Sink::Kind::keeps);
  auto outputs = one(list("{}"));
  CHECK(sink.write(outputs).error().message == "/dev/full: cannot write: No space left on device");
  CHECK(sink.flush({}).error().message == "/dev/full: cannot write: No space left on device");
  CHECK(sink.write(outputs).error().message == "/dev/full: cannot write: No space left on device");
}

TEST_CASE("standard output is a file called -") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Descriptor reader = Descriptor::owned(ends[0]), writer = Descriptor::owned(ends[1]);
  std::fflush(stdout);
  const Descriptor kept = Descriptor::owned(::dup(STDOUT_FILENO));
  REQUIRE(::dup2(writer.get(), STDOUT_FILENO) == STDOUT_FILENO);
  FileSink sink(file_options(StdoutSinkOptions{}));
  const auto opened = sink.open("");
  auto outputs = one(list("{}"));
  const auto written = sink.write(outputs);
  const auto flushed = sink.flush({});
  const int restored = ::dup2(kept.get(), STDOUT_FILENO);
  REQUIRE(restored == STDOUT_FILENO);
  CHECK(opened.value() == Sink::Kind::keeps);
  CHECK(written);
  CHECK(flushed.value().empty());
  CHECK(read_some(reader.get()) == "{}\n");
}

}  // namespace
}  // namespace freshet
