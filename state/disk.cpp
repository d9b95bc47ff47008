#include "state/disk.h"

#include <rocksdb/env.h>

namespace freshet {

Disk& disk_of(Disk* disk) { return disk == nullptr ? *rocksdb::Env::Default() : *disk; }

std::string reason_of(const rocksdb::Status& status) {
  std::string text = status.ToString();
  const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
  if (status.IsNoSpace() || says("No space left on device")) return "no space is left on the disk";
  if (says("Disk quota exceeded")) return "the disk quota is used up";
  if (says("Read-only file system")) return "the disk can only be read";
  if (says("Permission denied")) return "permission denied";
  return text;
}

}  // namespace freshet
