#include "tests/support/hostile_corpus.h"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

#include "tests/support/events.h"

namespace freshet::test {
namespace {

using namespace std::string_literals;

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

std::string text_json(std::size_t bytes) { return '"' + std::string(bytes, 'x') + '"'; }

std::string with(std::string_view field, std::string_view json) {
  return EventLine().with(field, json).json();
}

std::string rating(std::string_view value) {
  return EventLine("u", "i", "rating").with("value", value).json();
}

class Corpus {
 public:
  void whole(std::string name, std::string value, std::string code) {
    add(std::move(name), record_of(std::move(value)), std::move(code), "");
  }
  void field(std::string name, std::string field, std::string what, std::string value) {
    add(std::move(name), record_of(std::move(value)), field + ':' + what, field);
  }
  /// A value that the field may not have.
  void value(std::string field, std::string what, std::string_view json) {
    std::string name = field + " is " + std::string(json.substr(0, 40));
    this->field(std::move(name), field, what, with(field, json));
  }
  void add(std::string name, Record record, std::string code, std::string field) {
    all.push_back({std::move(name), std::move(record), std::move(code), std::move(field)});
  }

  std::vector<HostileRecord> all;
};

void add_no_json(Corpus& c) {
  const std::string good = EventLine().json();
  const std::pair<const char*, std::string> texts[] = {
      {"no byte", ""},
      {"blanks only", " \t\r\n "},
      {"cut off after the brace", "{"},
      {"cut off in a string", good.substr(0, 12)},
      {"cut off before the last brace", good.substr(0, good.size() - 1)},
      {"a comma too many", good.substr(0, good.size() - 1) + ",}"},
      {"a comma missing", R"({"user":"u" "item":"i"})"},
      {"a colon missing", R"({"user" "u"})"},
      {"single quotes", "{'user':'u','item':'i','type':'view','time':1}"},
      {"an unquoted key", R"({user:"u","item":"i","type":"view","time":1})"},
      {"a comment", "/* hello */ " + good},
      {"two documents", good + good},
      {"two documents on two lines", good + "\n" + good},
      {"text after the document", good + " and more"},
      {"a byte order mark", "\xef\xbb\xbf" + good},
      {"a zero byte", "\0"s},
      {"a zero byte after the document", good + "\0"s},
      {"a zero byte in a string", with("user", "\"a\0b\""s)},
      {"a raw newline in a string", with("user", "\"a\nb\"")},
      {"a raw tab in a string", with("user", "\"a\tb\"")},
      {"an unknown escape", with("user", R"("\x41")")},
      {"a short unicode escape", with("user", R"("\u12")")},
      {"a unicode escape of no digits", with("user", R"("\uzzzz")")},
      {"a lone high surrogate", with("user", R"("\ud800")")},
      {"a lone low surrogate", with("user", R"("\udc00")")},
      {"a high surrogate before a letter", with("user", R"("\ud800\u0041")")},
      {"two high surrogates", with("user", R"("\ud800\ud800")")},
      {"surrogates the wrong way round", with("user", R"("\udc00\ud800")")},
      {"a lone surrogate in a key", R"({"\ud800":1,"user":"u"})"},
      {"a lone low surrogate in a key", R"({"\udead":1,"user":"u"})"},
      {"a lone surrogate in a field that is ignored", with("note", R"("\udfff")")},
      {"NaN", with("value", "NaN")},
      {"Infinity", with("value", "Infinity")},
      {"minus Infinity", with("value", "-Infinity")},
      {"a number above every double", with("value", "1e400")},
      {"2 to the 64", with("user", "18446744073709551616")},
      {"an integer below 64 bits", with("time", "-9223372036854775809")},
      {"a hexadecimal number", with("quantity", "0x10")},
      {"a leading zero", with("quantity", "01")},
      {"a leading plus", with("quantity", "+1")},
      {"no digit before the point", with("price", ".5")},
      {"no digit after the point", with("price", "1.")},
      {"a word that is half a literal", with("consent", "tru")},
      {"a literal in capitals", with("consent", "True")},
      {"bytes of protobuf", "\x0a\x03usr\x12\x01i\x18\x01"},
      {"an escape sequence for terminals", "\x1b[2J\x1b[31m"},
      {"a C1 control before the end",
       "\"\xc2\x9b"
       "31m"},
      {"UTF-16", "{\0\"\0u\0\"\0"s},
  };
  for (const auto& [name, text] : texts) c.whole(name, text, "not_json");
}

void add_no_utf8(Corpus& c) {
  const std::pair<const char*, const char*> texts[] = {
      {"a byte that is never UTF-8", "\"\xff\""}, {"an overlong zero", "\"\xc0\x80\""},
      {"an overlong slash", "\"\xe0\x80\xaf\""},  {"a surrogate in UTF-8", "\"\xed\xa0\x80\""},
      {"above U+10FFFF", "\"\xf4\x90\x80\x80\""}, {"a sequence that is cut off", "\"\xe2\x82\""},
      {"a continuation alone", "\"\x80\""},       {"Latin-1", "\"caf\xe9 noir\""},
  };
  for (const auto& [name, json] : texts) c.whole(name, with("user", json), "not_utf8");
  c.whole("invalid UTF-8 in a field that is ignored", with("note", "\"\xfe\""), "not_utf8");
}

void add_shapes(Corpus& c) {
  for (const char* const json : {"[]", R"(["user"])", R"("user")", "17", "-1.5", "null", "true"}) {
    c.whole("the document is "s + json, json, "not_object");
  }
  const std::string head = EventLine().json().substr(0, EventLine().json().size() - 1);
  c.whole("a byte more than 1 MiB", head + std::string((1 << 20) + 1 - head.size() - 1, ' ') + '}',
          "too_large");
  c.whole("2 MiB of zeros", std::string(2 << 20, '\0'), "too_large");
  c.whole("65 levels of arrays", with("note", repeated("[", 64) + '1' + repeated("]", 64)),
          "too_deep");
  c.whole("65 levels, the last one empty", with("note", repeated("[", 64) + repeated("]", 64)),
          "too_deep");
  c.whole("65 levels of objects", repeated(R"({"a":)", 65) + '1' + repeated("}", 65), "too_deep");
  c.whole("100,000 levels", repeated("[", 100'000) + repeated("]", 100'000), "too_deep");
}

void add_ids(Corpus& c) {
  for (const char* const field : {"user", "item"}) {
    c.field("no "s + field, field, "missing", EventLine().without(field).json());
    c.value(field, "missing", "null");
    c.value(field, "empty", "\"\"");
    c.value(field, "too_long", text_json(257));
    for (const char* const json : {"true", "{}", R"(["u"])", "1.5", "1e3"}) {
      c.value(field, "type", json);
    }
  }
  c.field("a user of 129 letters of two bytes", "user", "too_long",
          with("user", '"' + repeated("\xc3\xa9", 129) + '"'));
  c.field("no item in a rating", "item", "missing",
          EventLine("u", "i", "rating").without("item").with("value", "3").json());
  c.field("the user twice", "user", "twice", R"({"user":"a","user":"a","item":"i","type":"view"})");
  c.field("the item twice, once as null", "item", "twice",
          R"({"user":"a","item":"i","item":null,"type":"view"})");
  c.field("no type", "type", "missing", EventLine().without("type").json());
  for (const char* const json : {"1", "[]", "{}", "false"}) c.value("type", "type", json);
  for (const char* const json :
       {R"("")", R"("View")", R"("view ")", R"("buy")", R"("view\u0000")"}) {
    c.value("type", "unknown", json);
  }
}

void add_times(Corpus& c) {
  c.field("no time and no record time", "time", "missing", EventLine().without("time").json());
  for (const char* const json : {"true", "1.5", "1e12", "[]", "{}", "18446744073709551615"}) {
    c.value("time", "type", json);
  }
  for (const char* const json : {"-1", "253402300800000", "9223372036854775807"}) {
    c.value("time", "range", json);
  }
  for (const char* const text : {"",
                                 "now",
                                 "yesterday",
                                 "infinite-future",
                                 "infinite-past",
                                 "1700000000000",
                                 "2024-03-01",
                                 "2024-03-01T10:00:00",
                                 "2024-03-01T10:00Z",
                                 "2024-03-01T10:00:00 Z",
                                 " 2024-03-01T10:00:00Z",
                                 "2024-03-01T10:00:00Z ",
                                 "2024-02-30T10:00:00Z",
                                 "2023-02-29T10:00:00Z",
                                 "2024-13-01T10:00:00Z",
                                 "2024-00-01T10:00:00Z",
                                 "2024-03-00T10:00:00Z",
                                 "2024-03-01T25:00:00Z",
                                 "2024-03-01T10:60:00Z",
                                 "2024-03-01T10:00:61Z",
                                 "2024-03-01T10:00:00+24:00",
                                 "2024-03-01T10:00:00+01:60",
                                 "2024-03-01T10:00:00CET",
                                 "2024-03-01T10:00:00.Z",
                                 "12024-03-01T10:00:00Z",
                                 "-2024-03-01T10:00:00Z",
                                 "1969-12-31T23:59:59Z",
                                 "9999-12-31T23:59:59-01:00",
                                 "2024-W09-5T10:00:00Z",
                                 "20240301T100000Z",
                                 "2024-03-01T10:00:00Z\\u0000",
                                 "2024-03-01T10:00:00Z\\u0000and more"}) {
    c.value("time", "format", '"' + std::string(text) + '"');
  }
  Record late = record_of(EventLine().without("time").json());
  late.time_ms = std::numeric_limits<std::int64_t>::max();
  c.add("a record time at the end of 64 bits", late, "time:range", "time");
}

void add_numbers(Corpus& c) {
  c.field("a rating without a value", "value", "missing", EventLine("u", "i", "rating").json());
  c.field("a rating of null", "value", "missing", rating("null"));
  for (const char* const json : {R"("5")", "true", "[5]", "{}"}) {
    c.value("value", "type", json);
  }
  for (const char* const json : {"0.999", "5.001", "-3", "1e300"}) {
    c.field("a rating of "s + json, "value", "range", rating(json));
  }
  for (const char* const json :
       {"0", "-1", "1.5", "1.0", R"("2")", "true", "1000000001", "18446744073709551615"}) {
    c.value("quantity", "range", json);
  }
  for (const char* const json : {"-0.01", R"("9.99")", "false", "[1]"}) {
    c.value("price", "range", json);
  }
  for (const char* const json : {"0", "1", R"("false")", "[]", "{}"}) {
    c.value("consent", "type", json);
  }
}

void add_texts(Corpus& c) {
  for (const char* const field : {"session", "id", "list"}) {
    for (const char* const json : {"7", "1.5", "true", "{}", R"(["s"])"}) {
      c.value(field, "type", json);
    }
    c.value(field, "too_long", text_json(257));
  }
  for (const char* const json : {"[]", R"("a")", "3", "true"}) c.value("attributes", "type", json);
  for (const char* const json : {R"({"a":null})", R"({"a":{}})", R"({"a":[1]})"}) {
    c.value("attributes", "value", json);
  }
  c.value("attributes", "too_long", R"({"a":)" + text_json(257) + '}');
  c.value("attributes", "too_long", '{' + text_json(257) + ":1}");
  std::string many = "{";
  for (int i = 0; i < 65; ++i) many += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
  c.value("attributes", "too_many", many + '}');
}

void add_tombstones(Corpus& c) {
  const auto add = [&](const char* name, std::optional<std::string> key, const char* code) {
    Record record;
    record.key = std::move(key);
    c.add(name, record, code, "");
  };
  add("neither key nor value", std::nullopt, "no_value");
  add("no value and an empty key", "", "key");
  add("no value and a key of 257 bytes", std::string(257, 'k'), "key");
  add("no value and a key that is not UTF-8", "user-\xff\xfe", "key");
  add("no value and half a letter as key", "\xe2\x82", "key");
}

bool is_control(std::uint32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); }

}  // namespace

std::vector<HostileRecord> hostile_corpus() {
  Corpus c;
  add_no_json(c);
  add_no_utf8(c);
  add_shapes(c);
  add_ids(c);
  add_times(c);
  add_numbers(c);
  add_texts(c);
  add_tombstones(c);
  return std::move(c.all);
}

bool safe_to_print(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t n = lead < 0x80   ? 1
                          : lead < 0xc0 ? 0
                          : lead < 0xe0 ? 2
                          : lead < 0xf0 ? 3
                          : lead < 0xf8 ? 4
                                        : 0;
    if (n == 0 || i + n > text.size()) return false;
    std::uint32_t c = n == 1 ? lead : lead & (0x7fU >> n);
    for (std::size_t k = 1; k < n; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if ((byte & 0xc0) != 0x80) return false;
      c = c << 6 | (byte & 0x3fU);
    }
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || is_control(c)) {
      return false;
    }
    i += n;
  }
  return true;
}

}  // namespace freshet::test
