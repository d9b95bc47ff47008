#include "models/fusion/choice_example.h"

#include <algorithm>

#include "stream/bytes.h"

namespace freshet {

namespace {

constexpr std::uint8_t version = 1;
constexpr float steps = FeatureSet::steps_max;

std::size_t head_bytes(const FeatureSet& features) {
  return 1 + 4 + FusionContext::groups + 4 * features.fact_names().size() + 4;
}

}  // namespace

std::size_t ChoiceExample::room(const FeatureSet& features, std::size_t wanted) {
  const std::size_t head = head_bytes(features);
  const std::size_t left = bytes_max > head ? bytes_max - head : 0;
  return std::min(wanted, left / (4 + features.size()));
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
  const std::size_t begin = out.size(), width = features.size();
  out.resize(begin + rows.size());
  const std::span<const float> low = features.low(), scale = features.steps();
  for (std::size_t c = 0; c < items.size(); ++c) {
    const float* const row = rows.data() + c * width;
    char* const to = out.data() + begin + c * width;
    for (std::size_t f = 0; f < width; ++f) {
      const float x = std::min(std::max((row[f] - low[f]) * scale[f], 0.0F), steps);
      to[f] = static_cast<char>(static_cast<std::uint8_t>(static_cast<int>(x + 0.5F)));
    }
  }
}

bool ChoiceExample::read(const FeatureSet& features, std::string_view bytes) {
  ByteReader r(bytes);
  if (r.number<std::uint8_t>() != version || r.number<std::uint32_t>() != features.layout()) {
    return false;
  }
  for (std::uint8_t& k : context.group) k = r.number<std::uint8_t>();
  context.facts.resize(features.fact_names().size());
  for (float& fact : context.facts) fact = r.number<float>();
  const std::uint32_t n = r.count(4 + features.size());
  items.resize(n);
  for (ItemId& item : items) item = ItemId(r.number<std::uint32_t>());
  rows.resize(n * features.size());
  const std::span<const float> low = features.low(), scale = features.steps();
  const std::string_view bytes_left = r.bytes(rows.size());
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t f = 0; f < features.size(); ++f) {
      const std::size_t k = c * features.size() + f;
      rows[k] = low[f] + static_cast<float>(static_cast<std::uint8_t>(bytes_left[k])) / scale[f];
    }
  }
  return r.at_end() && context.valid();
}

}  // namespace freshet
