#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

/// Numbers for people: "1,234,567", "12.3 %", "0.41 ms", "3.4 MiB".
std::string grouped(std::uint64_t n);
std::string percent(double share);
std::string duration(std::int64_t ns);
std::string byte_size(std::uint64_t bytes);
std::string fixed(double value, int decimals);
/// "2024-01-31 12:34:56 UTC"
std::string utc_time(std::int64_t ms);

/// A table of texts; the first row is the head. Columns that hold numbers are set to the right.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

/// Whether a terminal is behind the file descriptor.
bool is_terminal(int descriptor);

/// A bar on a terminal for work that takes longer than two seconds. Nothing elsewhere.
class ProgressBar {
 public:
  explicit ProgressBar(std::string what);
  ~ProgressBar();
  void show(std::uint64_t done, std::uint64_t all);
  /// Takes it off the terminal, until it is shown again.
  void clear();

 private:
  std::string what_;
  std::int64_t start_ns_, shown_ns_ = 0;
  bool visible_ = false;
};

}  // namespace freshet
