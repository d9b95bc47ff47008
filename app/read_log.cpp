#include "app/read_log.h"

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

}  // namespace freshet
