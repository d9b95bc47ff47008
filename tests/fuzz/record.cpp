#include "tests/fuzz/record.h"

#include <algorithm>

#include "stream/bytes.h"

namespace freshet::fuzz {

namespace {

// Bits of the second byte.
constexpr std::uint8_t has_value = 1, has_key = 2, has_time = 4;

}  // namespace

RecordInput read_record(std::string_view input) {
  RecordInput out;
  ByteReader r(input);
  out.configuration = r.number<std::uint8_t>();
  const auto choice = r.number<std::uint8_t>();
  std::size_t begin = 2;
  if (choice & has_key) {
    const auto n = r.number<std::uint8_t>();
    begin += 1;
    out.record.key = input.substr(std::min(begin, input.size()), n);
    begin += n;
  }
  if (choice & has_time) {
    ByteReader time(input.substr(std::min(begin, input.size())));
    out.record.time_ms = time.number<std::int64_t>();
    begin += sizeof(std::int64_t);
  }
  if (choice & has_value) out.record.value = input.substr(std::min(begin, input.size()));
  return out;
}

std::string write_record(const RecordInput& from) {
  const Record& record = from.record;
  std::string out;
  ByteWriter w(out);
  w.number(from.configuration);
  w.number(static_cast<std::uint8_t>((record.value ? has_value : 0) | (record.key ? has_key : 0) |
                                     (record.time_ms != -1 ? has_time : 0)));
  if (record.key) {
    w.number(static_cast<std::uint8_t>(record.key->size()));
    out += *record.key;
  }
  if (record.time_ms != -1) w.number(record.time_ms);
  if (record.value) out += *record.value;
  return out;
}

}  // namespace freshet::fuzz
