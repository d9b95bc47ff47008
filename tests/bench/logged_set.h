#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stream/decoder.h"
#include "stream/event_types.h"

namespace freshet::bench {

/// A real stream whose cost has a limit, as files of a folder.
struct LoggedSet {
  std::string name;
  std::vector<std::string> events;     ///< file names; one stream, in this order
  std::optional<std::string> catalog;  ///< known before the first event
  double event_us_max;                 ///< asked of one thread, from event decoded to list encoded
};

std::span<const LoggedSet> logged_sets();

/// Whether all its files are in the folder.
bool present(const LoggedSet& set, const std::string& folder);

/// The first `events_max` records of the stream, decoded, with rising offsets. Throws if a file
/// cannot be read.
std::vector<Decoded> logged_events(const LoggedSet& set, const std::string& folder,
                                   const EventOptions& options, const EventTypes& types,
                                   std::uint64_t events_max);

/// Its catalogue, decoded; empty: it has none. Throws as above.
std::vector<Decoded> logged_catalog(const LoggedSet& set, const std::string& folder,
                                    const EventOptions& options, const EventTypes& types);

}  // namespace freshet::bench
