#include "connectors/file/json_text.h"

#include <catch2/catch.hpp>
#include <string>

namespace freshet {
namespace {

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(bytes, out);
  return out;
}

std::string json(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

/// Decodes base64 one digit at a time; written apart from the encoder.
std::string decoded(std::string_view text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0, count = 0;
  for (const char c : text) {
    if (c == '=') break;
    REQUIRE(digits.find(c) != std::string::npos);
    bits = bits << 6 | static_cast<unsigned>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

TEST_CASE("base64 is that of RFC 4648, section 10") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("base64 keeps every byte in every place") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (std::size_t first = 0; first < 4; ++first) {
    const std::string bytes = all.substr(first);
    CHECK(base64(bytes).size() % 4 == 0);
    CHECK(decoded(base64(bytes)) == bytes);
  }
}

TEST_CASE("a JSON string escapes what JSON wants escaped and nothing else") {
  CHECK(json("") == R"("")");
  CHECK(json("a\"b\\c/") == R"("a\"b\\c/")");
  CHECK(json(std::string_view("\0\x01\x1f\n\t\x7f", 6)) == "\"\\u0000\\u0001\\u001f\\n\\t\x7f\"");
  CHECK(json("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") == "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD") {
  const std::string r = "\xef\xbf\xbd";
  CHECK(json("a\xff"
             "b") == "\"a" + r + "b\"");
  CHECK(json("\xc3") == '"' + r + '"');
  CHECK(json("\xc0\x80") == '"' + r + r + '"');                  // overlong
  CHECK(json("\xe0\x9f\xbf") == '"' + r + r + r + '"');          // overlong
  CHECK(json("\xed\xa0\x80") == '"' + r + r + r + '"');          // surrogate
  CHECK(json("\xf4\x90\x80\x80") == '"' + r + r + r + r + '"');  // above U+10FFFF
  CHECK(json("\xed\x9f\xbf\xf4\x8f\xbf\xbf") == "\"\xed\x9f\xbf\xf4\x8f\xbf\xbf\"");
}

}  // namespace
}  // namespace freshet
