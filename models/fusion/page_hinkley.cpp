#include "models/fusion/page_hinkley.h"

#include <algorithm>
#include <cmath>

#include "models/rows.h"

namespace freshet {

bool PageHinkley::add(double loss) {
  ++events_;
  mean_ += (loss - mean_) / static_cast<double>(events_);
  sum_ += loss - mean_ - tolerance_;
  least_ = std::min(least_, sum_);
  if (sum_ - least_ <= threshold_) return false;
  ++alarms_;
  events_ = 0;
  mean_ = sum_ = least_ = 0;
  return true;
}

void PageHinkley::write(ByteWriter& out) const {
  out.number(events_);
  out.number(alarms_);
  out.number(mean_);
  out.number(sum_);
  out.number(least_);
}

bool PageHinkley::read(ByteReader& in) {
  events_ = in.number<std::uint64_t>();
  alarms_ = in.number<std::uint64_t>();
  mean_ = in.number<double>();
  sum_ = in.number<double>();
  least_ = in.number<double>();
  constexpr double most = 1e15;
  const auto good = [](double x) { return std::abs(x) <= most; };  // not if it is no number
  return events_ <= count_max && alarms_ <= count_max && good(mean_) && good(sum_) && good(least_);
}

}  // namespace freshet
