#include <catch2/catch.hpp>
#include <stdexcept>

#include "config/table.h"

using namespace freshet::config;

namespace {

enum class Size { kSmall, kBig };

struct Some {
  std::int32_t number = 5;
  std::string text;
  Millis pause{5};
  bool flag = false;
  Size size = Size::kBig;
  Tagged tagged;
};

}  // namespace

TEST_CASE("a declaration that contradicts itself is refused while the table is built") {
  auto some = object<Some>("Some.");
  CHECK_THROWS_AS(some.option("number", &Some::number, "Out of range.", range(6, 9)),
                  std::logic_error);
  CHECK_THROWS_AS(range(2, 1), std::logic_error);
  CHECK_THROWS_AS(some.option("number", &Some::number, "Wrong kind.", range(0.0, 9.0)),
                  std::logic_error);
  CHECK_THROWS_AS(some.option("pause", &Some::pause, "Wrong kind.", range(0, 9)), std::logic_error);
  CHECK_THROWS_AS(some.option("text", &Some::text, "Wrong kind.", range(0, 9)), std::logic_error);
  CHECK_THROWS_AS(some.option("flag", &Some::flag, "No length.", not_empty()), std::logic_error);
  CHECK_THROWS_AS(some.option("flag", &Some::flag, ""), std::logic_error);
  CHECK_THROWS_AS(some.option("a.b", &Some::flag, "A dot."), std::logic_error);
  CHECK_THROWS_AS(some.option("text", &Some::text, "No keys.",
                              secret_keys([](std::string_view) { return true; })),
                  std::logic_error);
  CHECK_THROWS_AS(
      some.option("size", &Some::size, "No default.", names<Size>({{"small", Size::kSmall}})),
      std::logic_error);
  some.option("flag", &Some::flag, "A flag.");
  CHECK_THROWS_AS(some.option("flag", &Some::flag, "Again."), std::logic_error);
}

TEST_CASE("a type is declared once, and has no option named type") {
  struct Odd {
    std::string type;
  };
  TypeTable list = types("Some.");
  list.type("a", object<Some>("A."));
  CHECK_THROWS_AS(list.type("a", object<Some>("A.")), std::logic_error);
  const auto odd = object<Odd>("Odd.").option("type", &Odd::type, "A type.");
  CHECK_THROWS_AS(list.type("odd", odd), std::logic_error);
}

TEST_CASE("a default of an unknown type is refused") {
  struct Holder {
    Tagged tagged{"b", Some{}};
  };
  auto holder = object<Holder>("A holder.");
  const TypeTable list = types("Some.").type("a", object<Some>("A."));
  CHECK_THROWS_AS(holder.option("tagged", &Holder::tagged, list), std::logic_error);
}
