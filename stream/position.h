#pragma once

#include <cstdint>
#include <map>

namespace freshet {

using Partition = std::int32_t;
using Offset = std::int64_t;

/// Where the source is to go on, per partition: the offset of the next record to read.
/// A partition that is absent has not been read yet.
using Positions = std::map<Partition, Offset>;

}  // namespace freshet
