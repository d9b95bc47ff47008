#include "connectors/file/compression.h"

#include <cstddef>

namespace freshet {

namespace {

bool is_zstd_byte(std::size_t i, unsigned char c) {
  static constexpr unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd};
  return c == frame[i];
}

bool is_skippable_byte(std::size_t i, unsigned char c) {
  // Parallel writers open a file with a skippable frame: 0x184D2A50 to 0x184D2A5F, little-endian.
  static constexpr unsigned char frame[] = {0x50, 0x2a, 0x4d, 0x18};
  return i == 0 ? (c & 0xf0) == frame[0] : c == frame[i];
}

bool is_gzip_byte(std::size_t i, unsigned char c) {
  static constexpr unsigned char member[] = {0x1f, 0x8b};
  return c == member[i];
}

}  // namespace

std::optional<Compression> recognise_compression(std::string_view head, bool at_end) {
  struct Form {
    Compression compression;
    std::size_t magic_bytes;
    bool (*matches)(std::size_t, unsigned char);
  };
  static constexpr Form forms[] = {{Compression::gzip, 2, is_gzip_byte},
                                   {Compression::zstd, 4, is_zstd_byte},
                                   {Compression::zstd, 4, is_skippable_byte}};
  bool undecided = head.empty();
  for (const Form& form : forms) {
    std::size_t i = 0;
    while (i < form.magic_bytes && i < head.size() &&
           form.matches(i, static_cast<unsigned char>(head[i]))) {
      ++i;
    }
    if (i == form.magic_bytes) return form.compression;
    if (i == head.size()) undecided = true;
  }
  if (undecided && !at_end) return std::nullopt;
  return Compression::none;
}

Compression compression_of_name(std::string_view path) {
  if (path.ends_with(".gz")) return Compression::gzip;
  if (path.ends_with(".zst")) return Compression::zstd;
  return Compression::none;
}

}  // namespace freshet
