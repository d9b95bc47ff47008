#pragma once

#include <string>
#include <vector>

#include "stream/decoder.h"
#include "stream/result.h"

namespace freshet {

/// A whole log of events in memory, decoded, in the file's order. Records that cannot be used stay
/// in it as rejections. `partition`: what the file holds, see stream/position.h. Error: the file
/// cannot be read.
Result<std::vector<Decoded>> read_log(const std::string& path, const EventOptions& options,
                                      const EventTypes& types, Partition partition = 0);

/// Says on standard error how many records of the log cannot be used, and why the first cannot.
void tell_rejected(const std::string& path, const std::vector<Decoded>& log);

}  // namespace freshet
