#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "state/rocks_store.h"

namespace rocksdb {
struct Options;
}

namespace freshet {

/// What RocksDB says of bytes that it leaves out while it reads its log. It says nothing else to
/// anybody: its own log file would end the program when the disk is full.
class RocksWords {
 public:
  std::string left_out() const;
  void note(std::string line);

 private:
  mutable std::mutex mutex_;
  std::string left_out_;
};

std::unique_ptr<rocksdb::Options> rocks_options(const RocksOptions& ours,
                                                const std::shared_ptr<RocksWords>& words);

}  // namespace freshet
