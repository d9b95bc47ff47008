// The order log's files: torn ends, damage, names.

#include "state/order_log.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "stream/bytes.h"
#include "stream/hash.h"
#include "tests/state/folder.h"
#include "tests/support/status.h"

using namespace freshet;
using namespace freshet::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t header_bytes = 24, note_bytes = 36 + 12;

void note(OrderLog& log, Order runs) { log.append(runs).value(); }

Result<Order> opened(const std::string& directory, const Positions& state = {}) {
  return FileOrderLog(directory).open(state);
}

std::vector<std::string> names(const std::string& directory) {
  std::vector<std::string> found;
  for (const auto& file : fs::directory_iterator(directory))
    found.push_back(file.path().filename());
  std::sort(found.begin(), found.end());
  return found;
}

/// Three notes of one run each, every one synced before the next, in the first segment of `folder`.
std::string three_notes(const std::string& folder) {
  fs::create_directories(folder);
  FileOrderLog log(folder);
  log.open({}).value();
  for (const OrderRun& run : Order{{0, 10}, {1, 10}, {0, 20}}) {
    note(log, {run});
    log.sync().value();
  }
  return folder + "/order-000001.log";
}

const Order three = {{0, 10}, {1, 10}, {0, 20}};

}  // namespace

TEST_CASE("zeros or rubbish behind the last note are a torn end") {
  TemporaryFolder folder;
  for (const std::string& tail : {std::string(4096, '\0'), std::string(100, '\xff')}) {
    const std::string path = folder / std::to_string(tail.size());
    const std::string file = three_notes(path);
    write_bytes(file, bytes_of(file) + tail);
    CHECK(opened(path).value() == three);
  }
}

TEST_CASE("what comes after a torn end was cut off is kept") {
  TemporaryFolder folder;
  const std::string file = three_notes(folder / "log");
  write_bytes(file, bytes_of(file) + "torn");
  {
    FileOrderLog log(folder / "log");
    CHECK(log.open({}).value() == three);
    note(log, {{1, 20}});
  }
  CHECK(opened(folder / "log").value() == Order{{0, 10}, {1, 10}, {0, 20}, {1, 20}});
}

TEST_CASE("rubbish among notes that were never synced is a crash's doing, and cuts the rest off") {
  TemporaryFolder folder;
  const std::string path = folder / "log";
  fs::create_directory(path);
  {
    FileOrderLog log(path);
    log.open({}).value();
    for (const OrderRun& run : three) note(log, {run});
  }
  std::string bytes = bytes_of(path + "/order-000001.log");
  bytes.replace(header_bytes + note_bytes, 8, std::string(8, '\0'));
  write_bytes(path + "/order-000001.log", bytes);
  CHECK(opened(path).value() == Order{{0, 10}});
}

TEST_CASE("an older segment may not be torn") {
  TemporaryFolder folder;
  const std::string path = folder / "log";
  const std::string file = three_notes(path);
  opened(path).value();  // begins the second one
  write_bytes(file, bytes_of(file).substr(0, 30));
  CHECK(message_of(opened(path)) ==
        "state: the order log's file '" + file + "' is damaged at byte 24");
}

TEST_CASE("a segment that a newer freshet wrote is refused in words") {
  TemporaryFolder folder;
  const std::string file = three_notes(folder / "log");
  std::string bytes = bytes_of(file);
  bytes[7] = 2;
  std::string hash;
  ByteWriter(hash).number(hash64(std::string_view(bytes).substr(0, 16)));
  bytes.replace(16, 8, hash);
  write_bytes(file, bytes);
  CHECK(message_of(opened(folder / "log")) ==
        "state: the order log's file '" + file +
            "' has the format version 2, which this freshet does not read; another version wrote "
            "it");
}

TEST_CASE("a missing or exchanged segment is refused by name") {
  TemporaryFolder folder;
  const std::string path = folder / "log";
  fs::create_directory(path);
  {
    FileOrderLog log(path);
    log.open({}).value();
    for (Offset n = 1; n <= 3; ++n) {
      note(log, {{0, n}});
      log.cut().value();
    }
  }
  const std::string second = path + "/order-000002.log";
  const std::string bytes = bytes_of(second);

  fs::remove(second);
  CHECK(message_of(opened(path)) == "state: the order log's file '" + second + "' is missing");
  CHECK(opened(path, {{0, 1}}).value() == Order{{0, 3}});  // as far as it matters

  write_bytes(second, bytes_of(path + "/order-000003.log"));
  CHECK(message_of(opened(path)) ==
        "state: the order log's file '" + second + "' is a copy of segment 3");
}

TEST_CASE("segments that the state covers are gone after opening") {
  TemporaryFolder folder;
  const std::string path = folder / "log";
  three_notes(path);
  write_bytes(path + "/order-1.log", "not ours");
  write_bytes(path + "/000012.log", "RocksDB's");
  CHECK(opened(path, {{0, 20}, {1, 10}}).value().empty());
  CHECK(names(path) == std::vector<std::string>{"000012.log", "order-000002.log", "order-1.log"});
  for (int i = 0; i < 5; ++i) opened(path).value();  // restarts leave no trail
  CHECK(names(path).size() == 3);
}

TEST_CASE("a directory that is not there is an error") {
  TemporaryFolder folder;
  CHECK_THAT(message_of(opened(folder / "none")), Catch::Contains(folder / "none"));
}
