#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/disk.h"

namespace freshet::test {

/// A disk in memory that loses power, is full, or can only be read. What a loss of power leaves is
/// drawn from the seed, so that a run of one thread can be repeated.
///
/// It keeps the promises of a journalling file system and no more:
/// 1. what was in a file when it was synced stays, and so do the names that were in a directory
/// when
///    the directory was synced;
/// 2. of what was appended since then, a beginning stays; in a stretch over 64 KiB a page of it may
///    be zeros, for large writes reach the disk in any order;
/// 3. of the names made, renamed and removed since then, the first few changes stay; a rename is
/// all
///    or nothing.
///
/// Paths are absolute. Threads: any, one operation at a time.
class FaultyDisk {
 public:
  static constexpr std::uint64_t no_limit = ~std::uint64_t{0};

  explicit FaultyDisk(std::uint64_t seed);
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  Disk* disk();

  /// All files together; an append that does not fit is written as far as it does.
  void limit_space(std::uint64_t bytes);
  void make_read_only(bool read_only);

  /// Operations that change something, so far.
  std::uint64_t operations() const;
  /// The power goes in the middle of that one, counted from 0: it and all later ones fail, until
  /// `lose_power` ends it.
  void stop_at(std::uint64_t operation);

  /// The power is off and on again: what was not synced is lost in part, what was open is dead.
  void lose_power();
  /// The process died: what was open is dead, nothing is lost.
  void kill_process();

  /// Files as they are now; `write` is synced at once.
  std::vector<std::string> files(const std::string& directory) const;
  std::optional<std::string> read(const std::string& path) const;
  void write(const std::string& path, std::string_view bytes);
  std::uint64_t bytes_used() const;

 private:
  struct Machine;
  class Files;
  class Handle;
  std::shared_ptr<Machine> machine_;
  std::unique_ptr<Disk> env_;
};

}  // namespace freshet::test
