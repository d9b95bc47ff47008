#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace freshet {

using Partition = std::int32_t;
using Offset = std::int64_t;

/// Partitions of the catalogue are numbered below 0, so that one map holds the positions of both
/// topics. Its own inverse.
constexpr Partition catalog_partition(Partition number) { return -1 - number; }
constexpr bool is_catalog(Partition partition) { return partition < 0; }
/// "partition 3", "catalogue partition 0": for people.
inline std::string partition_words(Partition partition) {
  return is_catalog(partition) ? "catalogue partition " + std::to_string(-1 - partition)
                               : "partition " + std::to_string(partition);
}

/// Where the source is to go on, per partition: the offset of the next record to read.
/// A partition that is absent has not been read yet.
using Positions = std::map<Partition, Offset>;

}  // namespace freshet
