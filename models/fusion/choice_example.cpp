#include "models/fusion/choice_example.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include "stream/bytes.h"

namespace freshet {

namespace {

constexpr std::uint8_t version = 2;
constexpr float steps = FeatureSet::steps_max;

/// Of an item's features, one bit each.
std::size_t mask_bytes(const FeatureSet& features) { return (features.size() + 7) / 8; }

/// Bit k: byte k is not 0.
unsigned nonzero_bytes(std::uint64_t eight) {
  constexpr std::uint64_t low = 0x7f7f7f7f7f7f7f7fULL;
  const std::uint64_t high = (((eight & low) + low) | eight) & ~low;
  return static_cast<unsigned>((high >> 7) * 0x0102040810204080ULL >> 56);
}

std::size_t head_bytes(const FeatureSet& features) {
  return 1 + 4 + FusionContext::groups + 4 * features.fact_names().size() + 4;
}

}  // namespace

std::size_t ChoiceExample::room(const FeatureSet& features, std::size_t wanted) {
  const std::size_t head = head_bytes(features);
  const std::size_t left = bytes_max > head ? bytes_max - head : 0;
  return std::min(wanted, left / (4 + mask_bytes(features) + features.size()));
}

void ChoiceExample::write(const FeatureSet& features, const FusionContext& context,
                          std::span<const ItemId> items, std::span<const float> rows,
                          std::string& out) {
  ByteWriter w(out);
  w.number(version);
  w.number(features.layout());
  for (const std::uint8_t k : context.group) w.number(k);
  for (const float fact : context.facts) w.number(fact);
  w.number(static_cast<std::uint32_t>(items.size()));
  for (const ItemId item : items) w.number(item.value);
  const std::size_t begin = out.size(), width = features.size(), mask = mask_bytes(features);
  out.resize(begin + items.size() * (mask + width) + 1, 0);  // one more may be overwritten
  const std::span<const float> low = features.low(), scale = features.steps();
  std::array<std::uint8_t, FeatureSet::most> whole{};
  char* to = out.data() + begin;
  for (std::size_t c = 0; c < items.size(); ++c) {
    const float* const row = rows.data() + c * width;
    for (std::size_t f = 0; f < width; ++f) {
      // Cut off after half a step was added: lround does not become SIMD.
      const float x = std::max((row[f] - low[f]) * scale[f], 0.0F);
      const float raised = std::min(x + 0.5F, steps);
      whole[f] = static_cast<std::uint8_t>(static_cast<int>(raised));
    }
    char* const bits = to;
    std::fill_n(bits, mask, '\0');
    to += mask;
    for (std::size_t first = 0; first < width; first += 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, &whole[first], sizeof eight);
      const unsigned some = nonzero_bytes(eight);
      for (std::size_t k = 0; k < 8; ++k) {
        *to = static_cast<char>(whole[first + k]);  // overwritten if it is 0
        to += some >> k & 1;
      }
      bits[first / 8] = static_cast<char>(some);
    }
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

bool ChoiceExample::read(const FeatureSet& features, std::string_view bytes, ItemId choice) {
  ByteReader r(bytes);
  if (r.number<std::uint8_t>() != version || r.number<std::uint32_t>() != features.layout()) {
    return false;
  }
  for (std::uint8_t& k : context.group) k = r.number<std::uint8_t>();
  context.facts.resize(features.fact_names().size());
  for (float& fact : context.facts) fact = r.number<float>();
  const std::size_t mask = mask_bytes(features);
  const std::uint32_t n = r.count(4 + mask);
  items.resize(n);
  for (ItemId& item : items) item = ItemId(r.number<std::uint32_t>());
  rows.clear();
  if (!r.ok() || !context.valid()) return false;
  chosen = static_cast<std::size_t>(std::find(items.begin(), items.end(), choice) - items.begin());
  if (chosen == items.size()) return true;
  rows.resize(n * features.size());
  const std::span<const float> low = features.low(), scale = features.steps();
  for (std::size_t c = 0; c < n; ++c) {
    const std::string_view bits = r.bytes(mask);
    if (bits.size() != mask) return false;
    float* const row = rows.data() + c * features.size();
    std::copy(low.begin(), low.end(), row);
    for (std::size_t b = 0; b < mask; ++b) {
      for (unsigned left = static_cast<std::uint8_t>(bits[b]); left != 0; left &= left - 1) {
        const std::size_t f = b * 8 + static_cast<std::size_t>(std::countr_zero(left));
        if (f >= features.size()) return false;
        row[f] += static_cast<float>(r.number<std::uint8_t>()) / scale[f];
      }
    }
  }
  return r.at_end();
}

}  // namespace freshet
