#include "state/backup.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "state/rocks_directory.h"
#include "state/rocks_store.h"
#include "stream/state_format.h"

namespace freshet {
namespace {

constexpr std::size_t batch_bytes = 4 << 20;
constexpr std::uint64_t rows_between_progress = 4'096;

RocksOptions options_on(Disk* disk) {
  RocksOptions options;
  options.disk = disk;
  options.purge_interval = std::chrono::seconds(0);  // nothing is erased in a copy
  return options;
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Error on_path(const std::string& path, const rocksdb::Status& s) {
  return error("state: the directory '" + path + "': " + reason_of(s));
}

class Copy {
 public:
  Copy(const RocksStore& from, RocksStore& to, const CopyProgress& progress)
      : from_(from), to_(to), progress_(progress), all_(from.estimated_rows()) {}

  /// The space with the format and the positions comes last: without it no state is taken for one.
  Status all() {
    auto spaces = from_.spaces();
    if (!spaces) return spaces.error();
    std::stable_partition(spaces->begin(), spaces->end(),
                          [](const std::string& space) { return space != meta_space; });
    for (const std::string& space : *spaces) {
      if (space == meta_space && batch_.size() > 0) {
        if (Status s = write(); !s) return s;
      }
      if (Status s = copy(space); !s) return s;
    }
    return write();
  }
  Copied copied;

 private:
  Status copy(const std::string& space) {
    return from_.scan(space, [&](std::string_view key, std::string_view value) -> Status {
      batch_.put(space, key, value);
      copied.bytes += key.size() + value.size();
      if (++copied.rows % rows_between_progress == 0) {
        progress_(copied.rows, std::max(all_, copied.rows));
      }
      return batch_.bytes() < batch_bytes ? Status() : write();
    });
  }
  Status write() {
    Status s = to_.write(batch_);
    batch_.clear();
    return s;
  }

  const RocksStore& from_;
  RocksStore& to_;
  const CopyProgress& progress_;
  const std::uint64_t all_;
  RowBatch batch_;
};

/// Copies all rows into the directory `to`, where no state is yet.
Result<Copied> copy_state(const RocksStore& from, const std::string& to,
                          const CopyProgress& progress, Disk* disk) {
  auto target = RocksStore::open(to, RocksStore::Mode::read_write, options_on(disk));
  if (!target) return target.error();
  Copy copy(from, **target, progress);
  if (Status s = copy.all(); !s) return s.error();
  auto place = stored_place(**target);
  if (!place) return place.error();
  copy.copied.place = std::move(*place);
  return std::move(copy.copied);
}

Result<std::unique_ptr<RocksStore>> open_to_copy(const std::string& path, Disk* disk) {
  auto store = RocksStore::open(path, RocksStore::Mode::read_only, options_on(disk));
  if (!store) return store.error();
  if (Status s = check_format(**store); !s) return s.error();
  auto spaces = (*store)->spaces();
  if (!spaces) return spaces.error();
  if (spaces->empty())
    return error("state: the directory '" + path + "' holds no checkpoint yet, so nothing to copy");
  return store;
}

}  // namespace

Result<Copied> back_up(const std::string& state, const std::string& backup,
                       const CopyProgress& progress, Disk* disk) {
  Disk& files = disk_of(disk);
  const std::string target = without_slash(backup), partial = target + ".partial";
  if (files.FileExists(target).ok())
    return error("backup: '" + target + "' is there already; give a new directory");
  auto from = open_to_copy(state, disk);
  if (!from) return from.error();
  if (Status s = remove_state_directory(partial, files); !s) return s.error();
  auto copied = copy_state(**from, partial, progress, disk);
  if (!copied) {
    (void)remove_state_directory(partial, files);
    return copied.error();
  }
  const rocksdb::Status s = files.RenameFile(partial, target);
  if (!s.ok()) return on_path(target, s);
  if (Status synced = sync_parent(target, files); !synced) return synced.error();
  return copied;
}

Result<Copied> restore(const std::string& backup, const std::string& state,
                       const CopyProgress& progress, Disk* disk) {
  std::vector<std::string> names;
  (void)disk_of(disk).GetChildren(state, &names);  // what is wrong there is said on opening
  if (!names.empty()) {
    return error("restore: the directory '" + state +
                 "' is not empty; remove what it holds, or give another state.path");
  }
  auto from = open_to_copy(without_slash(backup), disk);
  if (!from) return from.error();
  return copy_state(**from, state, progress, disk);
}

}  // namespace freshet
