// The pieces of learned fusion, by numbers worked out by hand or by differences.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "models/fusion/adagrad.h"
#include "models/fusion/choice_example.h"
#include "models/fusion/context_weights.h"
#include "models/fusion/fast_log.h"
#include "models/fusion/features.h"
#include "models/fusion/fixed_share.h"
#include "models/fusion/page_hinkley.h"
#include "models/fusion/residual_net.h"
#include "models/order_key.h"
#include "models/popularity.h"
#include "models/repeat.h"

namespace freshet {
namespace {

struct TwoModels {
  Repeat repeat{RepeatOptions{}};
  Popularity popularity{PopularityOptions{}};
  std::vector<const Model*> sources{&repeat, &popularity};
  FeatureSet features{sources, popularity};

  FusionContext context(std::uint8_t type = 0) const {
    FusionContext context;
    context.group = {1, 2, type, 0};
    context.facts.resize(features.fact_names().size());
    for (std::size_t k = 0; k < context.facts.size(); ++k) {
      context.facts[k] = 0.1F * static_cast<float>(k % 4);
    }
    return context;
  }
};

/// `n` candidates with features that differ.
std::vector<float> some_rows(std::size_t n, std::size_t width) {
  std::vector<float> rows(n * width);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    rows[k] = static_cast<float>(k * 37 % 101) / 100 - (k % 5 == 0 ? 0.3F : 0);
  }
  return rows;
}

TEST_CASE("fast_log2: within 2e-5 of the logarithm, exact at powers of two") {
  for (const float power : {0.25F, 1.0F, 2.0F, 1024.0F}) {
    CHECK(fast_log2(power) == Approx(std::log2(power)).margin(1e-6));
  }
  float worst = 0, before = fast_log2(0.001F);
  for (float x = 0.001F; x < 5'000; x *= 1.0009F) {
    worst = std::max(worst, std::abs(fast_log2(x) - std::log2(x)));
    REQUIRE(fast_log2(x) >= before);
    before = fast_log2(x);
  }
  CHECK(worst < 2e-5);
}

TEST_CASE("order_key: by score of any sign, then by item") {
  const std::vector<std::pair<float, std::uint32_t>> sorted = {
      {3, 7}, {0.5F, 1}, {0.5F, 2}, {0, 4}, {-0.0F, 5}, {-1e-30F, 0}, {-2, 9}};
  for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
    CHECK(order_key(sorted[i].first, ItemId(sorted[i].second)) >
          order_key(sorted[i + 1].first, ItemId(sorted[i + 1].second)));
  }
  CHECK(item_of(order_key(-2, ItemId(9))) == ItemId(9));
  for (const auto& [score, item] : sorted) CHECK(score_of(order_key(score, ItemId(item))) == score);
}

TEST_CASE("adagrad: steps by hand") {
  float w = 1, sum = 0, g = 2;
  adagrad(&w, &sum, &g, 1, 0.1F, 1);
  CHECK(sum == 4);
  CHECK(w == Approx(1 + 0.1 * 2 / std::sqrt(5.0)));
  g = -1;
  adagrad(&w, &sum, &g, 1, 0.1F, 1);
  CHECK(w == Approx(1 + 0.1 * 2 / std::sqrt(5.0) - 0.1 / std::sqrt(6.0)));
}

TEST_CASE("context weights: the general row and one of each group add up and learn alike") {
  const TwoModels two;
  ContextWeights weights(two.features);
  std::vector<float> w(two.features.size()), gradient(two.features.size(), 0);
  weights.combine(two.context(), w);
  for (std::size_t f = 0; f < w.size(); ++f) CHECK(w[f] == two.features[f].start);
  gradient[0] = 2;
  weights.step(two.context(3), gradient, 0.1F);
  const double step = 0.1 * 2 / std::sqrt(5.0);
  weights.combine(two.context(3), w);
  CHECK(w[0] == Approx(two.features[0].start + 5 * step));  // the general row and four groups
  weights.combine(two.context(4), w);
  CHECK(w[0] == Approx(two.features[0].start + 4 * step));  // another event type: all but one
  CHECK(w[1] == two.features[1].start);
}

TEST_CASE("net: untaught it says nothing; its shares add up to what it says") {
  const TwoModels two;
  const std::size_t width = two.features.size(), n = 6;
  ResidualNet net(two.features);
  ResidualNet::Units bias;
  std::vector<float> rows = some_rows(n, width), shares(width);
  std::vector<ResidualNet::Units> u(n);
  const auto row = [&](std::size_t c) {
    return std::span<const float>(rows).subspan(c * width, width);
  };
  const std::vector<float> nothing(width, 0);
  for (int round = 0; round < 30; ++round) {
    net.set_bias(two.context(), bias);
    for (std::size_t c = 0; c < n; ++c) {
      net.inputs(row(c), u[c]);
      if (round == 0) CHECK(net.residual(u[c], bias) == 0);
      net.split(row(c), u[c], bias, shares);
      float sum = 0;
      for (const float share : shares) sum += share;
      REQUIRE(sum == Approx(net.residual(u[c], bias)).margin(1e-5));
    }
    const std::vector<float> delta = {0.7F, -0.1F, -0.2F, -0.1F, -0.2F, -0.1F};
    net.step(two.context(), rows, u, bias, delta, 0.1F);
  }
  CHECK(net.residual(u[0], bias) > net.residual(u[1], bias));
  ResidualNet::Units none;
  net.inputs(nothing, none);
  CHECK(net.residual(none, bias) == 0);
}

TEST_CASE("net: each step goes along the gradient of the softmax likelihood, by differences") {
  const TwoModels two;
  const std::size_t width = two.features.size(), n = 4, chosen = 2;
  const std::vector<float> rows = some_rows(n, width);
  ResidualNet net(two.features);
  const FusionContext context = two.context();
  const auto forward = [&](ResidualNet& of, std::vector<ResidualNet::Units>& u,
                           ResidualNet::Units& bias, std::vector<double>& p) {
    of.set_bias(context, bias);
    double sum = 0;
    for (std::size_t c = 0; c < n; ++c) {
      of.inputs(std::span<const float>(rows).subspan(c * width, width), u[c]);
      p[c] = std::exp(double{of.residual(u[c], bias)});
      sum += p[c];
    }
    for (double& x : p) x /= sum;
    return std::log(p[chosen]);
  };
  std::vector<ResidualNet::Units> u(n);
  ResidualNet::Units bias;
  std::vector<double> p(n);
  const auto teach = [&](ResidualNet& of) {
    forward(of, u, bias, p);
    std::vector<float> delta(n);
    for (std::size_t c = 0; c < n; ++c) {
      delta[c] = static_cast<float>((c == chosen ? 1 : 0) - p[c]);
    }
    of.step(context, rows, u, bias, delta, 0.1F);
  };
  for (int k = 0; k < 5; ++k) teach(net);  // until v is not 0 any more
  const ResidualNet before = net;
  teach(net);
  ResidualNet at = before;
  std::size_t checked = 0;
  const std::vector<std::size_t> looked_at = {
      0, 3, width - 1, at.class_row(context.class_index(1)), at.fact_row(1), at.out_row()};
  for (const std::size_t r : looked_at) {
    for (std::size_t j = 0; j < ResidualNet::units; ++j) {
      // The gradient of the step, from what it added to the sum of squares.
      const double square = double{net.squares(r)[j]} - double{at.squares(r)[j]};
      const double moved = double{net.weights(r)[j]} - double{at.weights(r)[j]};
      constexpr float h = 1e-3F;
      const float kept = at.weights(r)[j];
      at.weights(r)[j] = kept + h;
      const double up = forward(at, u, bias, p);
      at.weights(r)[j] = kept - h;
      const double down = forward(at, u, bias, p);
      at.weights(r)[j] = kept;
      const double slope = (up - down) / (2.0 * double{h});
      if (std::abs(slope) < 1e-3) continue;
      INFO(r << ' ' << j);
      CHECK(std::sqrt(std::max(square, 0.0)) == Approx(std::abs(slope)).epsilon(0.05).margin(2e-3));
      CHECK(std::signbit(moved) == std::signbit(slope));
      ++checked;
    }
  }
  CHECK(checked > 40);
}

TEST_CASE("fixed share: multiplicative weights, handed round, with a floor") {
  FixedShare plain(2, 1, 0, 0);
  plain.learn(std::array<float, 2>{0, 1});
  CHECK(plain.weight(0) == Approx(1 / (1 + std::exp(-1.0))));
  FixedShare shared(2, 1, 0.1, 0);
  for (int k = 0; k < 1'000; ++k) shared.learn(std::array<float, 2>{0, 50});
  CHECK(shared.weight(1) == Approx(0.05));
  // The one that was bad for long leads after few choices: 0.05 grows by e each time.
  for (int k = 0; k < 4; ++k) shared.learn(std::array<float, 2>{1, 0});
  CHECK(shared.weight(1) > 0.5);
  // A choice that counts half is half a step.
  FixedShare half(2, 1, 0, 0);
  half.learn(std::array<float, 2>{0, 1}, 0.5);
  CHECK(half.weight(0) == Approx(1 / (1 + std::exp(-0.5))));
  FixedShare floored(4, 1, 0, 0.1);
  for (int k = 0; k < 200; ++k) floored.learn(std::array<float, 4>{0, 9, 9, 9});
  CHECK(floored.weight(0) == Approx(0.7));
  CHECK(floored.weight(3) == Approx(0.1));
}

TEST_CASE("page-hinkley: a rise is noticed after threshold / (rise − tolerance), no fall ever") {
  PageHinkley drift(0.1, 20);
  for (int k = 0; k < 10'000; ++k) REQUIRE_FALSE(drift.add(k % 2));
  int until = 1;
  while (!drift.add(1.5)) ++until;  // 1 more than the mean so far
  CHECK(drift.alarms() == 1);
  CHECK(until >= 20);
  CHECK(until <= 40);
  PageHinkley falls(0.1, 20);
  for (int k = 0; k < 10'000; ++k) REQUIRE_FALSE(falls.add(k < 5'000 ? 3 : 1));
}

TEST_CASE("example: what is kept comes back, each feature to 1/255 of its range") {
  const TwoModels two;
  const std::size_t width = two.features.size();
  const FusionContext context = two.context(5);
  const std::vector<ItemId> items = {ItemId(4), ItemId(0), ItemId(77)};
  std::vector<float> rows(items.size() * width);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Feature& f = two.features[k % width];
    rows[k] = f.low + (f.high - f.low) * static_cast<float>(k * 13 % 97) / 96;
  }
  std::string bytes;
  ChoiceExample::write(two.features, context, items, rows, bytes);
  ChoiceExample back;
  REQUIRE(back.read(two.features, bytes, ItemId(77)));
  CHECK(back.items == items);
  CHECK(back.context.group == context.group);
  CHECK(back.context.facts == context.facts);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Feature& f = two.features[k % width];
    REQUIRE(std::abs(back.rows[k] - rows[k]) <= (f.high - f.low) / 255 * 0.51F);
  }
  // Features that are 0 take a bit.
  std::vector<float> zeros(rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) zeros[k] = two.features[k % width].low;
  std::string few;
  ChoiceExample::write(two.features, context, items, zeros, few);
  CHECK(few.size() + items.size() * (width - (width + 7) / 8) <= bytes.size());
  REQUIRE(back.read(two.features, few, ItemId(0)));
  CHECK(back.rows == zeros);
  // What was not among them teaches nothing of them.
  REQUIRE(back.read(two.features, few, ItemId(5)));
  CHECK(back.items == items);
  CHECK(back.rows.empty());
  // The memory of a user is bounded.
  CHECK(ChoiceExample::room(two.features, 1'000) * (4 + width) <= ChoiceExample::bytes_max);
}

TEST_CASE("example: any other bytes are refused, whatever was cut or changed") {
  const TwoModels two;
  const std::vector<ItemId> items = {ItemId(1), ItemId(2)};
  const std::vector<float> rows(2 * two.features.size(), 0.5F);
  std::string bytes;
  ChoiceExample::write(two.features, two.context(), items, rows, bytes);
  ChoiceExample back;
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    REQUIRE_FALSE(back.read(two.features, std::string_view(bytes).substr(0, n), items[0]));
  }
  REQUIRE_FALSE(back.read(two.features, bytes + "x", items[0]));
  std::string other = bytes;
  other[5] = 99;  // a class that is none
  REQUIRE_FALSE(back.read(two.features, other, items[0]));
  other = bytes;
  const std::size_t width = two.features.size(), mask = (width + 7) / 8;
  REQUIRE(width % 8 != 0);
  other[bytes.size() - (mask + width) + mask - 1] |= '\x80';  // a feature that is none
  REQUIRE_FALSE(back.read(two.features, other, items[0]));
  REQUIRE_FALSE(back.read(two.features, other + "x", items[0]));  // with a value of its own
  const std::vector<const Model*> fewer{&two.popularity};
  REQUIRE_FALSE(back.read(FeatureSet(fewer, two.popularity), bytes, items[0]));
}

}  // namespace
}  // namespace freshet
