#include "connectors/file/file_source.h"

#include <utility>

namespace freshet {

FileSource::FileSource(FileSourceOptions options)
    : options_(std::move(options)), events_(options_.path, 0) {
  if (!options_.catalog_path.empty()) {
    catalog_.emplace(options_.catalog_path, catalog_partition(0));
  }
}

Status FileSource::open(const Positions& from, const Order&) {
  for (const auto& [partition, offset] : from) {
    if ((partition != 0 && partition != catalog_partition(0)) || offset < 0) {
      return error(options_.path + ": the state goes on at " + partition_words(partition) +
                   ", offset " + std::to_string(offset) +
                   ", but a file has only partition 0: was source.type changed?");
    }
  }
  const auto start = [&from](Partition partition) {
    const auto at = from.find(partition);
    return at == from.end() ? Offset{0} : at->second;
  };
  if (catalog_) {
    if (Status s = catalog_->open(start(catalog_partition(0))); !s) return s;
  }
  return events_.open(start(0));
}

Result<Source::Polled> FileSource::poll(std::size_t max_records, std::chrono::milliseconds wait,
                                        std::vector<Record>& out) {
  if (catalog_) {
    const std::size_t before = out.size();
    const auto polled = catalog_->poll(max_records, wait, out);
    if (!polled) return polled.error();
    if (*polled == Polled::end) catalog_.reset();
    if (catalog_ || out.size() > before) return Polled::more;
  }
  return events_.poll(max_records, wait, out);
}

Status FileSource::commit(const Positions&) { return {}; }

Result<Positions> FileSource::committed() { return Positions{}; }

}  // namespace freshet
