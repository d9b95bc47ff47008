#include "stream/json_error.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace freshet {
namespace {

/// Accepts everything and keeps the first error.
struct Judge final : nlohmann::json_sax<nlohmann::json> {
  std::string message;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& e) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error …; last read:
    // '…'"
    const std::string_view what = e.what();
    const std::size_t detail = what.find(": ");
    message = "byte " + std::to_string(position);
    if (detail != std::string_view::npos) {
      std::string_view why = what.substr(detail + 2);
      if (const auto cut = why.find("; last read"); cut != std::string_view::npos) {
        why = why.substr(0, cut);
      }
      message += ", " + std::string(why);
    }
    return false;
  }
};

/// Length of the valid UTF-8 sequence at the start of `s`, 0 if there is none.
std::size_t utf8_length(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = byte(0);
  const std::size_t n = lead < 0x80   ? 1
                        : lead < 0xc2 ? 0
                        : lead < 0xe0 ? 2
                        : lead < 0xf0 ? 3
                        : lead < 0xf5 ? 4
                                      : 0;
  if (n == 0 || n > s.size()) return 0;
  for (std::size_t i = 1; i < n; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (n == 3 && ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f))) return 0;
  if (n == 4 && ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f))) return 0;
  return n;
}

/// Whether a valid UTF-8 sequence is a control character: U+0000–U+001F or U+007F–U+009F.
bool is_control(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (lead == 0xc2) return static_cast<unsigned char>(sequence[1]) < 0xa0;
  return lead < 0x20 || lead == 0x7f;
}

}  // namespace

std::string json_error(std::string_view text) {
  Judge judge;
  nlohmann::json::sax_parse(text.begin(), text.end(), &judge);
  return judge.message;
}

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "'";
  std::size_t taken = 0;
  while (!text.empty() && taken < bytes_max) {
    const std::size_t n = utf8_length(text);
    const std::string_view piece = text.substr(0, std::max<std::size_t>(n, 1));
    if (n == 0 || is_control(piece)) {
      for (const char raw : piece) {
        const auto c = static_cast<unsigned char>(raw);
        out += {'\\', 'x', hex[c >> 4], hex[c & 15]};
      }
    } else {
      out.append(piece);
    }
    taken += piece.size();
    text.remove_prefix(piece.size());
  }
  out += text.empty() ? "'" : "…'";
  return out;
}

}  // namespace freshet
