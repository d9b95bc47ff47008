#pragma once

#include <vector>

#include "app/settings.h"
#include "stream/record.h"
#include "tests/bench/measure.h"

namespace freshet::bench {

/// The whole serving path in this process: decode, rank, learn, encode. The first part of the
/// records goes through in the pipeline's batches as fast as it can, for the rates; the rest comes
/// one record at a time, paced, for the latencies from record decoded to list encoded.
Figures measure_serving(const Settings& settings, const std::vector<Record>& records);

/// The same path with timers around each model, which disturb the sum a little: what each model and
/// the fusion cost. One thread.
Figures measure_models(const Settings& settings, const std::vector<Record>& records);

}  // namespace freshet::bench
