#include "app/read_log.h"

#include <algorithm>
#include <cstdio>

#include "app/text.h"
#include "connectors/file/file_source.h"

namespace freshet {

Result<std::vector<Decoded>> read_log(const std::string& path, const EventOptions& options,
                                      const EventTypes& types, Partition partition) {
  FileSourceOptions file;
  file.path = path;
  FileSource source(file);
  if (Status s = source.open({}, {}); !s) return s.error();
  Decoder decoder(options, types);
  std::vector<Decoded> log;
  std::vector<Record> records;
  while (true) {
    records.clear();
    const auto polled = source.poll(4'096, std::chrono::milliseconds(100), records);
    if (!polled) return polled.error();
    for (Record& record : records) {
      record.partition = partition;
      Decoded& decoded = log.emplace_back();
      decoded.partition = record.partition;
      decoded.offset = record.offset;
      decoded.what = decoder.decode(record);
    }
    if (*polled == Source::Polled::end) return log;
  }
}

void tell_rejected(const std::string& path, const std::vector<Decoded>& log) {
  const auto rejected = std::count_if(log.begin(), log.end(),
                                      [](const Decoded& d) { return d.rejection() != nullptr; });
  if (rejected == 0) return;
  const auto first = std::find_if(log.begin(), log.end(),
                                  [](const Decoded& d) { return d.rejection() != nullptr; });
  std::fprintf(stderr, "freshet: %s: %s of %s records cannot be used; the first, line %s: %s\n",
               path.c_str(), grouped(static_cast<std::uint64_t>(rejected)).c_str(),
               grouped(log.size()).c_str(), std::to_string(first->offset + 1).c_str(),
               std::get<Rejection>(first->what).reason.c_str());
}

}  // namespace freshet
