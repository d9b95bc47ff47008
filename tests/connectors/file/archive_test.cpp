#include <catch2/catch.hpp>

#include "connectors/file/compression.h"
#include "connectors/file/input.h"
#include "tests/connectors/file/support.h"

namespace freshet {
namespace {

using namespace test;
using Values = std::vector<std::string>;

std::string bytes(std::initializer_list<int> values) {
  std::string s;
  for (const int v : values) s += static_cast<char>(v);
  return s;
}

// What `printf 'a\nb\n' | gzip -n` and `| zstd` write.
const std::string gzip_golden =
    bytes({0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4b, 0xe4,
           0x4a, 0xe2, 0x02, 0x00, 0x97, 0x2a, 0x57, 0x18, 0x04, 0x00, 0x00, 0x00});
const std::string zstd_golden = bytes({0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x21, 0x00, 0x00, 0x61,
                                       0x0a, 0x62, 0x0a, 0x25, 0x50, 0xb3, 0x23});
const std::string skippable_frame =
    bytes({0x5e, 0x2a, 0x4d, 0x18, 0x03, 0x00, 0x00, 0x00, 'x', 'y', 'z'});

std::string many_lines() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i * 7919 % 20'011) + '\n';
  return text;
}

TEST_CASE("the first bytes tell the compression as soon as they can") {
  using C = Compression;
  CHECK_FALSE(recognise_compression("", false));
  CHECK(recognise_compression("", true) == C::none);
  CHECK(recognise_compression("{", false) == C::none);
  CHECK_FALSE(recognise_compression("(", false));  // 0x28 begins a zstd frame too
  CHECK(recognise_compression("(", true) == C::none);
  CHECK(recognise_compression("(\n", false) == C::none);
  CHECK_FALSE(recognise_compression("\x1f", false));
  CHECK(recognise_compression("\x1f\x8b", false) == C::gzip);
  CHECK_FALSE(recognise_compression("\x28\xb5\x2f", false));
  CHECK(recognise_compression("\x28\xb5\x2f\xfd", false) == C::zstd);
  CHECK(recognise_compression("\x28\xb5\x2f\xfe", false) == C::none);
  CHECK(recognise_compression("\x5f\x2a\x4d\x18", false) == C::zstd);
}

TEST_CASE("archives that other programs wrote are read, whatever their name") {
  const Folder folder;
  write_file(folder / "e", gzip_golden);
  CHECK(read_out(folder / "e").values() == Values{"a", "b"});
  write_file(folder / "e", zstd_golden);
  CHECK(read_out(folder / "e").values() == Values{"a", "b"});
  write_file(folder / "e.zst", "a\nb\n");
  CHECK(read_out(folder / "e.zst").values() == Values{"a", "b"});
}

TEST_CASE("a long archive gives what the plain file gives") {
  const Folder folder;
  const std::string text = many_lines();
  write_file(folder / "plain", text);
  const ReadOut plain = read_out(folder / "plain", {}, 1000);
  REQUIRE(plain.lines.size() == 20'000);
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    write_file(folder / "archive", compressed(compression, text));
    const ReadOut read = read_out(folder / "archive", {}, 1000);
    CHECK((read.lines == plain.lines));
    CHECK_FALSE(read.failure);
  }
}

TEST_CASE("joined members and frames are one stream, wherever the cuts are") {
  const Folder folder;
  const std::string text = "alpha\nbeta\ngamma\n";
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      CAPTURE(cut);
      write_file(folder / "e", compressed(compression, text.substr(0, cut)) +
                                   compressed(compression, "") +
                                   compressed(compression, text.substr(cut)));
      const ReadOut read = read_out(folder / "e");
      CHECK(read.values() == Values{"alpha", "beta", "gamma"});
      CHECK_FALSE(read.failure);
    }
  }
}

TEST_CASE(
    "an archive cut anywhere is an error after the whole lines before the cut, and stays one") {
  const Folder folder;
  const std::string path = folder / "e";
  const std::string first = "one\ntwo\n", second = "three\nfour\n";
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    const std::string head = compressed(compression, first);
    const std::string whole = head + compressed(compression, second);
    for (std::size_t size = 4; size < whole.size(); ++size) {
      if (size == head.size()) continue;  // a whole archive
      CAPTURE(size);
      write_file(path, whole.substr(0, size));
      FileSource source({.path = path});
      REQUIRE(source.open({}, {}));
      const ReadOut read = read_out(source);
      REQUIRE(read.failure);
      CHECK(*read.failure == path + ": truncated: it ends in the middle of its compressed data");
      if (size > head.size()) CHECK(read.lines.size() >= 2);
      for (const std::string& line : read.values()) {
        CHECK((first + second).find(line + '\n') != std::string::npos);
      }
      CHECK(read_out(source).failure == read.failure);
    }
  }
}

TEST_CASE("a position in a truncated archive is an error too") {
  const Folder folder;
  const std::string whole = compressed(Compression::gzip, many_lines());
  write_file(folder / "e", whole.substr(0, whole.size() / 2));
  FileSource source({.path = folder / "e"});
  const auto opened = source.open({{0, 19'999}}, {});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("truncated") != std::string::npos);
}

TEST_CASE("damaged archives are errors that name the file") {
  const Folder folder;
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    std::string archive = compressed(compression, many_lines());
    archive[archive.size() / 2] = static_cast<char>(archive[archive.size() / 2] ^ 0x55);
    write_file(folder / "e", archive);
    const ReadOut read = read_out(folder / "e", {}, 1000);
    REQUIRE(read.failure);
    CHECK(read.failure->find((folder / "e") + ": damaged ") == 0);
  }
}

TEST_CASE("what follows an archive and is none is an error, padding of zeros is not") {
  const Folder folder;
  write_file(folder / "e",
             gzip_golden + std::string(1000, '\0') + gzip_golden + std::string(9, '\0'));
  CHECK(read_out(folder / "e").values() == Values{"a", "b", "a", "b"});
  CHECK_FALSE(read_out(folder / "e").failure);
  write_file(folder / "e", gzip_golden + "more\n");
  CHECK(read_out(folder / "e").failure ==
        (folder / "e") + ": something that is not gzip follows a gzip member");
  write_file(folder / "e", zstd_golden + "more\n");
  REQUIRE(read_out(folder / "e").failure);
  CHECK(read_out(folder / "e").failure->find("damaged zstd data") != std::string::npos);
}

TEST_CASE("skippable zstd frames are skipped") {
  const Folder folder;
  write_file(folder / "e", skippable_frame + zstd_golden + skippable_frame + zstd_golden);
  CHECK(read_out(folder / "e").values() == Values{"a", "b", "a", "b"});
  CHECK_FALSE(read_out(folder / "e").failure);
}

/// What an input gives in pieces of `piece_bytes` until its end or its error.
std::string read_pieces(const std::string& path, std::size_t piece_bytes) {
  const auto opened = Input::open(path);
  REQUIRE(opened);
  std::string piece(piece_bytes, '?'), text;
  while (true) {
    const auto read = (*opened)->read(piece, {});
    if (!read || read->got == Input::Got::end) return text;
    text.append(piece, 0, read->bytes);
  }
}

TEST_CASE("an archive is given whole in pieces of any size, also without a checksum at its end") {
  // 3,000 lines "x", by `zstd --no-check`: the input is used up long before the output.
  const std::string archive = bytes({0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x4d, 0x00, 0x00, 0x10,
                                     0x78, 0x0a, 0x01, 0x00, 0x6b, 0x57, 0xef, 0xb0});
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "x\n";
  const Folder folder;
  write_file(folder / "e", archive);
  for (const std::size_t piece_bytes : {1U, 1000U, 6000U, 10'000U}) {
    CAPTURE(piece_bytes);
    CHECK((read_pieces(folder / "e", piece_bytes) == text));
  }
}

TEST_CASE("all of a last whole block is given, though nothing follows it") {
  const std::string text = many_lines();
  const std::string archive = compressed(Compression::zstd, text);
  // RFC 8878: a frame header, here of 6 bytes, then blocks: 3 bytes that hold the size, and the
  // block.
  const auto byte = [&archive](std::size_t i) { return static_cast<unsigned char>(archive[i]); };
  const std::size_t block_bytes = (byte(6) | byte(7) << 8 | byte(8) << 16) >> 3;
  const Folder folder;
  write_file(folder / "e", archive.substr(0, 6 + 3 + block_bytes));
  const std::string at_once = read_pieces(folder / "e", text.size());
  CHECK(at_once.size() == std::size_t{128} << 10);
  CHECK((read_pieces(folder / "e", 1000) == at_once));
}

}  // namespace
}  // namespace freshet
