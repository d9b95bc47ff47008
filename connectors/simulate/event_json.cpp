#include "connectors/simulate/event_json.h"

#include <charconv>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace freshet {

namespace {

std::string_view type_name(ShopEvent::Kind kind) {
  static constexpr std::string_view names[] = {"view",   "like",    "cart",   "purchase",
                                               "rating", "dislike", "uncart", "return"};
  return names[static_cast<std::size_t>(kind)];
}

/// Text and numbers one after the other in a buffer that is always large enough.
class Line {
 public:
  void text(std::string_view s) {
    std::memcpy(end_, s.data(), s.size());
    end_ += s.size();
  }
  template <class T>
  void number(T value) {
    end_ = std::to_chars(end_, buffer_ + sizeof(buffer_), value).ptr;
  }
  void cents(std::uint32_t value) {
    number(value / 100);
    const std::uint32_t rest = value % 100;
    *end_++ = '.';
    *end_++ = static_cast<char>('0' + rest / 10);
    *end_++ = static_cast<char>('0' + rest % 10);
  }
  std::string str() const { return {buffer_, static_cast<std::size_t>(end_ - buffer_)}; }

 private:
  char buffer_[256];  // seven fields of at most 20 digits, and their names
  char* end_ = buffer_;
};

}  // namespace

std::string event_json(const ShopEvent& event) {
  Line line;
  line.text("{\"user\":\"u");
  line.number(event.user);
  line.text("\",\"item\":\"i");
  line.number(event.item);
  line.text("\",\"type\":\"");
  line.text(type_name(event.kind));
  line.text("\",\"time\":");
  line.number(event.time_ms);
  line.text(",\"session\":\"s");
  line.number(event.session);
  line.text("\"");
  if (event.kind == ShopEvent::Kind::rating) {
    line.text(",\"value\":");
    line.number(static_cast<unsigned>(event.stars));
  }
  if (event.kind == ShopEvent::Kind::purchase || event.kind == ShopEvent::Kind::giveback) {
    line.text(",\"quantity\":");
    line.number(static_cast<unsigned>(event.quantity));
  }
  if (event.kind == ShopEvent::Kind::purchase) {
    line.text(",\"price\":");
    line.cents(event.price_cents);
  }
  line.text("}");
  return line.str();
}

std::string event_key(const ShopEvent& event) { return 'u' + std::to_string(event.user); }

}  // namespace freshet
