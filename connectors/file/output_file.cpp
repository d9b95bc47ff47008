#include "connectors/file/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "stream/hash.h"

namespace freshet {

namespace {
constexpr std::size_t buffer_bytes = 256UL << 10;
}

Result<OutputFile::Existing> OutputFile::look(const std::string& path) {
  struct stat about {};
  if (path == "-") return Existing{true, false, 0};
  if (::stat(path.c_str(), &about) == 0) {
    return Existing{true, S_ISREG(about.st_mode), static_cast<std::uint64_t>(about.st_size)};
  }
  if (errno == ENOENT) return Existing{};
  return system_failure(path, "look at it");
}

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)),
      name_(path_ == "-" ? "standard output" : path_),
      compressor_(make_compressor(compression_of_name(path_))) {}

Status OutputFile::open() {
  const auto existing = look(path_);
  if (!existing) return existing.error();
  is_created_ = !existing->is_there;
  if (path_ == "-") {
    file_ = Descriptor::borrowed(STDOUT_FILENO);
  } else {
    const mode_t mode = 0666;
    const int access = existing->is_regular ? O_RDWR : O_WRONLY;  // `end_hash` reads
    file_ = Descriptor::owned(
        ::open(path_.c_str(), access | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, mode));
  }
  if (!file_.is_open()) return system_failure(name_, "open");
  is_regular_ = existing->is_regular;
  bytes_ = existing->bytes;
  return {};
}

Status OutputFile::cut(std::uint64_t bytes) {
  if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) {
    return fail(system_failure(name_, "cut it back to the checkpoint"));
  }
  bytes_ = bytes;
  return {};
}

Result<std::uint64_t> OutputFile::end_hash(std::uint64_t bytes) const {
  std::string end(std::min<std::uint64_t>(bytes, 4096), '\0');
  for (std::size_t got = 0; got < end.size();) {
    const auto from = static_cast<off_t>(bytes - end.size() + got);
    const ssize_t n = ::pread(file_.get(), end.data() + got, end.size() - got, from);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure(name_, "read its end");
    if (n == 0) return error(name_ + ": became shorter while it was looked at");
    got += static_cast<std::size_t>(n);
  }
  return hash64(end);
}

Status OutputFile::append(std::string_view line) {
  if (!state_) return state_;
  lines_ += line;
  lines_ += '\n';
  is_dirty_ = true;
  return lines_.size() < buffer_bytes ? Status() : write_lines();
}

Status OutputFile::flush() {
  if (!state_) return state_;
  if (!is_dirty_) return {};
  if (auto written = write_lines(); !written) return written;
  if (compressor_) {
    if (auto done = compressor_->finish(compressed_); !done) return fail(done.error());
    if (auto written = write_out(compressed_); !written) return written;
  }
  if (is_regular_) {
    if (auto synced = sync(); !synced) return synced;
  }
  is_dirty_ = false;
  return {};
}

Status OutputFile::write_lines() {
  if (!compressor_) return write_out(lines_);
  if (auto added = compressor_->add(lines_, compressed_); !added) return fail(added.error());
  lines_.clear();
  return write_out(compressed_);
}

Status OutputFile::write_out(std::string& ready) {
  if (auto written = write_all(file_.get(), ready, name_); !written) return fail(written.error());
  bytes_ += ready.size();
  ready.clear();
  return {};
}

Status OutputFile::sync() {
  if (::fdatasync(file_.get()) != 0) return fail(system_failure(name_, "write to the disk"));
  return is_created_ ? sync_folder() : Status();
}

/// A file that was created is only safe once its folder is.
Status OutputFile::sync_folder() {
  const std::string parent = std::filesystem::path(path_).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  const Descriptor opened =
      Descriptor::owned(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems know no fsync of a folder, and need none.
  if (!opened.is_open() || (::fsync(opened.get()) != 0 && errno != EINVAL)) {
    return fail(system_failure(folder, "write it to the disk"));
  }
  is_created_ = false;
  return {};
}

Status OutputFile::fail(Error failure) {
  state_ = std::move(failure);
  return state_;
}

}  // namespace freshet
