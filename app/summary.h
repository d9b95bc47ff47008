#pragma once

#include <string>

#include "stream/live_metrics.h"

namespace freshet {

/// The state of a run on a few lines of text: counts, rate, hit rates, latency, the newest list
/// explained. `seconds`: since the start; `rate`: records a second, lately.
std::string summary_text(const LiveMetrics::Snapshot& now, double seconds, double rate,
                         bool with_list);

/// The same on one line, for a log.
std::string summary_line(const LiveMetrics::Snapshot& now, double rate);

}  // namespace freshet
