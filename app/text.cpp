#include "app/text.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "stream/clock.h"

namespace freshet {

std::string grouped(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string percent(double share) { return fixed(share * 100, 1) + " %"; }

std::string duration(std::int64_t ns) {
  const auto t = static_cast<double>(ns);
  if (ns < 1'000'000) return fixed(t / 1e6, 3) + " ms";
  if (ns < 100'000'000) return fixed(t / 1e6, 1) + " ms";
  return fixed(t / 1e9, 2) + " s";
}

std::string byte_size(std::uint64_t bytes) {
  static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes);
  int unit = 0;
  while (size >= 1024 && unit < 4) {
    size /= 1024;
    ++unit;
  }
  return fixed(size, unit == 0 ? 0 : 1) + " " + units[unit];
}

std::string utc_time(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  const auto is_number = [](const std::string& s) {
    return !s.empty() && s.find_first_not_of("0123456789.,-+% ") == std::string::npos;
  };
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      const std::string pad(widths[c] - rows[r][c].size(), ' ');
      const std::string& sample = rows[r == 0 && rows.size() > 1 ? 1 : r][c];
      line += c == 0 ? "" : "  ";
      line += is_number(sample) ? pad + rows[r][c] : rows[r][c] + pad;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

bool is_terminal(int descriptor) { return isatty(descriptor) == 1; }

ProgressBar::ProgressBar(std::string what)
    : what_(std::move(what)), start_ns_(system_clock().steady_ns()) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::clear() {
  if (visible_) std::fputs("\r\033[K", stderr);
  visible_ = false;
}

void ProgressBar::show(std::uint64_t done, std::uint64_t all) {
  const std::int64_t now = system_clock().steady_ns();
  if (now - start_ns_ < 2'000'000'000 || now - shown_ns_ < 100'000'000 || all == 0 ||
      !is_terminal(STDERR_FILENO)) {
    return;
  }
  visible_ = true;
  shown_ns_ = now;
  const double share = static_cast<double>(done) / static_cast<double>(all);
  std::string bar(30, '.');
  std::fill_n(bar.begin(), static_cast<std::size_t>(share * 30), '#');
  std::fprintf(stderr, "\r\033[K%s [%s] %s  %s/s", what_.c_str(), bar.c_str(),
               percent(share).c_str(),
               grouped(static_cast<std::uint64_t>(static_cast<double>(done) * 1e9 /
                                                  static_cast<double>(now - start_ns_)))
                   .c_str());
  std::fflush(stderr);
}

}  // namespace freshet
