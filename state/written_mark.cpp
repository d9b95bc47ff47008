#include "state/written_mark.h"

#include <rocksdb/env.h>

#include <charconv>

#include "stream/hash.h"

namespace freshet {
namespace {

std::string text_of(std::uint64_t changes) {
  const std::string body = "freshet wrote " + std::to_string(changes);
  return body + " (" + std::to_string(hash64(body)) + ")\n";
}

}  // namespace

WrittenMark::WrittenMark(const std::string& directory, Disk& disk)
    : path_(directory + "/WRITTEN"), next_path_(path_ + ".next"), disk_(disk) {}

Result<std::optional<std::uint64_t>> WrittenMark::read() const {
  std::optional<std::uint64_t> changes;
  if (disk_.FileExists(path_).IsNotFound()) return changes;
  std::string text;
  const rocksdb::Status s = rocksdb::ReadFileToString(&disk_, path_, &text);
  if (!s.ok()) return error("state: the file '" + path_ + "': " + reason_of(s));
  constexpr std::string_view begin = "freshet wrote ";
  std::uint64_t number = 0;
  if (text.starts_with(begin)) {
    std::from_chars(text.data() + begin.size(), text.data() + text.size(), number);
  }
  if (text != text_of(number)) {
    return error("state: the file '" + path_ +
                 "' is damaged; it only serves to find damage in the others: if they are whole for "
                 "certain, remove it");
  }
  changes = number;
  return changes;
}

Status WrittenMark::write(std::uint64_t changes) {
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status s = disk_.NewWritableFile(next_path_, &file, rocksdb::EnvOptions());
  if (s.ok()) s = file->Append(text_of(changes));
  if (s.ok()) s = file->Sync();
  if (s.ok()) s = file->Close();
  if (s.ok()) s = disk_.RenameFile(next_path_, path_);
  if (!s.ok()) return error("state: the file '" + path_ + "': " + reason_of(s));
  return {};
}

}  // namespace freshet
