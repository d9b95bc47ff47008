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
    const rocksdb::Status s = make_directories(parent, disk);
    if (!s.ok()) return s;
  }
  rocksdb::Status s = disk.CreateDirIfMissing(path);
  std::unique_ptr<rocksdb::Directory> handle;
  if (s.ok()) s = disk.NewDirectory(parent, &handle);
  if (s.ok()) s = handle->Fsync();
  return s;
}

}  // namespace

Result<bool> holds_state(const std::string& path, Disk& disk) {
  std::string manifest;
  if (disk.FileExists(path + "/CURRENT").ok() &&
      rocksdb::ReadFileToString(&disk, path + "/CURRENT", &manifest).ok()) {
    while (!manifest.empty() && manifest.back() == '\n') manifest.pop_back();
    if (manifest.starts_with("MANIFEST-") && disk.FileExists(path + "/" + manifest).ok())
      return true;
    return error("state: the directory '" + path +
                 "' is damaged: its file CURRENT names no file that is there");
  }
  const auto names = names_in(path, disk);
  // What is wrong with a path that cannot be read is said when it is made.
  if (!names || std::none_of(names->begin(), names->end(), is_of_rows)) return false;
  return error("state: the directory '" + path + "' is damaged: its file CURRENT is missing");
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
