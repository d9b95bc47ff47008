#include "state/order_log.h"

#include <rocksdb/env.h>

#include <cassert>
#include <cstdio>
#include <mutex>
#include <optional>
#include <set>

#include "state/order_runs.h"
#include "state/order_segment.h"

namespace freshet {
namespace {

constexpr std::string_view name_begin = "order-", name_end = ".log";

std::optional<OrderLog::Segment> segment_of(std::string_view name) {
  if (!name.starts_with(name_begin) || !name.ends_with(name_end)) return std::nullopt;
  name.remove_prefix(name_begin.size());
  name.remove_suffix(name_end.size());
  if (name.size() < 6 || name.size() > 18 ||
      name.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return std::stoull(std::string(name));
}

Error describe(const std::string& path, const rocksdb::Status& status) {
  return error("state: the order log's file '" + path + "': " + reason_of(status));
}

}  // namespace

/// Kept between the calls:
/// 1. every file but the current one is whole and safe on the disk;
/// 2. the current one is whole up to `size`, and safe up to `synced`; behind `size` it holds what a
///    failed append left, if `torn`;
/// 3. `older` names every file that may be there beside the current one.
struct FileOrderLog::Files {
  // Fixed after construction.
  const std::string directory;
  Disk& disk;

  // Changed by the thread that appends.
  std::unique_ptr<rocksdb::WritableFile> file;
  std::uint64_t size = 0, synced = 0;
  bool torn = false;
  std::optional<Error> failed;

  // Changed by two threads.
  std::mutex mutex;
  std::set<Segment> older;
  Segment current = 0;

  std::string path(Segment segment) const {
    char name[40];
    std::snprintf(name, sizeof name, "order-%06llu.log", static_cast<unsigned long long>(segment));
    return directory + '/' + name;
  }
  Status remove(Segment segment);
  Status sync_directory();
  Status find();
  /// Of the newest one a torn end is cut off; if its header is torn, it is removed.
  Status read(Segment segment, SegmentEnd end, OrderSegment& content);
  /// Cuts off what is behind, and makes the rest safe.
  Status keep(Segment segment, std::uint64_t good_bytes);
  Status begin(Segment segment);
  Status repair();
};

Status FileOrderLog::Files::remove(Segment segment) {
  const rocksdb::Status s = disk.DeleteFile(path(segment));
  // RocksDB says for both "is not there" and "its folder is not there": not found.
  if (!s.ok() && !s.IsPathNotFound() && !s.IsNotFound()) return describe(path(segment), s);
  return {};
}

Status FileOrderLog::Files::sync_directory() {
  std::unique_ptr<rocksdb::Directory> handle;
  rocksdb::Status s = disk.NewDirectory(directory, &handle);
  if (s.ok()) s = handle->Fsync();
  if (!s.ok()) return error("state: the directory '" + directory + "': " + reason_of(s));
  return {};
}

Status FileOrderLog::Files::find() {
  std::vector<std::string> names;
  const rocksdb::Status s = disk.GetChildren(directory, &names);
  if (!s.ok()) return error("state: the directory '" + directory + "': " + reason_of(s));
  for (const std::string& name : names) {
    if (const auto segment = segment_of(name)) older.insert(*segment);
  }
  return {};
}

Status FileOrderLog::Files::read(Segment segment, SegmentEnd end, OrderSegment& content) {
  std::string bytes;
  const rocksdb::Status s = rocksdb::ReadFileToString(&disk, path(segment), &bytes);
  if (!s.ok()) return describe(path(segment), s);
  auto decoded = decode_segment(segment, bytes, end);
  if (!decoded) {
    return error("state: the order log's file '" + path(segment) + "' " + decoded.error().message);
  }
  content = std::move(*decoded);
  if (content.good_bytes == 0) return remove(segment);
  // The newest one is made safe too: the process that wrote it may have died before it did so, and
  // what is read now is built upon.
  if (end == SegmentEnd::may_be_torn) return keep(segment, content.good_bytes);
  return {};
}

Status FileOrderLog::Files::keep(Segment segment, std::uint64_t good_bytes) {
  std::unique_ptr<rocksdb::WritableFile> end;
  rocksdb::Status s = disk.ReopenWritableFile(path(segment), &end, rocksdb::EnvOptions());
  if (s.ok()) s = end->Truncate(good_bytes);
  if (s.ok()) s = end->Fsync();
  if (s.ok()) s = end->Close();
  if (!s.ok()) return describe(path(segment), s);
  return {};
}

/// Makes the segment's file and its name safe. Error: the segment before stays the current one.
Status FileOrderLog::Files::begin(Segment segment) {
  if (Status s = remove(segment); !s) return s;  // left by an attempt that failed
  std::unique_ptr<rocksdb::WritableFile> next;
  const std::string header = encode_segment_header(segment);
  // Reopened rather than new, for it is then written at its end, also after it was cut.
  rocksdb::Status s = disk.ReopenWritableFile(path(segment), &next, rocksdb::EnvOptions());
  if (s.ok()) s = next->Append(header);
  if (s.ok()) s = next->Sync();
  if (!s.ok()) {
    (void)remove(segment);
    return describe(path(segment), s);
  }
  if (Status named = sync_directory(); !named) {
    (void)remove(segment);
    return named;
  }
  file = std::move(next);
  size = synced = header.size();
  const std::lock_guard lock(mutex);
  if (current != 0) older.insert(current);
  current = segment;
  return {};
}

Status FileOrderLog::Files::repair() {
  if (failed) return *failed;
  if (!torn) return {};
  const rocksdb::Status s = file->Truncate(size);
  if (!s.ok()) return describe(path(current), s);
  torn = false;
  return {};
}

FileOrderLog::FileOrderLog(std::string directory, Disk* disk)
    : files_(new Files{std::move(directory), disk_of(disk), {}, 0, 0, false, {}, {}, {}, 0}) {}
FileOrderLog::~FileOrderLog() = default;

Result<Order> FileOrderLog::open(const Positions& state) {
  assert(files_->file == nullptr);
  if (Status s = files_->find(); !s) return s.error();
  PendingOrder pending(state);
  Segment last = 0;
  bool leading = true;
  for (const Segment segment : std::set<Segment>(files_->older)) {
    const bool newest = segment == *files_->older.rbegin();
    if (!leading && segment != last + 1) {
      return error("state: the order log's file '" + files_->path(last + 1) + "' is missing");
    }
    OrderSegment content;
    const SegmentEnd end = newest ? SegmentEnd::may_be_torn : SegmentEnd::whole;
    if (Status s = files_->read(segment, end, content); !s) return s.error();
    leading = !pending.add(content.runs) && leading;
    if (content.good_bytes > 0) last = segment;
    // The first ones that the state covers: a crash came before they were dropped.
    if (leading && content.good_bytes > 0) {
      if (Status s = files_->remove(segment); !s) return s.error();
    }
    if (leading || content.good_bytes == 0) files_->older.erase(segment);
  }
  if (Status s = files_->begin(last + 1); !s) return s.error();
  return pending.take();
}

Status FileOrderLog::append(std::span<const OrderRun> runs) {
  Files& f = *files_;
  assert(f.file != nullptr);
  if (Status s = f.repair(); !s) return s;
  if (runs.empty()) return {};
  const std::string notes = encode_notes(f.current, f.size, f.synced, runs);
  const rocksdb::Status s = f.file->Append(notes);
  if (!s.ok()) {
    f.torn = true;
    return describe(f.path(f.current), s);
  }
  f.size += notes.size();
  return {};
}

Status FileOrderLog::sync() {
  Files& f = *files_;
  assert(f.file != nullptr);
  if (f.failed) return *f.failed;
  if (f.synced == f.size) return {};
  const rocksdb::Status s = f.file->Sync();
  if (!s.ok()) {
    f.failed = describe(f.path(f.current), s);
    return *f.failed;
  }
  f.synced = f.size;
  return {};
}

Result<OrderLog::Segment> FileOrderLog::cut() {
  Files& f = *files_;
  assert(f.file != nullptr);
  if (Status s = f.repair(); !s) return s.error();
  if (f.size == encode_segment_header(f.current).size()) return f.current;  // nothing noted yet
  if (Status s = sync(); !s) return s.error();
  if (Status s = f.begin(f.current + 1); !s) return s.error();
  return f.current;
}

Status FileOrderLog::drop_before(Segment segment) {
  Files& f = *files_;
  for (;;) {
    Segment oldest = 0;
    {
      const std::lock_guard lock(f.mutex);
      assert(segment <= f.current);
      if (f.older.empty() || *f.older.begin() >= segment) return {};
      oldest = *f.older.begin();
    }
    if (Status s = f.remove(oldest); !s) return s;
    const std::lock_guard lock(f.mutex);
    f.older.erase(oldest);
  }
}

}  // namespace freshet
