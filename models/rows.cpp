#include "models/rows.h"

#include <algorithm>

namespace freshet {

std::span<const std::uint32_t> DirtyRows::take() {
  std::sort(rows_.begin(), rows_.end());
  for (const std::uint32_t row : rows_) bits_[row / 64] = 0;
  taken_.swap(rows_);
  rows_.clear();
  return taken_;
}

ByteWriter begin_row(std::string& out) {
  out.clear();
  ByteWriter writer(out);
  writer.number(row_version);
  return writer;
}

ByteReader open_row(std::string_view value) {
  ByteReader reader(value);
  if (reader.number<std::uint8_t>() == row_version) return reader;
  ByteReader failed(std::string_view{});
  failed.number<std::uint8_t>();
  return failed;
}

Error row_error(std::string_view space, std::string_view key, std::string_view why) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string message = "model row ";
  message.append(space).append("/");
  for (const char c : key) {
    message += digits[static_cast<unsigned char>(c) >> 4];
    message += digits[static_cast<unsigned char>(c) & 15];
  }
  message.append(" cannot be read: ").append(why);
  return error(std::move(message));
}

}  // namespace freshet
