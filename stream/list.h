#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stream/event.h"
#include "stream/position.h"

namespace freshet {

/// A finished list with names in place of ids. The views live as long as the engine's item
/// dictionary.
struct List {
  struct Entry {
    std::string_view item;
    double score = 0;
    std::uint8_t because_count = 0;
    std::array<std::string_view, 3> because;
  };
  std::vector<Entry> entries;  ///< by score, the highest first, ties by item
  std::vector<double> parts;   ///< entries × part names, row-major
  /// What `lists.include` adds to each entry, as IncludedFields writes it; empty: nothing to any.
  std::vector<std::string> included;
};

/// The items that go with one item, with names in place of ids. The views live as long as the
/// engine's item dictionary.
struct SimilarList {
  struct Entry {
    std::string_view item;
    double score = 0;
    double support = 0;
  };
  std::string_view item;
  std::int64_t time_ms = 0;    ///< of the event that closed the epoch
  std::vector<Entry> entries;  ///< by score, the highest first, ties by item; empty: none any more
};

/// A score as it is printed: rounded to nine decimals, halves away from 0; not more than 1e9 of
/// either sign, so that sums of some do not overflow. What is no number counts as the most.
inline std::int64_t score_nanos(double score) {
  const double nanos = std::max(-1e18, std::min(1e18, score * 1e9));
  const auto whole = static_cast<std::int64_t>(nanos);
  const double rest = nanos - static_cast<double>(whole);
  return whole + (rest >= 0.5 ? 1 : 0) - (rest <= -0.5 ? 1 : 0);
}

/// The record that a list answers.
struct Cause {
  std::string_view topic;
  Partition partition = 0;
  Offset offset = 0;
  std::string_view type;  ///< name of the event's type
};

/// Appends a list as the contract's JSON object, without a newline. `part_names` in the order of
/// `parts`; a part that rounds to 0 is left out. Cost: 3–5 µs for twenty items.
void write_list(const List& list, const Event& event, const Cause& cause,
                const std::vector<std::string>& part_names, std::string& json);

/// Appends a list of similar items as the contract's JSON object, without a newline.
void write_similar(const SimilarList& list, std::string& json);

/// Appends a text as a JSON string.
void write_json_text(std::string_view text, std::string& out);

}  // namespace freshet
