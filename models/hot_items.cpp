#include "models/hot_items.h"

#include <Eigen/Core>

namespace freshet {

namespace {

using Lanes = Eigen::Array<float, HotItems::block, 1>;
using Values = Eigen::Map<const Lanes>;

}  // namespace

void HotItems::touch(std::uint32_t item) {
  if (places_[item] != 0 && places_[item] - 1 == newest_) return;
  std::uint32_t slot = 0;
  if (places_[item] != 0) {
    slot = places_[item] - 1;
    unlink(slot);
  } else {
    slot = take_slot();
    items_[slot] = item;
    places_[item] = slot + 1;
  }
  links_[slot] = {none, newest_};
  (newest_ == none ? oldest_ : links_[newest_].newer) = slot;
  newest_ = slot;
}

std::uint32_t HotItems::take_slot() {
  if (items_.size() == limit_) {
    const std::uint32_t slot = oldest_;
    places_[items_[slot]] = 0;
    unlink(slot);
    return slot;
  }
  const auto slot = static_cast<std::uint32_t>(items_.size());
  items_.push_back(0);
  links_.emplace_back();
  if (slot % block == 0) {
    bases_.resize(bases_.size() + block, no_logit);
    vectors_.resize(vectors_.size() + block * factors, 0);
  }
  return slot;
}

void HotItems::unlink(std::uint32_t slot) {
  const Links& links = links_[slot];
  (links.newer == none ? newest_ : links_[links.newer].older) = links.older;
  (links.older == none ? oldest_ : links_[links.older].newer) = links.newer;
}

void HotItems::set(std::size_t slot, const float* vector, float base) {
  float* const to = &vectors_[slot / block * block * factors + slot % block];
  for (std::size_t f = 0; f < factors; ++f) to[f * block] = vector[f];
  bases_[slot] = base;
}

void HotItems::logits(const float* z, std::vector<float>& out) const {
  out.resize(bases_.size());
  const float* vectors = vectors_.data();
  for (std::size_t first = 0; first < out.size(); first += block, vectors += block * factors) {
    Lanes sum = Values(&bases_[first]);
    for (std::size_t f = 0; f < factors; ++f) sum += z[f] * Values(vectors + f * block);
    Eigen::Map<Lanes> whole(&out[first]);
    whole = sum;
  }
}

std::size_t HotItems::memory_bytes() const {
  return (items_.capacity() + places_.capacity() + vectors_.capacity() + bases_.capacity()) * 4 +
         links_.capacity() * sizeof(Links);
}

}  // namespace freshet
