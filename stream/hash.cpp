#include "stream/hash.h"

#include <xxhash.h>

namespace freshet {

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Digest::Digest() : state_(XXH3_createState()) {
  XXH3_64bits_reset(static_cast<XXH3_state_t*>(state_));
}

Digest::~Digest() { XXH3_freeState(static_cast<XXH3_state_t*>(state_)); }

void Digest::add(std::string_view piece) {
  const std::uint64_t bytes = piece.size();
  XXH3_64bits_update(static_cast<XXH3_state_t*>(state_), &bytes, sizeof bytes);
  XXH3_64bits_update(static_cast<XXH3_state_t*>(state_), piece.data(), piece.size());
}

std::uint64_t Digest::value() const {
  return XXH3_64bits_digest(static_cast<const XXH3_state_t*>(state_));
}

}  // namespace freshet
