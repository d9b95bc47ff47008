// The state directory on disks that are full, lose power, can only be read, flip bits, or are
// ahead.

#include <rocksdb/env.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>

#include "state/order_log.h"
#include "state/rocks_store.h"
#include "tests/state/folder.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/slow.h"
#include "tests/support/status.h"
#include "tests/support/watched_store.h"

using namespace freshet;
using namespace freshet::test;
using Mode = RocksStore::Mode;
namespace fs = std::filesystem;
using Rows = std::map<std::string, std::string>;

namespace {

const std::string path = "/deep/state";

Result<std::unique_ptr<RocksStore>> try_open(FaultyDisk& disk, Mode mode = Mode::read_write) {
  RocksOptions options;
  options.disk = disk.disk();
  options.purge_interval = std::chrono::seconds(0);
  options.memory_bytes = 1 << 20;  // so that a few hundred rows make a table
  return RocksStore::open(path, mode, options);
}

/// The machine's disk, on which it is later than it is.
class LaterDisk final : public rocksdb::EnvWrapper {
 public:
  explicit LaterDisk(std::chrono::seconds later)
      : EnvWrapper(rocksdb::Env::Default()), later_s_(later.count()) {}
  rocksdb::Status GetCurrentTime(std::int64_t* now_s) override {
    rocksdb::Status told = target()->GetCurrentTime(now_s);
    *now_s += later_s_;
    return told;
  }

 private:
  const std::int64_t later_s_;
};

/// Checkpoint `n` of a run: it changes some rows of those before, and says its own number.
RowBatch checkpoint(int n, std::size_t value_bytes) {
  RowBatch batch;
  batch.put("meta", "checkpoint", std::to_string(n));
  for (int i = 0; i < 20; ++i) {
    std::string value(value_bytes, static_cast<char>('a' + n % 26));
    for (std::size_t at = 0; at < value.size(); at += 3) value[at] = static_cast<char>(at * n * i);
    batch.put("user", std::to_string((n * 7 + i * 3) % 100), value);
  }
  batch.erase("user", std::to_string(n * 5 % 100));
  return batch;
}

/// What a store holds after the checkpoints 1 … n.
Rows rows_after(int n, std::size_t value_bytes) {
  MemoryStore store;
  for (int i = 1; i <= n; ++i) store.write(checkpoint(i, value_bytes)).value();
  return all_rows(store);
}

int newest(const RowReader& store) {
  const auto row = store.get("meta", "checkpoint").value();
  return row ? std::stoi(*row) : 0;
}

/// Writes checkpoints until one fails or there are `last`. The last one that was written.
int write_from(RocksStore& store, int first, int last, std::size_t value_bytes,
               std::string* message = nullptr) {
  for (int n = first; n <= last; ++n) {
    const Status s = store.write(checkpoint(n, value_bytes));
    if (s) continue;
    if (message != nullptr) *message = s.error().message;
    CHECK(message_of(store.write(checkpoint(n, value_bytes))) == s.error().message);
    return n - 1;
  }
  return last;
}

/// A directory with rows in a log and in tables.
int fill(FaultyDisk& disk, std::size_t value_bytes = 500) {
  return write_from(*try_open(disk).value(), 1, 60, value_bytes);
}

}  // namespace

TEST_CASE("power that goes at any moment loses no checkpoint that was written") {
  constexpr int last = 14;
  constexpr std::size_t value_bytes = 6'000;
  std::uint64_t all = 0;
  {
    FaultyDisk disk(1);
    write_from(*try_open(disk).value(), 1, last, value_bytes);
    all = disk.operations();
  }
  REQUIRE(all > 60);
  for (std::uint64_t stop = 0; stop < all; stop += one_of(3)) {
    FaultyDisk disk(stop);
    disk.stop_at(stop);
    int written = 0;
    if (auto store = try_open(disk)) written = write_from(**store, 1, last, value_bytes);
    disk.lose_power();
    INFO("stopped at operation " << stop << " of " << all);
    auto store = try_open(disk);
    REQUIRE(message_of(store).empty());
    const int found = newest(**store);
    CHECK((found == written || found == written + 1));
    CHECK(all_rows(**store) == rows_after(found, value_bytes));
    CHECK(write_from(**store, found + 1, last, value_bytes) == last);  // and it goes on
    store->reset();
    CHECK(all_rows(*try_open(disk).value()) == rows_after(last, value_bytes));
  }
}

TEST_CASE("a process that dies at any moment loses no checkpoint that was written") {
  constexpr int last = 8;
  for (std::uint64_t stop = 0; stop < 80; stop += one_of(3)) {
    FaultyDisk disk(stop);
    disk.stop_at(stop);
    int written = 0;
    if (auto store = try_open(disk)) written = write_from(**store, 1, last, 100);
    disk.kill_process();
    INFO("stopped at operation " << stop);
    const auto store = try_open(disk).value();
    const int found = newest(*store);
    CHECK((found == written || found == written + 1));
    CHECK(all_rows(*store) == rows_after(found, 100));
  }
}

TEST_CASE("a full disk is an error at every byte, and nothing is lost when there is space again") {
  constexpr int last = 14;
  constexpr std::size_t value_bytes = 6'000;
  std::uint64_t all = 0;
  {
    FaultyDisk disk(1);
    write_from(*try_open(disk).value(), 1, last, value_bytes);
    all = disk.bytes_used();
  }
  int failures = 0;
  for (std::uint64_t space = 0; space < all; space += all / 97 * one_of(3)) {
    FaultyDisk disk(space);
    disk.limit_space(space);
    int written = 0;
    std::string message;
    auto opened = try_open(disk);
    if (opened)
      written = write_from(**opened, 1, last, value_bytes, &message);
    else
      message = opened.error().message;
    if (opened) opened->reset();
    INFO("space for " << space << " bytes of " << all << ": " << message);
    failures += written < last ? 1 : 0;
    if (written < last) {
      CHECK_THAT(message, Catch::Contains(path) && Catch::Contains("no space is left on the disk"));
    }
    disk.limit_space(FaultyDisk::no_limit);
    const auto store = try_open(disk).value();
    const int found = newest(*store);
    CHECK((found == written || found == written + 1));
    CHECK(write_from(*store, found + 1, last, value_bytes) == last);
    CHECK(all_rows(*store) == rows_after(last, value_bytes));
  }
  CHECK(failures > 50 / static_cast<int>(one_of(3)));
}

TEST_CASE("the order log beside the rows is left alone by RocksDB") {
  FaultyDisk disk(1);
  int n = 0;
  for (int start = 0; start < 4; ++start) {
    const auto store = try_open(disk).value();
    FileOrderLog log(path, disk.disk());
    CHECK(log.open({}).value().size() == static_cast<std::size_t>(start));
    log.append(Order{{start, 10}}).value();
    n = write_from(*store, n + 1, n + 30, 3'000);
  }
  CHECK(all_rows(*try_open(disk).value()) == rows_after(n, 3'000));
}

TEST_CASE("a disk that can only be read is refused in words, and read all the same") {
  FaultyDisk disk(1);
  const int last = fill(disk);
  disk.make_read_only(true);
  CHECK(message_of(try_open(disk)) ==
        "state: the directory '" + path + "': the disk can only be read");
  CHECK(newest(*try_open(disk, Mode::read_only).value()) == last);

  disk.make_read_only(false);
  const auto store = try_open(disk).value();
  disk.make_read_only(true);
  CHECK_THAT(message_of(store->write(checkpoint(last + 1, 10))),
             Catch::Contains(path) && Catch::Contains("the disk can only be read"));
}

TEST_CASE("on a disk that can only be read no state is begun") {
  FaultyDisk disk(1);
  disk.make_read_only(true);
  CHECK_THAT(message_of(try_open(disk)),
             Catch::Contains(path) && Catch::Contains("the disk can only be read"));
}

TEST_CASE("a bit that flips in any file is refused with the file named, or harmless") {
  FaultyDisk disk(1);
  fill(disk);
  const Rows before = all_rows(*try_open(disk, Mode::read_only).value());
  std::map<std::string, std::string> whole;
  for (const std::string& name : disk.files(path)) whole[name] = *disk.read(path + "/" + name);
  std::map<std::string, std::size_t> refused;
  for (const auto& [name, bytes] : whole) {
    const std::size_t step = std::max<std::size_t>(1, bytes.size() / 150) * one_of(3);
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      FaultyDisk other(1);
      (void)other.disk()->CreateDir("/deep");
      (void)other.disk()->CreateDir(path);
      for (const auto& [n, b] : whole) other.write(path + "/" + n, b);
      std::string bad = bytes;
      bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
      other.write(path + "/" + name, bad);
      INFO(name << ", byte " << at << " of " << bytes.size());
      for (const Mode mode : {Mode::read_only, Mode::read_write}) {
        auto store = try_open(other, mode);
        std::string message = message_of(store);
        Rows rows;
        if (store) {
          for (const char* space : {"meta", "user"}) {
            const Status s = (*store)->scan(space, [&](std::string_view k, std::string_view v) {
              rows[std::string(space) + '\0' + std::string(k)] = v;
              return Status();
            });
            if (message.empty()) message = message_of(s);
          }
        }
        if (message.empty()) {
          CHECK(rows == before);
        } else {
          ++refused[name.substr(name.find_last_of('.') + 1)];
          CHECK_THAT(message, Catch::Contains(path) && Catch::Contains(name));
        }
      }
    }
  }
  // Each byte of a log, a table, the manifest and the mark counts for something.
  CHECK(refused["log"] > 250 / one_of(3));
  CHECK(refused["sst"] > 250 / one_of(3));
  CHECK(refused["WRITTEN"] > 50 / one_of(3));
}

TEST_CASE("an erasure whose time came while the store was closed is purged when it is opened") {
  TemporaryFolder folder;
  RocksOptions options;
  LaterDisk later(options.purge_interval + std::chrono::seconds(1));
  auto store = RocksStore::open(folder / "state", Mode::read_write, options).value();
  RowBatch event, erasure;
  event.put("s", "key-of-ann", "1");
  store->write(event).value();
  erasure.erase("s", "key-of-ann");
  store->write(erasure).value();
  store.reset();
  const auto holds = [&] {
    for (const auto& file : fs::directory_iterator(folder / "state")) {
      if (bytes_of(file.path()).find("key-of-ann") != std::string::npos) return true;
    }
    return false;
  };
  // A log that is read again becomes a table of that moment, which is not due.
  store = RocksStore::open(folder / "state", Mode::read_write, options).value();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  store.reset();
  REQUIRE(holds());
  options.disk = &later;
  store = RocksStore::open(folder / "state", Mode::read_write, options).value();
  // An open store looks once a minute.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(50);
  while (holds() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK_FALSE(holds());
}
