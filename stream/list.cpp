#include "stream/list.h"

#include <charconv>

namespace freshet {
namespace {

/// Text on its way to the end of a string, which is told of it in large pieces: asked for each
/// comma, it costs more than all the rest.
class Text {
 public:
  explicit Text(std::string& out) : out_(out) {}
  ~Text() { flush(); }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  void put(char c) {
    if (used_ == sizeof buffer_) flush();
    buffer_[used_++] = c;
  }
  void put(std::string_view s) {
    if (s.size() > sizeof buffer_ - used_) {
      flush();
      if (s.size() > sizeof buffer_) {
        out_.append(s);
        return;
      }
    }
    used_ += s.copy(buffer_ + used_, s.size());
  }

 private:
  void flush() {
    out_.append(buffer_, used_);
    used_ = 0;
  }

  std::string& out_;
  std::size_t used_ = 0;
  char buffer_[4096];
};

void write_integer(std::int64_t n, Text& out) {
  char digits[24];
  const char* const end = std::to_chars(digits, digits + sizeof digits, n).ptr;
  out.put({digits, static_cast<std::size_t>(end - digits)});
}

/// nanos / 1e9, exactly, without trailing zeros.
void write_nanos(std::int64_t nanos, Text& out) {
  constexpr std::uint64_t one = 1'000'000'000;
  if (nanos < 0) out.put('-');
  const std::uint64_t magnitude =
      nanos < 0 ? 0 - static_cast<std::uint64_t>(nanos) : static_cast<std::uint64_t>(nanos);
  char digits[40];
  char* const point = std::to_chars(digits, digits + sizeof digits, magnitude / one).ptr;
  char* end = point;
  if (const std::uint64_t rest = magnitude % one; rest != 0) {
    end = std::to_chars(point, digits + sizeof digits, one + rest).ptr;
    *point = '.';  // where the 1 stands that kept the zeros
    while (end[-1] == '0') --end;
  }
  out.put({digits, static_cast<std::size_t>(end - digits)});
}

constexpr std::array<bool, 256> escaped = [] {
  std::array<bool, 256> out{};
  for (std::size_t c = 0; c < 0x20; ++c) out[c] = true;
  out['"'] = out['\\'] = true;
  return out;
}();

void write_escaped(unsigned char c, Text& out) {
  static constexpr char hex[] = "0123456789abcdef";
  out.put('\\');
  switch (c) {
    case '"':
    case '\\':
      return out.put(static_cast<char>(c));
    case '\n':
      return out.put('n');
    case '\t':
      return out.put('t');
    case '\r':
      return out.put('r');
    default:
      out.put("u00");
      out.put(hex[c >> 4]);
      out.put(hex[c & 15]);
  }
}

void write_text(std::string_view text, Text& out) {
  bool plain = true;
  for (const char c : text) plain &= !escaped[static_cast<unsigned char>(c)];
  out.put('"');
  if (plain) {
    out.put(text);
  } else {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      escaped[byte] ? write_escaped(byte, out) : out.put(c);
    }
  }
  out.put('"');
}

void write_entry(const List& list, std::size_t i, const std::vector<std::string>& part_names,
                 Text& out) {
  const List::Entry& e = list.entries[i];
  out.put(R"({"item":)");
  write_text(e.item, out);
  out.put(R"(,"score":)");
  write_nanos(score_nanos(e.score), out);
  out.put(R"(,"parts":{)");
  bool first = true;
  for (std::size_t p = 0; p < part_names.size(); ++p) {
    const std::int64_t nanos = score_nanos(list.parts[i * part_names.size() + p]);
    if (nanos == 0) continue;
    if (!first) out.put(',');
    first = false;
    write_text(part_names[p], out);
    out.put(':');
    write_nanos(nanos, out);
  }
  out.put(R"(},"because":[)");
  for (std::uint8_t b = 0; b < e.because_count; ++b) {
    if (b > 0) out.put(',');
    write_text(e.because[b], out);
  }
  out.put(']');
  if (!list.included.empty()) out.put(list.included[i]);
  out.put('}');
}

}  // namespace

void write_json_text(std::string_view text, std::string& out) {
  Text writer(out);
  write_text(text, writer);
}

void write_list(const List& list, const Event& event, const Cause& cause,
                const std::vector<std::string>& part_names, std::string& json) {
  Text out(json);
  out.put(R"({"user":)");
  write_text(event.user, out);
  out.put(R"(,"time":)");
  write_integer(event.time_ms, out);
  out.put(R"(,"list":")");
  write_integer(cause.partition, out);
  out.put('-');
  write_integer(cause.offset, out);
  out.put(R"(","cause":{"topic":)");
  write_text(cause.topic, out);
  out.put(R"(,"partition":)");
  write_integer(cause.partition, out);
  out.put(R"(,"offset":)");
  write_integer(cause.offset, out);
  out.put(R"(,"type":)");
  write_text(cause.type, out);
  if (!event.item.empty()) {
    out.put(R"(,"item":)");
    write_text(event.item, out);
  }
  out.put(R"(},"items":[)");
  for (std::size_t i = 0; i < list.entries.size(); ++i) {
    if (i > 0) out.put(',');
    write_entry(list, i, part_names, out);
  }
  out.put("]}");
}

void write_similar(const SimilarList& list, std::string& json) {
  Text out(json);
  out.put(R"({"item":)");
  write_text(list.item, out);
  out.put(R"(,"time":)");
  write_integer(list.time_ms, out);
  out.put(R"(,"items":[)");
  bool first = true;
  for (const SimilarList::Entry& e : list.entries) {
    if (!first) out.put(',');
    first = false;
    out.put(R"({"item":)");
    write_text(e.item, out);
    out.put(R"(,"score":)");
    write_nanos(score_nanos(e.score), out);
    out.put(R"(,"support":)");
    write_nanos(score_nanos(e.support), out);
    out.put('}');
  }
  out.put("]}");
}

}  // namespace freshet
