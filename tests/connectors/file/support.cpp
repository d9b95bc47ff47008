#include "tests/connectors/file/support.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "connectors/file/compressor.h"

namespace freshet::test {

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "freshet-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  REQUIRE(file);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string compressed(Compression compression, std::string_view bytes) {
  const auto compressor = make_compressor(compression);
  if (!compressor) return std::string(bytes);
  std::string out;
  REQUIRE(compressor->add(bytes, out));
  REQUIRE(compressor->finish(out));
  return out;
}

std::string named(std::string name, Compression compression) {
  if (compression == Compression::gzip) name += ".gz";
  if (compression == Compression::zstd) name += ".zst";
  return name;
}

std::vector<std::string> ReadOut::values() const {
  std::vector<std::string> values;
  values.reserve(lines.size());
  for (const auto& [offset, value] : lines) values.push_back(value);
  return values;
}

ReadOut read_out(FileSource& source, std::size_t max_records) {
  ReadOut read;
  while (true) {
    std::vector<Record> records;
    const auto polled = source.poll(max_records, std::chrono::milliseconds(0), records);
    CHECK(records.size() <= max_records);
    for (const Record& record : records) {
      CHECK(record.partition == 0);
      CHECK(record.time_ms == -1);
      CHECK_FALSE(record.key);
      read.lines.emplace_back(record.offset, record.value.value());
    }
    if (!polled) {
      CHECK(records.empty());
      read.failure = polled.error().message;
      return read;
    }
    if (*polled == Source::Polled::end) return read;
  }
}

ReadOut read_out(const std::string& path, const Positions& from, std::size_t max_records) {
  FileSource source({.path = path});
  if (const auto opened = source.open(from, {}); !opened) return {{}, opened.error().message};
  return read_out(source, max_records);
}

Output list(std::string value) {
  Output output;
  output.key = "u1";
  output.value = std::move(value);
  return output;
}

Output rejected(std::string bytes, std::string reason, Offset offset) {
  Output output;
  output.channel = Channel::rejected;
  output.value = std::move(bytes);
  output.reason = std::move(reason);
  output.offset = offset;
  return output;
}

}  // namespace freshet::test
