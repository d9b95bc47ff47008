#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "state/disk.h"
#include "stream/result.h"

namespace freshet {

/// The file WRITTEN of a state directory: how many changes of rows were certainly written, a lower
/// bound.
///
/// RocksDB stops reading its log at the first bad byte and calls that the end, which is right for
/// what a crash left behind the last synced write and wrong for damage before it. This number,
/// renewed after each synced write, tells the two apart.
class WrittenMark {
 public:
  WrittenMark(const std::string& directory, Disk& disk);

  /// Nothing if there is no mark. Error: it is damaged.
  Result<std::optional<std::uint64_t>> read() const;
  /// Cost: a disk flush. A loss of power afterwards may bring the mark before this one back.
  Status write(std::uint64_t changes);

 private:
  std::string path_, next_path_;
  Disk& disk_;
};

}  // namespace freshet
