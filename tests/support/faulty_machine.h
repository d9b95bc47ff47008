#pragma once

#include <rocksdb/io_status.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>

#include "tests/support/faulty_disk.h"
#include "tests/support/faulty_files.h"

namespace freshet::test {

using rocksdb::IOStatus;
using rocksdb::Slice;
using Node = std::shared_ptr<DiskNode>;

/// The state of a FaultyDisk. All members under the mutex.
struct FaultyDisk::Machine {
  explicit Machine(std::uint64_t seed) : random(seed) {}

  mutable std::mutex mutex;
  std::mt19937_64 random;
  Node root = std::make_shared<DiskNode>(true);
  std::set<std::string> locks;
  std::uint64_t life = 0;  ///< handles of an earlier one are dead
  std::uint64_t operations = 0, stop = no_limit;
  std::uint64_t space = no_limit;
  bool read_only = false;

  Node find(const std::string& path) const {
    Node at = root;
    for (const std::string& name : names_of(path)) {
      const auto child = at->now.find(name);
      if (!at->directory || child == at->now.end()) return nullptr;
      at = child->second;
    }
    return at;
  }
  /// The directory of a path's last name, and that name.
  std::pair<Node, std::string> place(const std::string& path) const {
    const std::size_t slash = path.find_last_of('/');
    const Node folder = find(path.substr(0, slash));
    if (folder == nullptr || !folder->directory) return {nullptr, {}};
    return {folder, path.substr(slash + 1)};
  }

  static std::uint64_t used(const DiskNode& node) {
    std::uint64_t bytes = node.data.size();
    for (const auto& [name, child] : node.now) bytes += used(*child);
    return bytes;
  }

  bool off() const { return operations > stop; }
  static IOStatus power_off() { return IOStatus::IOError("the power is off"); }
  /// Counts an operation that changes something; `half`: may be done in part when the power goes.
  IOStatus change(bool* half = nullptr) {
    if (read_only) return IOStatus::IOError("Read-only file system");
    if (off()) return power_off();
    if (operations++ != stop) return IOStatus::OK();
    if (half != nullptr) *half = true;
    return power_off();
  }
  IOStatus append(DiskNode& file, std::string_view bytes) {
    bool half = false;
    if (const IOStatus s = change(&half); !s.ok() && !half) return s;
    std::size_t fits = bytes.size();
    if (space != no_limit) {
      const std::uint64_t taken = used(*root);
      fits = std::min<std::uint64_t>(fits, space - std::min(space, taken));
    }
    const bool full = fits < bytes.size();
    if (half) fits = random() % (fits + 1);
    file.data.append(bytes.substr(0, fits));
    if (half) return power_off();
    return full ? IOStatus::NoSpace("No space left on device") : IOStatus::OK();
  }
};

/// What every open file has: the node, and the life of the machine in which it was opened.
class FaultyDisk::Handle {
 public:
  Handle(std::shared_ptr<Machine> machine, Node node)
      : machine_(std::move(machine)), node_(std::move(node)), life_(machine_->life) {}

  template <class Do>
  IOStatus with(Do&& operation) const {
    const std::lock_guard lock(machine_->mutex);
    if (life_ != machine_->life || machine_->off()) return Machine::power_off();
    return operation(*machine_, *node_);
  }
  IOStatus read(std::uint64_t offset, std::size_t n, Slice* result, char* scratch) const {
    return with([&](Machine&, DiskNode& file) {
      const std::size_t begin = std::min<std::size_t>(offset, file.data.size());
      const std::size_t size = std::min(n, file.data.size() - begin);
      std::memcpy(scratch, file.data.data() + begin, size);
      *result = Slice(scratch, size);
      return IOStatus::OK();
    });
  }
  IOStatus sync() const {
    return with([](Machine& machine, DiskNode& node) {
      const IOStatus s = machine.change();
      if (s.ok()) node.sync();
      return s;
    });
  }

 private:
  std::shared_ptr<Machine> machine_;
  Node node_;
  std::uint64_t life_;
};

}  // namespace freshet::test
