#include "state/rocks_directory.h"

#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace freshet {
namespace {

bool is_numbered(std::string_view name, std::string_view ending) {
  if (!name.ends_with(ending) || name.size() == ending.size()) return false;
  name.remove_suffix(ending.size());
  return name.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Files that are there only once rows may be there.
bool is_of_rows(std::string_view name) {
  return is_numbered(name, ".sst") || is_numbered(name, ".log") || name == "WRITTEN";
}

/// Files of a state whose making was interrupted.
bool is_of_beginning(std::string_view name) {
  return name == "LOCK" || name == "IDENTITY" || name.starts_with("MANIFEST-") ||
         name.starts_with("OPTIONS-") || name.starts_with("LOG") || is_numbered(name, ".dbtmp");
}

Result<std::vector<std::string>> names_in(const std::string& path, Disk& disk) {
  std::vector<std::string> names;
  const rocksdb::Status s = disk.GetChildren(path, &names);
  if (!s.ok() && !s.IsNotFound() && !s.IsPathNotFound())
    return error("state: the directory '" + path + "' cannot be read: " + reason_of(s));
  std::sort(names.begin(), names.end());
  return names;
}

std::string parent_of(const std::string& path) {
  const std::size_t last = path.find_last_not_of('/');
  const std::size_t slash = path.find_last_of('/', last == std::string::npos ? 0 : last);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

rocksdb::Status make_directories(const std::string& path, Disk& disk) {
  const std::string parent = parent_of(path);
  if (disk.FileExists(path).ok()) return disk.CreateDirIfMissing(path);  // fails for a file
  if (parent != path && !disk.FileExists(parent).ok()) {
    rocksdb::Status s = make_directories(parent, disk);
    if (!s.ok()) return s;
  }
  rocksdb::Status s = disk.CreateDirIfMissing(path);
  std::unique_ptr<rocksdb::Directory> handle;
  if (s.ok()) s = disk.NewDirectory(parent, &handle);
  if (s.ok()) s = handle->Fsync();
  return s;
}

}  // namespace

std::string manifest_name(const std::string& path, Disk& disk) {
  std::string name;
  if (!rocksdb::ReadFileToString(&disk, path + "/CURRENT", &name).ok()) return {};
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

Result<bool> holds_state(const std::string& path, Disk& disk) {
  const std::string damaged = "state: the directory '" + path + "' is damaged: its file CURRENT ";
  if (disk.FileExists(path + "/CURRENT").ok()) {
    const std::string name = manifest_name(path, disk);
    if (name.starts_with("MANIFEST-") && disk.FileExists(path + "/" + name).ok()) return true;
    return error(damaged + "names no file that is there");
  }
  const auto names = names_in(path, disk);
  // What is wrong with a path that cannot be read is said when it is made.
  if (!names || std::none_of(names->begin(), names->end(), is_of_rows)) return false;
  return error(damaged + "is missing");
}

Status make_state_directory(const std::string& path, Disk& disk) {
  const rocksdb::Status made = make_directories(path, disk);
  if (!made.ok())
    return error("state: the directory '" + path + "' cannot be made: " + reason_of(made));
  const auto names = names_in(path, disk);
  if (!names) return names.error();
  if (std::all_of(names->begin(), names->end(), is_of_beginning)) return {};
  return error("state: the directory '" + path +
               "' holds files but no state; give an empty or a new directory");
}

Status remove_state_directory(const std::string& path, Disk& disk) {
  if (!disk.FileExists(path).ok()) return {};
  const auto names = names_in(path, disk);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (is_of_rows(name) || is_of_beginning(name) || name == "CURRENT" || name == "WRITTEN.next")
      continue;
    return error("state: the directory '" + path + "' holds other files; remove it first");
  }
  rocksdb::FileLock* lock = nullptr;
  rocksdb::Status s = disk.LockFile(path + "/LOCK", &lock);
  if (!s.ok()) return error("state: the directory '" + path + "' is in use: " + reason_of(s));
  // The rows are no state any more from the first removal on.
  for (const char* first : {"CURRENT", "WRITTEN"}) {
    if (disk.FileExists(path + '/' + first).ok()) s = disk.DeleteFile(path + '/' + first);
  }
  for (const std::string& name : *names) {
    if (s.ok() && disk.FileExists(path + '/' + name).ok()) s = disk.DeleteFile(path + '/' + name);
  }
  (void)disk.UnlockFile(lock);
  if (s.ok() && disk.FileExists(path + "/LOCK").ok()) s = disk.DeleteFile(path + "/LOCK");
  if (s.ok()) s = disk.DeleteDir(path);
  if (!s.ok())
    return error("state: the directory '" + path + "' cannot be removed: " + reason_of(s));
  return {};
}

Status sync_parent(const std::string& path, Disk& disk) {
  std::unique_ptr<rocksdb::Directory> handle;
  rocksdb::Status s = disk.NewDirectory(parent_of(path), &handle);
  if (s.ok()) s = handle->Fsync();
  if (!s.ok()) return error("state: the directory '" + parent_of(path) + "': " + reason_of(s));
  return {};
}

std::string damaged_table(const std::string& path, const rocksdb::Options& options) {
  const auto names = names_in(path, *options.env);
  if (!names) return {};
  for (const std::string& name : *names) {
    if (!is_numbered(name, ".sst")) continue;
    rocksdb::SstFileReader table(options);
    rocksdb::Status s = table.Open(path + "/" + name);
    if (s.ok()) s = table.VerifyChecksum();
    if (s.IsCorruption()) return name;
  }
  return {};
}

std::string suspects(const std::string& path, Disk& disk) {
  const auto names = names_in(path, disk);
  std::string list;
  if (!names) return list;
  for (const std::string& name : *names) {
    if (name.starts_with("MANIFEST-") || is_numbered(name, ".log"))
      list += (list.empty() ? "" : ", ") + name;
  }
  return list;
}

}  // namespace freshet
