#include "stream/fingerprint.h"

#include <string>

#include "stream/bytes.h"
#include "stream/hash.h"

namespace freshet {

Fingerprint fingerprint(const Record& record) {
  std::string parts;
  ByteWriter w(parts);
  w.number(record.time_ms);
  for (const auto& text : {&record.key, &record.value}) {
    w.number(static_cast<std::uint8_t>(text->has_value()));
    w.number(*text ? hash64(**text) : std::uint64_t{0});
  }
  return {record.offset, hash64(parts)};
}

}  // namespace freshet
