#include "stream/iso_time.h"

#include <absl/time/time.h>

#include <string>

namespace freshet {

// Strictly: absl also takes blanks, "infinite-future" and years of five digits.
std::optional<std::int64_t> iso_time_ms(std::string_view s) {
  // Shape first: YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)
  static constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  if (s.size() < shape.size() + 1 || s.size() > 40) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = s[i] >= '0' && s[i] <= '9';
    const bool separator = s[i] == shape[i] || (shape[i] == 'T' && (s[i] == 't' || s[i] == ' '));
    if (shape[i] == 'd' ? !digit : !separator) return std::nullopt;
  }
  std::string text(s);
  text[10] = 'T';
  if (text.back() == 'z') text.back() = 'Z';
  // absl stops reading at a zero byte and skips blanks.
  if (text.find_first_not_of("0123456789-+:.TZ") != std::string::npos) return std::nullopt;
  absl::Time t;
  std::string why;
  if (!absl::ParseTime(absl::RFC3339_full, text, &t, &why)) return std::nullopt;
  const std::int64_t ms = absl::ToUnixMillis(t);
  return ms;
}

}  // namespace freshet
