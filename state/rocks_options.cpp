#include "state/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace freshet {
namespace {

constexpr int bloom_bits = 10;

class WordsLogger final : public rocksdb::Logger {
 public:
  explicit WordsLogger(std::shared_ptr<RocksWords> words)
      : rocksdb::Logger(rocksdb::WARN_LEVEL), words_(std::move(words)) {}
  using rocksdb::Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel, const char* format, va_list values) override {
    char line[512];
    std::vsnprintf(line, sizeof line, format, values);
    words_->note(line);
  }

 private:
  const std::shared_ptr<RocksWords> words_;
};

/// After a failed write the program ends; RocksDB must not try on its own meanwhile, which ends in
/// its assertions.
class NoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

}  // namespace

std::string RocksWords::left_out() const {
  const std::lock_guard lock(mutex_);
  return left_out_;
}

void RocksWords::note(std::string line) {
  const std::lock_guard lock(mutex_);
  if (left_out_.empty() && line.find("dropping") != std::string::npos) left_out_ = std::move(line);
}

std::unique_ptr<rocksdb::Options> rocks_options(const RocksOptions& ours,
                                                const std::shared_ptr<RocksWords>& words) {
  auto o = std::make_unique<rocksdb::Options>();
  o->env = &disk_of(ours.disk);
  o->create_if_missing = true;
  o->compression = rocksdb::kLZ4Compression;
  o->paranoid_checks = true;
  o->max_background_jobs = 2;
  o->max_open_files = 256;
  o->info_log = std::make_shared<WordsLogger>(words);
  o->listeners.push_back(std::make_shared<NoRecovery>());
  o->max_bgerror_resume_count = 0;
  // A manifest holds the first and last key of tables, also of those that are gone: a new one with
  // each change, so that a purge reaches it.
  o->max_manifest_file_size = 1;
  // What is behind the last synced write may be anything; see WrittenMark.
  o->wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;

  const std::uint64_t budget = std::max<std::uint64_t>(ours.memory_bytes, 1 << 20);
  const auto cache = rocksdb::NewLRUCache(budget);
  o->write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(budget / 2, cache);
  o->write_buffer_size = std::min<std::uint64_t>(budget / 4, 32 << 20);
  o->max_total_wal_size = std::max<std::uint64_t>(budget, 16 << 20);
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(bloom_bits));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  o->table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

}  // namespace freshet
