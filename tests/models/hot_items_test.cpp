#include "models/hot_items.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <vector>

#include "tests/models/play.h"

namespace freshet {
namespace {

using Vector = std::array<float, HotItems::factors>;

Vector vector_of(std::uint32_t item) {
  Vector v;
  for (std::size_t f = 0; f < v.size(); ++f) {
    v[f] = static_cast<float>((item * 31 + f * 17) % 64) / 64 - 0.5F;
  }
  return v;
}

TEST_CASE("hot are the items with the newest events, whatever came before") {
  constexpr std::uint32_t items = 60;
  for (const std::size_t limit : {1U, 2U, 7U, 16U, 33U, 100U}) {
    test::Crowd random(limit, 1, 1);
    HotItems hot(limit);
    hot.grow(items);
    std::vector<std::uint32_t> newest;  // naively: the newest first
    for (int event = 0; event < 2'000; ++event) {
      const auto item = static_cast<std::uint32_t>(random.random(items));
      hot.touch(item);
      std::erase(newest, item);
      newest.insert(newest.begin(), item);
      if (newest.size() > limit) newest.pop_back();
      REQUIRE(hot.size() == newest.size());
      for (std::uint32_t i = 0; i < items; ++i) {
        const bool in = std::find(newest.begin(), newest.end(), i) != newest.end();
        REQUIRE((hot.place(i) != 0) == in);
        if (in) REQUIRE(hot.items()[hot.place(i) - 1] == i);
      }
    }
  }
}

TEST_CASE("logits are the dot products and bases, and nothing beyond the last slot counts") {
  const Vector z = vector_of(999);
  for (const std::uint32_t items : {1U, 15U, 16U, 17U, 100U}) {
    HotItems hot(items);
    hot.grow(items);
    for (std::uint32_t item = 0; item < items; ++item) {
      hot.touch(item);
      hot.set(hot.place(item) - 1, vector_of(item).data(), static_cast<float>(item));
    }
    std::vector<float> logits;
    hot.logits(z.data(), logits);
    REQUIRE(logits.size() % HotItems::block == 0);
    for (std::uint32_t item = 0; item < items; ++item) {
      double expected = item;
      for (std::size_t f = 0; f < z.size(); ++f) expected += double{z[f]} * vector_of(item)[f];
      REQUIRE(logits[hot.place(item) - 1] == Approx(expected).margin(1e-4));
    }
    for (std::size_t slot = items; slot < logits.size(); ++slot) {
      REQUIRE(logits[slot] < HotItems::no_logit / 2);
    }
  }
}

TEST_CASE("who takes another's slot is scored by his own vector") {
  HotItems hot(2);
  hot.grow(3);
  for (const std::uint32_t item : {0U, 1U, 0U, 2U}) {  // 2 takes the slot of 1
    hot.touch(item);
    hot.set(hot.place(item) - 1, vector_of(item).data(), 0);
  }
  REQUIRE(hot.place(1) == 0);
  const Vector z = vector_of(999);
  std::vector<float> logits;
  hot.logits(z.data(), logits);
  for (const std::uint32_t item : {0U, 2U}) {
    double expected = 0;
    for (std::size_t f = 0; f < z.size(); ++f) expected += double{z[f]} * vector_of(item)[f];
    CHECK(logits[hot.place(item) - 1] == Approx(expected).margin(1e-4));
  }
}

}  // namespace
}  // namespace freshet
