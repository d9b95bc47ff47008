#pragma once

#include <string>
#include <vector>

#include "stream/record.h"

namespace freshet::test {

/// A record that no configuration with the default types may accept.
struct HostileRecord {
  std::string name;
  Record record;      ///< partition 0, offset 0
  std::string code;   ///< of the Rejection
  std::string field;  ///< that the reason must name; "": the record as a whole
};

/// Every kind of unusable record that we know of.
std::vector<HostileRecord> hostile_corpus();

/// Whether a text is valid UTF-8 and free of control characters, C1 (U+0080–U+009F) included.
bool safe_to_print(std::string_view text);

}  // namespace freshet::test
