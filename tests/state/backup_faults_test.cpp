// Backups on disks that are full or lose power: a whole copy or none.

#include <rocksdb/env.h>

#include <catch2/catch.hpp>

#include "state/backup.h"
#include "state/rocks_store.h"
#include "stream/bytes.h"
#include "stream/state_format.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/slow.h"
#include "tests/support/status.h"
#include "tests/support/watched_store.h"

using namespace freshet;
using namespace freshet::test;
using Mode = RocksStore::Mode;

namespace {

const CopyProgress no_progress = [](std::uint64_t, std::uint64_t) {};

std::unique_ptr<RocksStore> open(FaultyDisk& disk, const std::string& path,
                                 Mode mode = Mode::read_write) {
  RocksOptions options;
  options.disk = disk.disk();
  return RocksStore::open(path, mode, options).value();
}

/// A disk with a state of some rows in /state, all of it safe.
std::unique_ptr<FaultyDisk> with_state(std::uint64_t seed) {
  auto disk = std::make_unique<FaultyDisk>(seed);
  RowBatch batch;
  std::string format;
  ByteWriter(format).number(state_format_version);
  batch.put(meta_space, "format", format);
  StoredPlace place;
  place.positions = {{0, 17}, {3, 4}};
  put_place(place, batch);
  for (int i = 0; i < 300; ++i) batch.put("user", "u" + std::to_string(i), std::string(i, 'x'));
  open(*disk, "/state")->write(batch).value();
  disk->write("/safe", "");
  return disk;
}

/// The whole state, or nothing that would be taken for one.
bool is_whole_or_nothing(FaultyDisk& disk, const std::string& path) {
  RocksOptions options;
  options.disk = disk.disk();
  const auto copy = RocksStore::open(path, Mode::read_only, options);
  if (!copy || !check_format(**copy)) return true;
  if ((*copy)->spaces().value().empty()) return true;
  return all_rows(**copy) == all_rows(*open(disk, "/state", Mode::read_only));
}

}  // namespace

TEST_CASE("a backup that loses its power leaves all or nothing, and is made anew") {
  std::uint64_t all = 0;
  {
    const auto disk = with_state(1);
    const std::uint64_t before = disk->operations();
    const Copied copied = back_up("/state", "/copy", no_progress, disk->disk()).value();
    CHECK(copied.rows == all_rows(*open(*disk, "/state")).size());
    CHECK(copied.place.positions == Positions{{0, 17}, {3, 4}});
    all = disk->operations() - before;
  }
  REQUIRE(all > 20);
  for (std::uint64_t stop = 0; stop < all; stop += one_of(3)) {
    const auto disk = with_state(stop);
    disk->stop_at(disk->operations() + stop);
    const bool done = back_up("/state", "/copy", no_progress, disk->disk()).has_value();
    disk->lose_power();
    INFO("stopped at operation " << stop << " of " << all);
    const bool there = disk->disk()->FileExists("/copy").ok();
    CHECK((there || !done));
    if (!there) back_up("/state", "/copy", no_progress, disk->disk()).value();
    CHECK(all_rows(*open(*disk, "/copy")) == all_rows(*open(*disk, "/state")));
  }
}

TEST_CASE("a restore that loses its power leaves all or nothing that a run would go on with") {
  const auto whole = with_state(1);
  const std::uint64_t before = whole->operations();
  restore("/state", "/new", no_progress, whole->disk()).value();
  const std::uint64_t all = whole->operations() - before;
  CHECK(all_rows(*open(*whole, "/new")) == all_rows(*open(*whole, "/state")));
  for (std::uint64_t stop = 0; stop < all; stop += one_of(3)) {
    const auto disk = with_state(stop);
    disk->stop_at(disk->operations() + stop);
    const bool done = restore("/state", "/new", no_progress, disk->disk()).has_value();
    disk->lose_power();
    INFO("stopped at operation " << stop << " of " << all);
    CHECK(is_whole_or_nothing(*disk, "/new"));
    if (done) CHECK(all_rows(*open(*disk, "/new")) == all_rows(*open(*disk, "/state")));
  }
}

TEST_CASE("a backup that finds no space leaves nothing behind") {
  const auto disk = with_state(1);
  disk->limit_space(disk->bytes_used() + 20'000);
  CHECK_THAT(message_of(back_up("/state", "/copy", no_progress, disk->disk())),
             Catch::Contains("no space is left on the disk"));
  CHECK_FALSE(disk->disk()->FileExists("/copy").ok());
  CHECK_FALSE(disk->disk()->FileExists("/copy.partial").ok());
  disk->limit_space(FaultyDisk::no_limit);
  back_up("/state", "/copy", no_progress, disk->disk()).value();
}

TEST_CASE("a folder of other files in the place of the partial backup is left alone") {
  const auto disk = with_state(1);
  (void)disk->disk()->CreateDir("/copy.partial");
  disk->write("/copy.partial/letter.txt", "Dear");
  CHECK(message_of(back_up("/state", "/copy", no_progress, disk->disk())) ==
        "state: the directory '/copy.partial' holds other files; remove it first");
  CHECK(disk->read("/copy.partial/letter.txt") == "Dear");
}

TEST_CASE("a state of another version is neither backed up nor restored") {
  const auto disk = with_state(1);
  RowBatch batch;
  std::string format;
  ByteWriter(format).number(state_format_version + 1);
  batch.put(meta_space, "format", format);
  open(*disk, "/state")->write(batch).value();
  CHECK_THAT(message_of(back_up("/state", "/copy", no_progress, disk->disk())),
             Catch::Contains("format version"));
  CHECK_THAT(message_of(restore("/state", "/new", no_progress, disk->disk())),
             Catch::Contains("format version"));
  CHECK_FALSE(disk->disk()->FileExists("/new").ok());
}
