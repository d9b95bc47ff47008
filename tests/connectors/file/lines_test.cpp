#include "connectors/file/lines.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {
namespace {

void feed(LineCutter& cutter, std::string_view bytes) {
  const auto room = cutter.room(bytes.size());
  REQUIRE(room.size() == bytes.size());
  if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
  cutter.filled(bytes.size());
}

void take(LineCutter& cutter, std::vector<std::string>& lines) {
  std::string_view line;
  while (cutter.next(line)) lines.emplace_back(line);
}

/// The lines when the text arrives in pieces of `piece` bytes, the first one of `first`.
std::vector<std::string> cut(std::string_view text, std::size_t first, std::size_t piece,
                             std::size_t max_line_bytes) {
  LineCutter cutter(max_line_bytes);
  std::vector<std::string> lines;
  std::size_t next = first;
  while (!text.empty()) {
    const std::size_t n = std::min(next, text.size());
    feed(cutter, text.substr(0, n));
    take(cutter, lines);
    text.remove_prefix(n);
    next = piece;
  }
  cutter.finish();
  take(cutter, lines);
  return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("lines are the same however the bytes arrive") {
  const std::string_view text = "one\n\ntwo, longer than the limit\n12345678\n123456789\nend";
  const Lines expected = {"one", "", "two, lon", "12345678", "12345678", "end"};
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      CAPTURE(first, piece);
      REQUIRE(cut(text, first, piece, 8) == expected);
    }
  }
}

TEST_CASE("a newline at the end begins no further line") {
  CHECK(cut("a\n", 2, 1, 8) == Lines{"a"});
  CHECK(cut("a", 1, 1, 8) == Lines{"a"});
  CHECK(cut("\n", 1, 1, 8) == Lines{""});
  CHECK(cut("", 1, 1, 8).empty());
}

TEST_CASE("any byte but the newline is part of a line") {
  std::string all;
  for (int c = 0; c < 256; ++c) {
    if (c != '\n') all += static_cast<char>(c);
  }
  CHECK(cut(all + '\n' + all, 7, 11, 1000) == Lines{all, all});
}

TEST_CASE("a line without end takes no more memory than the longest line") {
  constexpr std::size_t limit = 1000, piece = 500;
  LineCutter cutter(limit);
  std::string_view line;
  std::vector<const char*> rooms;
  for (int i = 0; i < 10'000; ++i) {
    feed(cutter, std::string(piece, 'x'));
    REQUIRE_FALSE(cutter.next(line));
    rooms.push_back(cutter.room(piece).data());
  }
  // Nothing was moved any more: the buffer has found its size.
  CHECK(std::count(rooms.begin() + 100, rooms.end(), rooms.back()) == 9'900);
  feed(cutter, "\nnext\n");
  REQUIRE(cutter.next(line));
  CHECK(line == std::string(limit, 'x'));
  REQUIRE(cutter.next(line));
  CHECK(line == "next");
}

}  // namespace
}  // namespace freshet
