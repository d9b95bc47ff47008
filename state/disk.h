#pragma once

#include <string>

namespace rocksdb {
class Env;
class Status;
}  // namespace rocksdb

namespace freshet {

/// The file operations under a state directory. Wherever one is asked for, nullptr is the machine's
/// own; a simulation gives one that loses power, or has no space (tests/support/faulty_disk.h). It
/// must outlive what is opened on it.
using Disk = rocksdb::Env;

/// The disk that is meant by `disk`.
Disk& disk_of(Disk* disk);

/// What RocksDB says of a file operation, in words for people: "no space is left on the disk", …
std::string reason_of(const rocksdb::Status& status);

}  // namespace freshet
