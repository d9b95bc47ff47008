#include "models/content_tokens.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "stream/hash.h"

namespace freshet {
namespace {

class Tokens {
 public:
  Tokens(std::size_t most, std::vector<std::uint64_t>& out) : most_(most), out_(out) {
    out_.clear();
  }
  void add(char kind, std::string_view text) {
    if (text.empty() || out_.size() == most_) return;
    text_.assign(1, kind);
    text_ += text;
    const std::uint64_t token = hash64(text_);
    if (std::find(out_.begin(), out_.end(), token) == out_.end()) out_.push_back(token);
  }
  void add_terms(std::string_view title) {
    std::string term;
    for (std::size_t i = 0; i <= title.size(); ++i) {
      const auto c = i < title.size() ? static_cast<unsigned char>(title[i]) : std::uint8_t{' '};
      const bool upper = c >= 'A' && c <= 'Z';
      if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) {
        term += static_cast<char>(upper ? c - 'A' + 'a' : c);
        continue;
      }
      if (term.size() >= 2) add('t', term);
      term.clear();
    }
  }

 private:
  const std::size_t most_;
  std::vector<std::uint64_t>& out_;
  std::string text_;
};

}  // namespace

void content_tokens(const CatalogEntry& entry, std::size_t tokens_max,
                    std::vector<std::uint64_t>& out) {
  Tokens tokens(tokens_max, out);
  for (const std::string& category : entry.category) tokens.add('c', category);
  tokens.add('b', entry.brand);
  if (entry.price) {
    tokens.add('p', std::to_string(std::llround(std::floor(2 * std::log2(1 + *entry.price)))));
  }
  tokens.add_terms(entry.title);
  for (const std::string& tag : entry.tags) tokens.add('g', tag);
  std::sort(out.begin(), out.end());
}

}  // namespace freshet
