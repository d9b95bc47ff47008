#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/file/compression.h"
#include "connectors/file/file_source.h"
#include "stream/sink.h"
#include "tests/connectors/print.h"

namespace freshet::test {

/// A folder that goes away with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

void write_file(const std::string& path, std::string_view bytes);
std::string read_file(const std::string& path);

/// `bytes` as one gzip member or zstd frame.
std::string compressed(Compression compression, std::string_view bytes);
/// The name with ".gz" or ".zst", or as it is.
std::string named(std::string name, Compression compression);
inline constexpr Compression all_compressions[] = {Compression::none, Compression::gzip,
                                                   Compression::zstd};

/// What a source gave until its end or its first error.
struct ReadOut {
  std::vector<std::pair<Offset, std::string>> lines;
  std::optional<std::string> failure;

  std::vector<std::string> values() const;
};
/// Polls an opened source for `max_records` at a time, without waiting.
ReadOut read_out(FileSource& source, std::size_t max_records = 3);
ReadOut read_out(const std::string& path, const Positions& from = {}, std::size_t max_records = 3);

Output list(std::string value);
Output rejected(std::string bytes, std::string reason, Offset offset = 0);

}  // namespace freshet::test
