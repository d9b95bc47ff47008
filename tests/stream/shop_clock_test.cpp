// The shop's time, which no one user moves.

#include "stream/shop_clock.h"

#include <catch2/catch.hpp>

using namespace freshet;

namespace {

void see(ShopClock& clock, std::uint32_t user, std::int64_t time_ms) {
  clock.see(UserId(user), time_ms);
  clock.tick();
}

}  // namespace

TEST_CASE("the shop's time is what three users have reached, and goes along with a log") {
  ShopClock clock;
  clock.tick();
  CHECK(clock.now_ms() == 0);
  see(clock, 1, 100);
  CHECK(clock.now_ms() == 100);  // he is alone
  see(clock, 2, 300);
  see(clock, 3, 400);
  CHECK(clock.now_ms() == 100);
  see(clock, 4, 350);
  CHECK(clock.now_ms() == 300);
  see(clock, 1, 500);
  CHECK(clock.now_ms() == 350);
  see(clock, 9, 10);
  CHECK(clock.now_ms() == 350);
}

TEST_CASE("one user moves the shop's time neither by future times nor by being forgotten") {
  ShopClock clock;
  for (std::uint32_t user = 1; user <= 3; ++user) see(clock, user, 100);
  for (std::int64_t k = 1; k < 50; ++k) see(clock, 7, k * 1'000'000);
  CHECK(clock.now_ms() == 100);
  clock.forget(UserId(7));
  see(clock, 1, 200);
  CHECK(clock.now_ms() == 100);
  see(clock, 2, 250);
  CHECK(clock.now_ms() == 200);
}

TEST_CASE("the shop's clock goes on from its row") {
  ShopClock clock, read;
  see(clock, 1, 100);
  see(clock, 2, 200);
  clock.see(UserId(3), 300);
  REQUIRE(read.decode(clock.encode()));
  CHECK(read.encode() == clock.encode());
  see(clock, 1, 900);
  see(read, 1, 900);
  CHECK(read.now_ms() == clock.now_ms());
  std::string row = clock.encode();
  CHECK_FALSE(read.decode(row.substr(1)));
  row.pop_back();
  CHECK_FALSE(read.decode(row));
}
