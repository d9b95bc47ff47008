#pragma once

#include <cstdint>
#include <string_view>

namespace freshet {

/// XXH3, 64 bits, seed 0: the same on every machine, so fit for what is stored.
std::uint64_t hash64(std::string_view bytes);

struct TextHash {
  using is_avalanching = void;
  std::size_t operator()(std::string_view text) const noexcept { return hash64(text); }
};

/// A digest over many pieces, in order.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(std::string_view piece);  ///< the piece's length counts too
  std::uint64_t value() const;

 private:
  void* state_;
};

}  // namespace freshet
