#include "state/rocks_store.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace freshet {

struct RocksStore::Impl {
  std::string path;
  std::unique_ptr<rocksdb::DB> db;
};

namespace {

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
  return error("state: the directory '" + path + "': " + text);
}

rocksdb::Options options() {
  rocksdb::Options o;
  o.create_if_missing = true;
  o.compression = rocksdb::kLZ4Compression;
  o.paranoid_checks = true;
  o.write_buffer_size = 32 << 20;
  o.max_background_jobs = 2;
  o.max_open_files = 256;
  o.keep_log_file_num = 2;
  o.max_log_file_size = 1 << 20;
  o.max_total_wal_size = 128 << 20;
  return o;
}

std::string full_key(std::string_view space, std::string_view key) {
  std::string full;
  full.reserve(space.size() + 1 + key.size());
  full.append(space).append(1, '\0').append(key);
  return full;
}

bool holds_tables(const std::string& path) {
  std::error_code ec;
  for (const auto& file : std::filesystem::directory_iterator(path, ec)) {
    if (file.path().extension() == ".sst") return true;
  }
  return false;
}

rocksdb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }

}  // namespace

RocksStore::RocksStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksStore::~RocksStore() = default;

Result<std::unique_ptr<RocksStore>> RocksStore::open(const std::string& path, Mode mode) {
  std::error_code ec;
  const bool there = std::filesystem::exists(std::filesystem::path(path) / "CURRENT", ec);
  rocksdb::DB* db = nullptr;
  rocksdb::Status status;
  if (mode == Mode::read_only) {
    if (!there) return error("state: there is none in the directory '" + path + "'");
    status = rocksdb::DB::OpenForReadOnly(options(), path, &db);
  } else {
    if (!there) {
      // RocksDB would begin a new state over them.
      if (holds_tables(path)) {
        return error("state: the directory '" + path + "' is damaged: its file CURRENT is missing");
      }
      const bool foreign = std::filesystem::is_directory(path, ec) &&
                           !std::filesystem::is_empty(path, ec) &&
                           !std::filesystem::exists(std::filesystem::path(path) / "LOCK", ec);
      if (foreign) {
        return error("state: the directory '" + path +
                     "' holds files but no state; give an empty or a new directory");
      }
      std::filesystem::create_directories(path, ec);
      if (ec) return error("state: the directory '" + path + "' cannot be made: " + ec.message());
    }
    status = rocksdb::DB::Open(options(), path, &db);
  }
  if (!status.ok()) return describe(path, status);
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->db.reset(db);
  return std::unique_ptr<RocksStore>(new RocksStore(std::move(impl)));
}

Status RocksStore::write(const RowBatch& batch) {
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
  rocksdb::WriteBatch all(batch.bytes() + batch.size() * 16);
  for (const std::size_t i : order) {
    const RowBatch::Row row = batch.row(i);
    const rocksdb::Status s = row.erased ? all.Delete(keys[i]) : all.Put(keys[i], slice(row.value));
    if (!s.ok()) return describe(impl_->path, s);
  }
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const rocksdb::Status s = impl_->db->Write(durable, &all);
  if (!s.ok()) return describe(impl_->path, s);
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

}  // namespace freshet
