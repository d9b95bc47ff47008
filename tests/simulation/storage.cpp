#include "tests/simulation/storage.h"

#include <optional>

#include "state/memory_order_log.h"
#include "state/memory_store.h"
#include "state/order_log.h"
#include "state/rocks_store.h"
#include "tests/support/faulty_disk.h"

namespace freshet::test {
namespace {

class MemoryStorage final : public Storage {
 public:
  Status open() override {
    log_.emplace(notes_);
    return {};
  }
  Store& rows() override { return rows_; }
  OrderLog& order() override { return *log_; }
  void close(End end, Dice& dice) override {
    log_.reset();
    if (end != End::power_loss) return;
    const auto unsynced = static_cast<std::uint32_t>(notes_.notes.size() - notes_.synced);
    notes_.synced += dice.below(unsynced + 1);
    notes_.lose_power();
  }
  void stop_at(std::uint32_t) override {}
  bool off() const override { return false; }

 private:
  MemoryStore rows_;
  OrderNotes notes_;
  std::optional<MemoryOrderLog> log_;
};

class DiskStorage final : public Storage {
 public:
  explicit DiskStorage(std::uint64_t seed) : disk_(seed) {}

  Status open() override {
    RocksOptions options;
    options.disk = disk_.disk();
    options.memory_bytes = 1 << 20;
    options.purge_interval = std::chrono::seconds(0);
    auto rows = RocksStore::open(path, RocksStore::Mode::read_write, options);
    if (!rows) return rows.error();
    rows_ = std::move(*rows);
    log_ = std::make_unique<FileOrderLog>(path, disk_.disk());
    return {};
  }
  Store& rows() override { return *rows_; }
  OrderLog& order() override { return *log_; }
  void close(End end, Dice&) override {
    // Before the objects go, so that they cannot tidy up.
    if (end == End::kill) disk_.kill_process();
    if (end == End::power_loss) disk_.lose_power();
    log_.reset();
    rows_.reset();
    stop_ = FaultyDisk::no_limit;
    disk_.stop_at(stop_);
  }
  void stop_at(std::uint32_t n) override {
    stop_ = disk_.operations() + n;
    disk_.stop_at(stop_);
  }
  bool off() const override { return disk_.operations() > stop_; }

 private:
  static constexpr const char* path = "/state";

  FaultyDisk disk_;
  std::uint64_t stop_ = FaultyDisk::no_limit;
  std::unique_ptr<RocksStore> rows_;
  std::unique_ptr<FileOrderLog> log_;
};

}  // namespace

std::unique_ptr<Storage> make_storage(const Plan& plan) {
  if (plan.real_disk) return std::make_unique<DiskStorage>(plan.seed);
  return std::make_unique<MemoryStorage>();
}

}  // namespace freshet::test
