#include "stream/list.h"

#include <charconv>
#include <cmath>

namespace freshet {
namespace {

void write_integer(std::int64_t n, std::string& out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
  out.append(digits, end);
}

/// nanos / 1e9, exactly, without trailing zeros.
void write_nanos(std::int64_t nanos, std::string& out) {
  if (nanos < 0) out += '-';
  const std::uint64_t magnitude =
      nanos < 0 ? 0 - static_cast<std::uint64_t>(nanos) : static_cast<std::uint64_t>(nanos);
  write_integer(static_cast<std::int64_t>(magnitude / 1'000'000'000), out);
  std::uint64_t rest = magnitude % 1'000'000'000;
  if (rest == 0) return;
  char digits[10];
  digits[0] = '.';
  for (int i = 9; i > 0; --i, rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
  int size = 10;
  while (digits[size - 1] == '0') --size;
  out.append(digits, static_cast<std::size_t>(size));
}

void write_entry(const List& list, std::size_t i, const std::vector<std::string>& part_names,
                 std::string& out) {
  const List::Entry& e = list.entries[i];
  out += R"({"item":)";
  write_json_text(e.item, out);
  out += R"(,"score":)";
  write_nanos(score_nanos(e.score), out);
  out += R"(,"parts":{)";
  bool first = true;
  for (std::size_t p = 0; p < part_names.size(); ++p) {
    const std::int64_t nanos = score_nanos(list.parts[i * part_names.size() + p]);
    if (nanos == 0) continue;
    if (!first) out += ',';
    first = false;
    write_json_text(part_names[p], out);
    out += ':';
    write_nanos(nanos, out);
  }
  out += R"(},"because":[)";
  for (std::uint8_t b = 0; b < e.because_count; ++b) {
    if (b > 0) out += ',';
    write_json_text(e.because[b], out);
  }
  out += ']';
  if (!list.included.empty()) out += list.included[i];
  out += '}';
}

}  // namespace

std::int64_t score_nanos(double score) { return std::llround(score * 1e9); }

void write_json_text(std::string_view text, std::string& out) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    }
  }
  out.append(text.substr(plain));
  out += '"';
}

void write_list(const List& list, const Event& event, const Cause& cause,
                const std::vector<std::string>& part_names, std::string& out) {
  out += R"({"user":)";
  write_json_text(event.user, out);
  out += R"(,"time":)";
  write_integer(event.time_ms, out);
  out += R"(,"list":")";
  write_integer(cause.partition, out);
  out += '-';
  write_integer(cause.offset, out);
  out += R"(","cause":{"topic":)";
  write_json_text(cause.topic, out);
  out += R"(,"partition":)";
  write_integer(cause.partition, out);
  out += R"(,"offset":)";
  write_integer(cause.offset, out);
  out += R"(,"type":)";
  write_json_text(cause.type, out);
  if (!event.item.empty()) {
    out += R"(,"item":)";
    write_json_text(event.item, out);
  }
  out += R"(},"items":[)";
  for (std::size_t i = 0; i < list.entries.size(); ++i) {
    if (i > 0) out += ',';
    write_entry(list, i, part_names, out);
  }
  out += "]}";
}

void write_similar(const SimilarList& list, std::string& out) {
  out += R"({"item":)";
  write_json_text(list.item, out);
  out += R"(,"time":)";
  write_integer(list.time_ms, out);
  out += R"(,"items":[)";
  bool first = true;
  for (const SimilarList::Entry& e : list.entries) {
    if (!first) out += ',';
    first = false;
    out += R"({"item":)";
    write_json_text(e.item, out);
    out += R"(,"score":)";
    write_nanos(score_nanos(e.score), out);
    out += R"(,"support":)";
    write_nanos(score_nanos(e.support), out);
    out += '}';
  }
  out += "]}";
}

}  // namespace freshet
