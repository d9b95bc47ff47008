#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace freshet {

static_assert(std::endian::native == std::endian::little, "rows are written little-endian");

/// Appends values to a row. Numbers are little-endian and of fixed width; strings carry their
/// length.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  template <class T>
    requires std::is_arithmetic_v<T>
  void number(T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    out_.append(raw, sizeof(T));
  }
  void text(std::string_view s) {
    number(static_cast<std::uint32_t>(s.size()));
    out_.append(s);
  }

 private:
  std::string& out_;
};

/// Some numbers of together `N` bytes, appended to a row in one piece: several times faster than
/// one by one.
template <std::size_t N>
class ByteBlock {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  ByteBlock& number(T value) {
    assert(used_ + sizeof(T) <= N);
    std::memcpy(raw_ + used_, &value, sizeof(T));
    used_ += sizeof(T);
    return *this;
  }
  void append_to(std::string& out) const {
    assert(used_ == N);
    out.append(raw_, N);
  }

 private:
  char raw_[N];
  std::size_t used_ = 0;
};

/// Reads what ByteWriter wrote. Reading past the end yields zeros and makes `ok` false: check it
/// once, after the last field.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
    requires std::is_arithmetic_v<T>
  T number() {
    if constexpr (std::is_same_v<T, bool>) return number<std::uint8_t>() != 0;
    T value{};
    if (bytes_.size() < sizeof(T)) {
      fail();
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_.remove_prefix(sizeof(T));
    return value;
  }
  std::string_view text() { return bytes(number<std::uint32_t>()); }
  /// The next `n` bytes; empty if there are not so many.
  std::string_view bytes(std::size_t n) {
    if (bytes_.size() < n) {
      fail();
      return {};
    }
    const std::string_view s = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return s;
  }
  /// A count of entries of at least `entry_bytes` bytes each; a count that cannot fit makes `ok`
  /// false.
  std::uint32_t count(std::size_t entry_bytes) {
    const auto n = number<std::uint32_t>();
    if (n * entry_bytes > bytes_.size()) {
      fail();
      return 0;
    }
    return n;
  }

  /// What was read cannot be: not ok from now on.
  void fail() {
    ok_ = false;
    bytes_ = {};
  }

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

/// A key whose byte order is the id's order.
inline std::string id_key(std::uint32_t id) {
  std::string key(4, '\0');
  for (int i = 0; i < 4; ++i) key[3 - i] = static_cast<char>(id >> (8 * i));
  return key;
}

/// The id in a key made by `id_key`; anything else: `none` (all ones).
inline std::uint32_t key_id(std::string_view key) {
  if (key.size() != 4) return 0xffffffffU;
  std::uint32_t id = 0;
  for (const char c : key) id = id << 8 | static_cast<unsigned char>(c);
  return id;
}

}  // namespace freshet
