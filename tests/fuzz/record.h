#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stream/record.h"

namespace freshet::fuzz {

/// A record and the configuration that it is read with, as bytes of an input: two bytes that choose
/// (see the .cpp), the key's length and bytes if there is one, eight bytes of time if they are its
/// own, and the value to the end.
struct RecordInput {
  std::uint8_t configuration = 0;
  Record record;
};

RecordInput read_record(std::string_view input);

/// What `read_record` reads as this record. Requires a key of at most 255 bytes.
std::string write_record(const RecordInput& from);

}  // namespace freshet::fuzz
