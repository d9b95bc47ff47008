#include "tests/support/faulty_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <functional>

#include "tests/support/faulty_machine.h"

namespace freshet::test {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;

/// The disk as RocksDB sees it.
class FaultyDisk::Files final : public rocksdb::FileSystem {
 public:
  explicit Files(std::shared_ptr<Machine> machine) : machine_(std::move(machine)) {}
  const char* Name() const override { return "FaultyDisk"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext*) override {
    return open<Sequential>(path, result);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext*) override {
    return open<Random>(path, result);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext*) override {
    return make(path, false, result);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext*) override {
    return make(path, true, result);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) override {
    return open<Directory>(path, result);
  }

  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    return look(path, [](DiskNode&) {});
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* names,
                       IODebugContext*) override {
    names->clear();
    return look(path, [&](DiskNode& node) {
      for (const auto& [name, child] : node.now) names->push_back(name);
    });
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size,
                       IODebugContext*) override {
    return look(path, [&](DiskNode& node) { *size = node.data.size(); });
  }
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions&, std::uint64_t* time,
                                   IODebugContext*) override {
    return look(path, [&](DiskNode&) { *time = 0; });
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is,
                       IODebugContext*) override {
    return look(path, [&](DiskNode& node) { *is = node.directory; });
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    return remove(path);
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return remove(path);
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return create_directory(path, false);
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    return create_directory(path, true);
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    const std::lock_guard lock(machine_->mutex);
    const auto [folder, old_name] = machine_->place(from);
    const auto [new_folder, new_name] = machine_->place(to);
    if (folder == nullptr || folder->now.count(old_name) == 0) return missing(from);
    if (folder != new_folder) return IOStatus::NotSupported("renaming to another directory");
    if (const IOStatus s = machine_->change(); !s.ok()) return s;
    const Node node = folder->now[old_name];
    folder->change({old_name, new_name, node});
    return IOStatus::OK();
  }

  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock,
                    IODebugContext*) override {
    *lock = nullptr;
    std::unique_ptr<rocksdb::FSWritableFile> file;
    if (const IOStatus s = make(path, true, &file); !s.ok()) return s;
    const std::lock_guard guard(machine_->mutex);
    if (!machine_->locks.insert(path).second) return IOStatus::IOError("While lock file: " + path);
    *lock = new Lock{path, machine_->life};
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    const std::unique_ptr<Lock> ours(static_cast<Lock*>(lock));
    const std::lock_guard guard(machine_->mutex);
    if (ours->life == machine_->life) machine_->locks.erase(ours->path);
    return IOStatus::OK();
  }

  IOStatus GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) override {
    *path = "/";
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* absolute,
                           IODebugContext*) override {
    *absolute = path;
    return IOStatus::OK();
  }

 private:
  struct Lock : rocksdb::FileLock {
    Lock(std::string p, std::uint64_t l) : path(std::move(p)), life(l) {}
    const std::string path;
    const std::uint64_t life;
  };

  struct Sequential final : rocksdb::FSSequentialFile, Handle {
    using Handle::Handle;
    IOStatus Read(std::size_t n, const IOOptions&, Slice* result, char* scratch,
                  IODebugContext*) override {
      const IOStatus s = read(at_, n, result, scratch);
      if (s.ok()) at_ += result->size();
      return s;
    }
    IOStatus Skip(std::uint64_t n) override {
      at_ += n;
      return IOStatus::OK();
    }
    std::uint64_t at_ = 0;
  };

  struct Random final : rocksdb::FSRandomAccessFile, Handle {
    using Handle::Handle;
    IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions&, Slice* result,
                  char* scratch, IODebugContext*) const override {
      return read(offset, n, result, scratch);
    }
  };

  struct Writable final : rocksdb::FSWritableFile, Handle {
    using Handle::Handle;
    IOStatus Append(const Slice& bytes, const IOOptions&, IODebugContext*) override {
      return with([&](Machine& machine, DiskNode& file) {
        return machine.append(file, {bytes.data(), bytes.size()});
      });
    }
    IOStatus Append(const Slice& bytes, const IOOptions& options,
                    const rocksdb::DataVerificationInfo&, IODebugContext* context) override {
      return Append(bytes, options, context);
    }
    IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
      return with([&](Machine& machine, DiskNode& file) {
        if (size == file.data.size()) return IOStatus::OK();  // RocksDB does so when it closes
        const IOStatus s = machine.change();
        if (s.ok()) file.cut(size);
        return s;
      });
    }
    IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Sync(const IOOptions&, IODebugContext*) override { return sync(); }
    std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
      std::uint64_t size = 0;
      (void)with([&](Machine&, DiskNode& file) {
        size = file.data.size();
        return IOStatus::OK();
      });
      return size;
    }
  };

  struct Directory final : rocksdb::FSDirectory, Handle {
    using Handle::Handle;
    IOStatus Fsync(const IOOptions&, IODebugContext*) override { return sync(); }
    IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  };

  static IOStatus missing(const std::string& path) {
    return IOStatus::PathNotFound("No such file or directory", path);
  }
  IOStatus look(const std::string& path, const std::function<void(DiskNode&)>& at) {
    const std::lock_guard lock(machine_->mutex);
    if (machine_->off()) return Machine::power_off();
    const Node node = machine_->find(path);
    // The word that RocksDB waits for.
    if (node == nullptr) return IOStatus::NotFound("No such file or directory", path);
    at(*node);
    return IOStatus::OK();
  }
  template <class Opened, class Result>
  IOStatus open(const std::string& path, Result* result) {
    const std::lock_guard lock(machine_->mutex);
    if (machine_->off()) return Machine::power_off();
    const Node node = machine_->find(path);
    if (node == nullptr) return missing(path);
    result->reset(new Opened(machine_, node));
    return IOStatus::OK();
  }
  IOStatus make(const std::string& path, bool keep,
                std::unique_ptr<rocksdb::FSWritableFile>* result) {
    const std::lock_guard lock(machine_->mutex);
    const auto [folder, name] = machine_->place(path);
    if (folder == nullptr) return missing(path);
    const auto there = folder->now.find(name);
    Node node = there == folder->now.end() ? nullptr : there->second;
    if (node == nullptr || !keep) {
      if (const IOStatus s = machine_->change(); !s.ok()) return s;
      node = std::make_shared<DiskNode>(false);
      folder->change({{}, name, node});
    } else if (machine_->read_only) {
      return IOStatus::IOError("Read-only file system");
    }
    result->reset(new Writable(machine_, node));
    return IOStatus::OK();
  }
  IOStatus remove(const std::string& path) {
    const std::lock_guard lock(machine_->mutex);
    const auto [folder, name] = machine_->place(path);
    if (folder == nullptr || folder->now.count(name) == 0) return missing(path);
    if (const IOStatus s = machine_->change(); !s.ok()) return s;
    folder->change({name, {}, nullptr});
    return IOStatus::OK();
  }
  IOStatus create_directory(const std::string& path, bool may_exist) {
    const std::lock_guard lock(machine_->mutex);
    if (const Node node = machine_->find(path); node != nullptr) {
      return may_exist && node->directory ? IOStatus::OK() : IOStatus::IOError("File exists", path);
    }
    const auto [folder, name] = machine_->place(path);
    if (folder == nullptr) return missing(path);
    if (const IOStatus s = machine_->change(); !s.ok()) return s;
    folder->change({{}, name, std::make_shared<DiskNode>(true)});
    return IOStatus::OK();
  }

  const std::shared_ptr<Machine> machine_;
};

namespace {

/// RocksDB waits a second after a failed write of its own.
class Impatient final : public rocksdb::EnvWrapper {
 public:
  using rocksdb::EnvWrapper::EnvWrapper;
  void SleepForMicroseconds(int us) override {
    target()->SleepForMicroseconds(std::min(us, 1'000));
  }
};

}  // namespace

FaultyDisk::FaultyDisk(std::uint64_t seed)
    : machine_(std::make_shared<Machine>(seed)),
      env_(new Impatient(rocksdb::NewCompositeEnv(std::make_shared<Files>(machine_)))) {}
FaultyDisk::~FaultyDisk() = default;

Disk* FaultyDisk::disk() { return env_.get(); }

void FaultyDisk::limit_space(std::uint64_t bytes) {
  const std::lock_guard lock(machine_->mutex);
  machine_->space = bytes;
}

void FaultyDisk::make_read_only(bool read_only) {
  const std::lock_guard lock(machine_->mutex);
  machine_->read_only = read_only;
}

std::uint64_t FaultyDisk::operations() const {
  const std::lock_guard lock(machine_->mutex);
  return machine_->operations;
}

void FaultyDisk::stop_at(std::uint64_t operation) {
  const std::lock_guard lock(machine_->mutex);
  machine_->stop = operation;
}

void FaultyDisk::lose_power() {
  kill_process();
  const std::lock_guard lock(machine_->mutex);
  machine_->root->lose_power(machine_->random);
}

void FaultyDisk::kill_process() {
  const std::lock_guard lock(machine_->mutex);
  ++machine_->life;
  machine_->locks.clear();
  machine_->stop = no_limit;
}

std::vector<std::string> FaultyDisk::files(const std::string& directory) const {
  const std::lock_guard lock(machine_->mutex);
  std::vector<std::string> names;
  const Node node = machine_->find(directory);
  if (node == nullptr) return names;
  for (const auto& [name, child] : node->now) {
    if (!child->directory) names.push_back(name);
  }
  return names;
}

std::optional<std::string> FaultyDisk::read(const std::string& path) const {
  const std::lock_guard lock(machine_->mutex);
  const Node node = machine_->find(path);
  if (node == nullptr || node->directory) return std::nullopt;
  return node->data;
}

void FaultyDisk::write(const std::string& path, std::string_view bytes) {
  const std::lock_guard lock(machine_->mutex);
  const auto [folder, name] = machine_->place(path);
  if (folder == nullptr) return;
  const Node node = std::make_shared<DiskNode>(false);
  node->data = bytes;
  node->sync();
  folder->change({{}, name, node});
  folder->sync();
}

std::uint64_t FaultyDisk::bytes_used() const {
  const std::lock_guard lock(machine_->mutex);
  return Machine::used(*machine_->root);
}

}  // namespace freshet::test
