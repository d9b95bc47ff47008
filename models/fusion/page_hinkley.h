#pragma once

#include <cstdint>

#include "stream/bytes.h"

namespace freshet {

/// Notices that a loss has become greater for good (Page, "Continuous inspection schemes",
/// Biometrika 1954; Hinkley 1971): with the mean of the losses so far,
///   m += loss − mean − tolerance,  an alarm when m − min m > threshold;  then all starts anew.
/// A rise by d is noticed after about threshold / (d − tolerance) events.
class PageHinkley {
 public:
  PageHinkley(double tolerance, double threshold) : tolerance_(tolerance), threshold_(threshold) {}

  /// True: an alarm.
  bool add(double loss);
  std::uint64_t alarms() const { return alarms_; }
  /// Mean loss since the last alarm.
  double mean() const { return mean_; }
  std::uint64_t events() const { return events_; }

  void write(ByteWriter& out) const;
  /// False: it is no such thing.
  bool read(ByteReader& in);

 private:
  double tolerance_, threshold_;
  std::uint64_t events_ = 0, alarms_ = 0;
  double mean_ = 0, sum_ = 0, least_ = 0;
};

}  // namespace freshet
