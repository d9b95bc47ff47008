#include "config/units.h"

#include <array>
#include <charconv>
#include <limits>

namespace freshet::config {
namespace {

struct UnitName {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<UnitName, 5> kDurations{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

constexpr std::array<UnitName, 9> kSizes{{{"B", 1},
                                          {"kB", 1'000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000},
                                          {"TB", 1'000'000'000'000},
                                          {"KiB", std::uint64_t{1} << 10},
                                          {"MiB", std::uint64_t{1} << 20},
                                          {"GiB", std::uint64_t{1} << 30},
                                          {"TiB", std::uint64_t{1} << 40}}};

template <std::size_t N>
bool parse_with(const std::array<UnitName, N>& units, std::uint64_t limit, std::string_view text,
                std::uint64_t& out) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return false;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  if (name.empty() && text == "0") {
    out = 0;
    return true;
  }
  for (const UnitName& unit : units) {
    if (unit.name != name) continue;
    if (number > limit / unit.factor) return false;
    out = number * unit.factor;
    return true;
  }
  return false;
}

template <std::size_t N>
std::string shortest(const std::array<UnitName, N>& units, std::uint64_t value) {
  std::string best;
  for (const UnitName& unit : units) {
    if (value % unit.factor != 0) continue;
    std::string text = std::to_string(value / unit.factor).append(unit.name);
    if (best.empty() || text.size() < best.size()) best = std::move(text);
    if (value == 0) break;
  }
  return best;
}

}  // namespace

bool parse(std::string_view text, Millis& out) {
  std::uint64_t value = 0;
  const auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!parse_with(kDurations, limit, text, value)) return false;
  out = Millis(static_cast<std::int64_t>(value));
  return true;
}

bool parse(std::string_view text, Bytes& out) {
  std::uint64_t value = 0;
  if (!parse_with(kSizes, std::numeric_limits<std::uint64_t>::max(), text, value)) return false;
  out = Bytes(value);
  return true;
}

std::string to_text(Millis value) {
  if (value.count == 0) return "0s";
  if (value.count < 0) return std::to_string(value.count) + "ms";
  return shortest(kDurations, static_cast<std::uint64_t>(value.count));
}

std::string to_text(Bytes value) { return shortest(kSizes, value.count); }

}  // namespace freshet::config
