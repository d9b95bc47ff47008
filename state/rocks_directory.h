#pragma once

#include <string>

#include "state/disk.h"
#include "stream/result.h"

namespace rocksdb {
struct Options;
}

namespace freshet {

/// Whether RocksDB's rows are in the directory. Error: they were, and the file CURRENT is missing,
/// without which RocksDB would begin anew over them.
Result<bool> holds_state(const std::string& path, Disk& disk);

/// The manifest that the file CURRENT names; "" if it cannot be read.
std::string manifest_name(const std::string& path, Disk& disk);

/// Makes the directory for a new state, with those above it, safe on the disk. Error: it holds
/// other files, or cannot be made.
Status make_state_directory(const std::string& path, Disk& disk);

/// Removes a state, or what an interrupted copy left of one. Nothing there is fine. Error: it is in
/// use, or holds other files.
Status remove_state_directory(const std::string& path, Disk& disk);

/// Makes the name of the directory safe on the disk.
Status sync_parent(const std::string& path, Disk& disk);

/// The name of a table that cannot be read, "" if there is none. Cost: reads all tables.
std::string damaged_table(const std::string& path, const rocksdb::Options& options);

/// The files in which rows that were written can be lost: "MANIFEST-000005, 000012.log".
std::string suspects(const std::string& path, Disk& disk);

}  // namespace freshet
