#include "tests/bench/measure.h"

#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace freshet::bench {
namespace {

std::int64_t read_clock(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

std::size_t status_bytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::stoul(line.substr(field.size())) * 1'024;
  }
  return 0;
}

}  // namespace

std::int64_t wall_ns() { return read_clock(CLOCK_MONOTONIC); }
std::int64_t cpu_ns() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

std::size_t resident_bytes() { return status_bytes("VmRSS:"); }
std::size_t peak_resident_bytes() { return status_bytes("VmHWM:"); }

std::size_t heap_bytes() {
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

void Calibration::run(std::size_t steps) {
  float sum = 0;
  const std::int64_t start = cpu_ns();
  for (std::size_t i = 0; i < steps; ++i) {
    at_ = (at_ ^ at_ >> 29) * 0x9e3779b97f4a7c15ULL + i;
    float& cell = table_[at_ >> 43];
    cell += 1.5F;
    sum += cell;
  }
  spent_ns_ += cpu_ns() - start;
  steps_ += steps;
  volatile float keep = sum;
  (void)keep;
}

double Calibration::rate() const {
  return static_cast<double>(steps_) * 1e3 /
         static_cast<double>(std::max<std::int64_t>(spent_ns_, 1));
}

double calibrate() {
  Calibration calibration;
  calibration.run(20'000'000);
  return calibration.rate();
}

Figures quantiles(std::vector<std::int64_t>& durations_ns) {
  std::sort(durations_ns.begin(), durations_ns.end());
  const auto at = [&](double q) -> Figures {
    if (durations_ns.empty()) return nullptr;
    const auto last = static_cast<double>(durations_ns.size() - 1);
    return static_cast<double>(durations_ns[static_cast<std::size_t>(q * last)]) / 1e3;
  };
  return {
      {"p50_us", at(0.5)}, {"p99_us", at(0.99)}, {"max_us", at(1)}, {"count", durations_ns.size()}};
}

}  // namespace freshet::bench
