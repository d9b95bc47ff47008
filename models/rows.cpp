#include "models/rows.h"

#include <algorithm>

namespace freshet {

std::span<const std::uint32_t> DirtyRows::take(std::size_t rows_max) {
  const auto end =
      rows_.begin() + static_cast<std::ptrdiff_t>(rows_to_save(rows_.size(), rows_max));
  taken_.assign(rows_.begin(), end);
  rows_.erase(rows_.begin(), end);
  std::sort(taken_.begin(), taken_.end());
  unmark();
  return taken_;
}

std::span<const std::uint32_t> DirtyRows::take_unsorted() {
  taken_.clear();
  taken_.swap(rows_);
  unmark();
  return taken_;
}

void DirtyRows::unmark() {
  for (const std::uint32_t row : taken_) bits_[row / 64] &= ~(std::uint64_t{1} << (row % 64));
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

ItemId key_item(std::string_view key, std::size_t items) {
  const ItemId item(key_id(key));
  return item.index() < items ? item : ItemId{};
}

}  // namespace freshet
