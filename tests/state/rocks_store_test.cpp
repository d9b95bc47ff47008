// The state directory: what lasts, who may open it, and what is said when it cannot be opened.

#include "state/rocks_store.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/state/folder.h"
#include "tests/support/status.h"
#include "tests/support/watched_store.h"

using namespace freshet;
using namespace freshet::test;
using Mode = RocksStore::Mode;
namespace fs = std::filesystem;

namespace {

void put(Store& store, std::string_view key, std::string_view value) {
  RowBatch batch;
  batch.put("s", key, value);
  store.write(batch).value();
}

std::unique_ptr<RocksStore> open(const std::string& path, Mode mode = Mode::read_write) {
  return RocksStore::open(path, mode).value();
}

std::string refusal(const std::string& path, Mode mode = Mode::read_write) {
  return message_of(RocksStore::open(path, mode));
}

}  // namespace

TEST_CASE("what was written is there after reopening") {
  TemporaryFolder folder;
  const std::string path = folder / "deep/er/state";  // made with its parents
  std::map<std::string, std::string> before;
  {
    const auto store = open(path);
    for (int i = 0; i < 100; ++i) put(*store, std::to_string(i), std::string(i, 'x'));
    RowBatch batch;
    batch.erase("s", "7");
    batch.put("other", "", "");
    store->write(batch).value();
    before = all_rows(*store);
  }
  for (int i = 0; i < 3; ++i) CHECK(all_rows(*open(path)) == before);
  CHECK(before.size() == 100);
}

TEST_CASE("a second opener is refused, with the directory named") {
  TemporaryFolder folder;
  const std::string path = folder / "state";
  const auto first = open(path);
  put(*first, "a", "1");
  CHECK(refusal(path) == "state: the directory '" + path +
                             "' is in use by another freshet; stop it first, or give this one a "
                             "state.path of its own");
  put(*first, "b", "2");  // the first one goes on
  CHECK(all_rows(*first).size() == 2);
}

TEST_CASE("a directory is free again when its store is gone") {
  TemporaryFolder folder;
  open(folder / "state");
  CHECK(refusal(folder / "state").empty());
}

TEST_CASE("a reader beside a writer sees what was written before it opened") {
  TemporaryFolder folder;
  const auto writer = open(folder / "state");
  put(*writer, "a", "1");
  const auto reader = open(folder / "state", Mode::read_only);
  put(*writer, "b", "2");
  const auto seen = all_rows(*reader);
  CHECK(seen.count(std::string("s\0a", 3)) == 1);
  CHECK(all_rows(*open(folder / "state", Mode::read_only)).size() == 2);
  CHECK(all_rows(*writer).size() == 2);
}

TEST_CASE("a reader is refused writing") {
  TemporaryFolder folder;
  put(*open(folder / "state"), "a", "1");
  const auto reader = open(folder / "state", Mode::read_only);
  RowBatch batch;
  batch.put("s", "b", "2");
  const std::string message = message_of(reader->write(batch));
  CHECK_THAT(message, Catch::Contains(folder / "state"));
  CHECK(all_rows(*open(folder / "state")).size() == 1);
}

TEST_CASE("a reader is told when there is no state, and makes none") {
  TemporaryFolder folder;
  const std::string path = folder / "state";
  CHECK(refusal(path, Mode::read_only) == "state: there is none in the directory '" + path + "'");
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a directory of other files is refused and left alone") {
  TemporaryFolder folder;
  const std::string path = folder / "home";
  fs::create_directory(path);
  write_bytes(path + "/letter.txt", "Dear");
  CHECK(refusal(path) == "state: the directory '" + path +
                             "' holds files but no state; give an empty or a new directory");
  CHECK(refusal(path, Mode::read_only) == "state: there is none in the directory '" + path + "'");
  CHECK(std::distance(fs::directory_iterator(path), {}) == 1);
}

TEST_CASE("an empty directory is taken") {
  TemporaryFolder folder;
  fs::create_directory(folder / "state");
  CHECK(refusal(folder / "state").empty());
}

TEST_CASE("a file in the place of the directory is refused by name") {
  TemporaryFolder folder;
  write_bytes(folder / "state", "I am a file");
  CHECK_THAT(refusal(folder / "state"), Catch::Contains(folder / "state"));
  CHECK_THAT(refusal(folder / "state/below"), Catch::Contains(folder / "state/below"));
}

TEST_CASE("a state that lost its file CURRENT is damaged, and not begun anew") {
  TemporaryFolder folder;
  const std::string path = folder / "state";
  put(*open(path), "a", "1");
  open(path);
  const std::string current = bytes_of(path + "/CURRENT");
  fs::remove(path + "/CURRENT");
  CHECK(refusal(path) ==
        "state: the directory '" + path + "' is damaged: its file CURRENT is missing");
  write_bytes(path + "/CURRENT", current);
  CHECK(all_rows(*open(path)).size() == 1);
}

TEST_CASE("damage is an error that names the directory, never a crash") {
  TemporaryFolder folder;
  const std::string whole = folder / "whole";
  {
    const auto store = open(whole);
    for (int i = 0; i < 100; ++i) {
      RowBatch batch;
      for (int j = 0; j < 20; ++j)
        batch.put("s", std::to_string(i * 20 + j), std::string(100, 'x'));
      store->write(batch).value();
    }
  }
  open(whole);  // reopened, the log becomes a table
  std::size_t refused = 0, tables = 0;
  for (const auto& file : fs::directory_iterator(whole)) {
    const std::string name = file.path().filename();
    if (name.rfind("LOG", 0) == 0 || name == "LOCK" || name == "IDENTITY") continue;
    tables += file.path().extension() == ".sst" ? 1 : 0;
    for (const std::string damage : {"cut", "flipped", "missing"}) {
      // The path holds the word "lock", which is no reason to speak of one.
      const std::string path = folder / ("clock-" + name + '-' + damage);
      fs::copy(whole, path);
      std::string bytes = bytes_of(file.path());
      if (damage == "cut") bytes.resize(bytes.size() / 2);
      if (damage == "flipped") {
        for (std::size_t i = 0; i < bytes.size(); i += 7) bytes[i] = static_cast<char>(~bytes[i]);
      }
      write_bytes(path + "/" + name, bytes);
      if (damage == "missing") fs::remove(path + "/" + name);
      INFO(path);
      auto opened = RocksStore::open(path, Mode::read_write);
      std::string message = message_of(opened);
      if (opened) {
        message = message_of(
            (*opened)->scan("s", [](std::string_view, std::string_view) { return Status(); }));
      }
      if (message.empty()) continue;
      ++refused;
      CHECK_THAT(message, Catch::Contains(path) && !Catch::Contains("in use"));
    }
  }
  CHECK(tables > 0);
  CHECK(refused >= 6);  // every way of the table and of the manifest, at least
}

TEST_CASE("after a purge no file holds a byte of an erased row, nor of an older version of it") {
  TemporaryFolder folder;
  const std::string path = folder / "state";
  const auto found = [&](const std::string& words) {
    int files = 0;
    for (const auto& file : fs::directory_iterator(path)) {
      files += bytes_of(file.path()).find(words) != std::string::npos ? 1 : 0;
    }
    return files;
  };
  const auto store = open(path);
  const auto history = [&](const std::string& words) {
    // Not compressible, so that the words would be seen.
    RowBatch batch;
    batch.put("user", "ann-the-forgotten", "she-bought-" + words);
    for (int i = 0; i < 50; ++i) batch.put("user", "bob" + std::to_string(i), words);
    store->write(batch).value();
  };
  history("a-hat");
  store->purge().value();
  history("a-coat");
  CHECK(found("ann-the-forgotten") > 0);
  CHECK(found("she-bought-a-hat") > 0);
  CHECK(found("she-bought-a-coat") > 0);

  RowBatch erasure;
  erasure.erase("user", "ann-the-forgotten");
  store->write(erasure).value();
  CHECK(found("ann-the-forgotten") > 0);
  store->purge().value();
  CHECK(found("ann-the-forgotten") == 0);
  CHECK(found("she-bought") == 0);
  CHECK(all_rows(*store).size() == 50);
}

TEST_CASE("an erasure is purged by itself when its time is up") {
  TemporaryFolder folder;
  RocksOptions options;
  options.purge_interval = std::chrono::seconds(1);
  const auto store = RocksStore::open(folder / "state", Mode::read_write, options).value();
  put(*store, "key-of-ann", "1");
  RowBatch erasure;
  erasure.erase("s", "key-of-ann");
  store->write(erasure).value();
  const auto holds = [&] {
    for (const auto& file : fs::directory_iterator(folder / "state")) {
      if (bytes_of(file.path()).find("key-of-ann") != std::string::npos) return true;
    }
    return false;
  };
  CHECK(holds());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (holds() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK_FALSE(holds());
}

TEST_CASE("rows are read by several threads while one writes") {
  TemporaryFolder folder;
  RocksOptions options;
  options.memory_bytes = 1 << 20;  // so that tables are made and read meanwhile
  const auto store = RocksStore::open(folder / "state", Mode::read_write, options).value();
  constexpr int keys = 200;
  const auto write = [&](int version) {
    RowBatch batch;
    for (int k = 0; k < keys; ++k) {
      batch.put("s", std::to_string(k), std::to_string(version) + std::string(500, 'x'));
    }
    batch.erase("s", "gone");
    store->write(batch).value();
  };
  write(0);
  std::atomic<bool> stop{false};
  std::atomic<int> reads{0}, wrong{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&, t] {
      std::map<int, int> newest;
      for (int k = t; !stop; k = (k + 7) % keys) {
        const auto row = store->get("s", std::to_string(k)).value();
        const int version = row ? std::stoi(*row) : -1;
        if (version < newest[k] || store->get("s", "gone").value()) ++wrong;
        newest[k] = version;
        ++reads;
      }
    });
  }
  for (int version = 1; version <= 60 || reads < 1'000; ++version) write(version);
  store->purge().value();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
}
