#include "models/fusion/choice_example.h"

#include <algorithm>

#include "stream/bytes.h"

namespace freshet {

namespace {

constexpr std::uint8_t version = 1;
constexpr float steps = 255;

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
                          const FeatureTable& table, std::span<const ItemId> items,
                          std::span<const std::uint32_t> places, std::string& out) {
  ByteWriter w(out);
  w.number(version);
  w.number(features.layout());
  for (const std::uint8_t k : context.group) w.number(k);
  for (const float fact : context.facts) w.number(fact);
  w.number(static_cast<std::uint32_t>(places.size()));
  for (const std::uint32_t place : places) w.number(items[place].value);
  const std::size_t begin = out.size(), n = places.size();
  out.resize(begin + n * features.size());
  for (std::size_t f = 0; f < features.size(); ++f) {
    const Feature& feature = features[f];
    const float scale = steps / (feature.high - feature.low);
    const float low = feature.low;
    const std::span<const float> row = table.row(f);
    char* const to = out.data() + begin + f * n;
    for (std::size_t c = 0; c < n; ++c) {
      const float x = std::clamp((row[places[c]] - low) * scale, 0.0F, steps);
      to[c] = static_cast<char>(static_cast<std::uint8_t>(static_cast<int>(x + 0.5F)));
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
  this->features.resize(n * features.size());
  for (std::size_t f = 0; f < features.size(); ++f) {
    const float step = (features[f].high - features[f].low) / steps;
    for (std::size_t c = 0; c < n; ++c) {
      const float x = features[f].low + step * static_cast<float>(r.number<std::uint8_t>());
      this->features[c * features.size() + f] = x;
    }
  }
  return r.at_end() && context.valid();
}

}  // namespace freshet
