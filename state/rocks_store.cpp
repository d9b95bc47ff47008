#include "state/rocks_store.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "state/rocks_directory.h"
#include "state/rocks_options.h"
#include "state/written_mark.h"

namespace freshet {

struct RocksStore::Impl {
  Impl(std::string p, Disk& d) : path(std::move(p)), disk(d), mark(path, d) {}
  ~Impl();

  Status purge();
  bool purge_is_due() const;
  void purge_now_and_then();

  // Fixed after opening.
  const std::string path;
  Disk& disk;
  WrittenMark mark;
  std::unique_ptr<rocksdb::DB> db;
  std::int64_t purge_interval_s = 0;

  // The writing thread's.
  std::optional<Error> failed;

  std::atomic<std::int64_t> first_erasure_s{0};  ///< not yet purged, by this store; 0: none
  std::atomic<bool> closing{false};              ///< RocksDB looks at it while it compacts
  std::mutex mutex;
  std::condition_variable changed;
  std::thread purger;
};

namespace {

using DbPointer = std::unique_ptr<rocksdb::DB>;

constexpr int attempts = 50;  ///< to open beside a process that writes

Error describe(const std::string& path, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  // RocksDB's own words: the path may hold "lock" too.
  const bool locked = text.find("While lock file") != std::string::npos ||
                      text.find("lock hold by current process") != std::string::npos;
  if (locked && status.IsIOError()) {
    return error(
        "state: the directory '" + path +
        "' is in use by another freshet; stop it first, or give this one a state.path of its own");
  }
  if (status.IsCorruption())
    return error("state: the directory '" + path + "' is damaged: " + text);
  return error("state: the directory '" + path + "': " + reason_of(status));
}

std::string full_key(std::string_view space, std::string_view key) {
  std::string full;
  full.reserve(space.size() + 1 + key.size());
  full.append(space).append(1, '\0').append(key);
  return full;
}

rocksdb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }

std::int64_t now_s(Disk& disk) {
  std::int64_t seconds = 0;
  return disk.GetCurrentTime(&seconds).ok() ? seconds : 0;
}

/// RocksDB names the manifest where it means a table.
Error not_opened(const std::string& path, const rocksdb::Options& options,
                 const rocksdb::Status& status) {
  Error e = describe(path, status);
  if (!status.IsCorruption()) return e;
  const std::string table = damaged_table(path, options);
  if (!table.empty() && e.message.find(table) == std::string::npos)
    e.message += "; the damaged file is " + table;
  return e;
}

/// Error: fewer changes are in the state than were written for certain.
Status check_all_there(const rocksdb::DB& db, std::optional<std::uint64_t> written,
                       const RocksWords& words, Disk& disk) {
  if (!written || db.GetLatestSequenceNumber() >= *written) return {};
  const std::string why = words.left_out();
  return error("state: the directory '" + db.GetName() +
               "' is damaged: rows that were written are missing; " +
               (why.empty() ? "look at " + suspects(db.GetName(), disk) : why));
}

/// What opening for writing would do to a damaged log is to make an end of the damage. So the
/// state is first looked at, under its lock.
Status look_first(const std::string& path, const rocksdb::Options& options,
                  std::optional<std::uint64_t> written, const RocksWords& words) {
  if (!written) return {};
  rocksdb::FileLock* lock = nullptr;
  rocksdb::Status s = options.env->LockFile(path + "/LOCK", &lock);
  if (!s.ok()) return describe(path, s);
  rocksdb::DB* db = nullptr;
  s = rocksdb::DB::OpenForReadOnly(options, path, &db);
  const DbPointer owner(db);
  Status all_there;
  if (s.ok()) all_there = check_all_there(*db, written, words, *options.env);
  (void)options.env->UnlockFile(lock);
  if (!s.ok()) return not_opened(path, options, s);
  return all_there;
}

Result<DbPointer> open_to_read(const std::string& path, rocksdb::Options& options,
                               std::optional<std::uint64_t> written, const RocksWords& words) {
  // All tables at once: a writer beside us may remove them later.
  options.max_open_files = -1;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status s = rocksdb::DB::OpenForReadOnly(options, path, &db);
  DbPointer owner(db);
  if (!s.ok()) return not_opened(path, options, s);
  if (Status all = check_all_there(*db, written, words, *options.env); !all) return all.error();
  return owner;
}

Result<DbPointer> open_to_write(const std::string& path, const rocksdb::Options& options,
                                std::optional<std::uint64_t> written, const RocksWords& words) {
  if (Status s = look_first(path, options, written, words); !s) return s.error();
  rocksdb::DB* db = nullptr;
  const rocksdb::Status s = rocksdb::DB::Open(options, path, &db);
  DbPointer owner(db);
  if (!s.ok()) return not_opened(path, options, s);
  return owner;
}

}  // namespace

RocksStore::RocksStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksStore::~RocksStore() = default;

Result<std::unique_ptr<RocksStore>> RocksStore::open(const std::string& path, Mode mode,
                                                     const RocksOptions& ours) {
  if (mode == Mode::read_write) return open_once(path, mode, ours);
  // A process that writes beside us may remove a file that we are about to open; then the file
  // CURRENT has changed too.
  for (int attempt = 0;; ++attempt) {
    const std::string before = manifest_name(path, disk_of(ours.disk));
    auto store = open_once(path, mode, ours);
    if (store || attempt == attempts || manifest_name(path, disk_of(ours.disk)) == before)
      return store;
  }
}

Result<std::unique_ptr<RocksStore>> RocksStore::open_once(const std::string& path, Mode mode,
                                                          const RocksOptions& ours) {
  auto impl = std::make_unique<Impl>(path, disk_of(ours.disk));
  const auto there = holds_state(path, impl->disk);
  if (!there) return there.error();
  const bool writes = mode == Mode::read_write;
  if (!*there && !writes) return error("state: there is none in the directory '" + path + "'");
  if (!*there) {
    if (Status s = make_state_directory(path, impl->disk); !s) return s.error();
  }
  // Before the rows are read: another process may be writing both.
  const auto written = impl->mark.read();
  if (!written) return written.error();
  const auto words = std::make_shared<RocksWords>();
  const auto options = rocks_options(ours, words);
  auto db = writes ? open_to_write(path, *options, *written, *words)
                   : open_to_read(path, *options, *written, *words);
  if (!db) return db.error();
  impl->db = std::move(*db);
  impl->purge_interval_s = writes ? ours.purge_interval.count() : 0;
  if (impl->purge_interval_s > 0)
    impl->purger = std::thread([&i = *impl] { i.purge_now_and_then(); });
  return std::unique_ptr<RocksStore>(new RocksStore(std::move(impl)));
}

Status RocksStore::write(const RowBatch& batch) {
  if (impl_->failed) return *impl_->failed;
  // Sorted by key a batch costs the memtable half the time; the stable sort keeps the later of two
  // rows last.
  std::vector<std::size_t> order(batch.size());
  std::vector<std::string> keys(batch.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    const RowBatch::Row row = batch.row(i);
    keys[i] = full_key(row.space, row.key);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  bool erases = false;
  rocksdb::WriteBatch all(batch.bytes() + batch.size() * 16);
  for (const std::size_t i : order) {
    const RowBatch::Row row = batch.row(i);
    erases = erases || row.erased;
    const rocksdb::Status s = row.erased ? all.Delete(keys[i]) : all.Put(keys[i], slice(row.value));
    if (!s.ok()) return describe(impl_->path, s);
  }
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const rocksdb::Status s = impl_->db->Write(durable, &all);
  Status marked;
  if (s.ok()) marked = impl_->mark.write(impl_->db->GetLatestSequenceNumber());
  if (!s.ok() || !marked) {
    impl_->failed = s.ok() ? marked.error() : describe(impl_->path, s);
    return *impl_->failed;
  }
  if (erases && impl_->first_erasure_s == 0) impl_->first_erasure_s = now_s(impl_->disk);
  return {};
}

Result<std::optional<std::string>> RocksStore::get(std::string_view space,
                                                   std::string_view key) const {
  std::optional<std::string> value(std::in_place);
  const rocksdb::Status s = impl_->db->Get(rocksdb::ReadOptions(), full_key(space, key), &*value);
  if (s.IsNotFound())
    value.reset();
  else if (!s.ok())
    return describe(impl_->path, s);
  return value;
}

Status RocksStore::scan(std::string_view space, const Visit& visit) const {
  const std::string prefix = full_key(space, {});
  rocksdb::ReadOptions read;
  read.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db->NewIterator(read));
  for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next()) {
    const std::string_view key(at->key().data() + prefix.size(), at->key().size() - prefix.size());
    if (Status s = visit(key, {at->value().data(), at->value().size()}); !s) return s;
  }
  if (!at->status().ok()) return describe(impl_->path, at->status());
  return {};
}

Result<std::vector<std::string>> RocksStore::spaces() const {
  std::vector<std::string> names;
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db->NewIterator(rocksdb::ReadOptions()));
  for (at->SeekToFirst(); at->Valid();) {
    const std::string_view full(at->key().data(), at->key().size());
    names.emplace_back(full.substr(0, full.find('\0')));
    at->Seek(names.back() + '\1');
  }
  if (!at->status().ok()) return describe(impl_->path, at->status());
  return names;
}

std::uint64_t RocksStore::estimated_rows() const {
  std::uint64_t rows = 0;
  impl_->db->GetIntProperty(rocksdb::DB::Properties::kEstimateNumKeys, &rows);
  return rows;
}

Status RocksStore::purge() { return impl_->purge(); }

Status RocksStore::Impl::purge() {
  first_erasure_s = 0;
  rocksdb::Status s = db->Flush(rocksdb::FlushOptions());
  std::vector<rocksdb::LiveFileMetaData> tables;
  if (s.ok()) db->GetLiveFilesMetaData(&tables);
  const bool any = std::any_of(tables.begin(), tables.end(),
                               [](const auto& table) { return table.num_deletions > 0; });
  if (s.ok() && any) {
    rocksdb::CompactRangeOptions all;
    all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    all.canceled = &closing;
    s = db->CompactRange(all, nullptr, nullptr);
    // Changes nothing, and so makes a manifest in which only the tables of now stand.
    if (s.ok()) s = db->SetOptions({{"disable_auto_compactions", "false"}});
    // Removes the manifests before it at once.
    if (s.ok()) s = db->DisableFileDeletions();
    if (s.ok()) s = db->EnableFileDeletions(false);
  }
  if (!s.ok() && !(closing && s.IsIncomplete())) return describe(path, s);
  return {};
}

/// Is there an erasure older than the interval, also one of an earlier process?
bool RocksStore::Impl::purge_is_due() const {
  const std::int64_t limit_s = now_s(disk) - purge_interval_s;
  const std::int64_t first_s = first_erasure_s;
  if (first_s != 0 && first_s <= limit_s) return true;
  std::vector<rocksdb::LiveFileMetaData> tables;
  db->GetLiveFilesMetaData(&tables);
  return std::any_of(tables.begin(), tables.end(), [&](const auto& table) {
    // A table that was made of a log when the store was opened bears no time of its own.
    const std::uint64_t made_s =
        table.file_creation_time != 0 ? table.file_creation_time : table.oldest_ancester_time;
    return table.num_deletions > 0 && static_cast<std::int64_t>(made_s) <= limit_s;
  });
}

void RocksStore::Impl::purge_now_and_then() {
  const std::chrono::seconds look_every(std::min<std::int64_t>(purge_interval_s, 60));
  std::unique_lock lock(mutex);
  // The first look at once, or runs that end within the minute would never purge.
  do {
    lock.unlock();
    // One that fails because the disk does is told by the next write.
    if (!closing && purge_is_due()) (void)purge();
    lock.lock();
  } while (!changed.wait_for(lock, look_every, [this] { return closing.load(); }));
}

RocksStore::Impl::~Impl() {
  {
    const std::lock_guard lock(mutex);
    closing = true;
  }
  changed.notify_all();
  if (purger.joinable()) purger.join();
}

}  // namespace freshet
