#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "state/disk.h"
#include "stream/checkpoint.h"

namespace freshet {

struct Copied {
  std::uint64_t rows = 0, bytes = 0;  ///< of keys and values
  StoredPlace place;                  ///< where the copied state stands
};

/// Rows copied so far, and about how many there are.
using CopyProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// Copies the state of the directory `state`, as of its newest checkpoint, to the new directory
/// `backup`; beside the process that writes the state too. `backup` appears in one piece, made as
/// `backup`.partial: a copy that was interrupted leaves only that, which the next one replaces.
///
/// The order log is not copied: it tells in which order the partitions were taken between a
/// checkpoint and a crash, and a backup is a checkpoint.
///
/// Error: no state, of another version, damaged; `backup` is there; it cannot be written.
Result<Copied> back_up(const std::string& state, const std::string& backup,
                       const CopyProgress& progress, Disk* disk = nullptr);

/// Copies a backup to the directory `state`, which is missing or empty, and reads every row on the
/// way. One that was interrupted is refused by every command, for the rows that hold the format
/// are written last.
///
/// A run that goes on from there replays the log from the backup's positions. What lies before the
/// group's committed ones is learned and not published again; from several partitions it comes in
/// another order than the first time, since nobody remembers that one.
Result<Copied> restore(const std::string& backup, const std::string& state,
                       const CopyProgress& progress, Disk* disk = nullptr);

}  // namespace freshet
