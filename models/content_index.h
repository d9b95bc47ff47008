#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stream/ids.h"

namespace freshet {

/// Which items have which tokens, how rare each token is, and a bounded choice of its items.
///
/// N items have tokens, df(t) of them have t: idf(t) = ln(1 + 2^⌊log2 N⌋ / df(t)). N is rounded
/// down to a power of two so that a new item changes the idf of its own tokens only.
///
/// Offered items of a token are found by `popular` and `newest`: together all of them, or, if there
/// are more than `token_items`, the best by `rank` (ties: the lower id) and those of the highest
/// ids.
///
/// Everything that can be asked is a function of what `set` and `set_rank` said last of each item,
/// not of the order in which they were called, except for the numbers of tokens, which are handed
/// out as tokens come and go. Cost: `set` O(tokens · token_items), and O(df) for a token whose
/// popular item goes; `set_rank` the same.
class ContentIndex {
 public:
  using Token = std::uint32_t;

  ContentIndex(std::size_t token_items, std::size_t newest_items)
      : token_items_(token_items), newest_items_(newest_items) {}

  /// The item's tokens by hash, sorted, from now on; `offered`: whether it may be found. No tokens
  /// and not offered: as if it had never been.
  void set(ItemId item, std::span<const std::uint64_t> hashes, bool offered);
  /// Items of higher ranks are found first. 0 at first.
  void set_rank(ItemId item, std::uint32_t rank);

  std::uint32_t rank(ItemId item) const {
    return item.index() < items_.size() ? items_[item.index()].rank : 0;
  }
  /// In the order of their hashes; empty for an item that was never set.
  std::span<const Token> tokens(ItemId item) const {
    return item.index() < items_.size() ? std::span<const Token>(items_[item.index()].tokens)
                                        : std::span<const Token>();
  }
  /// All items with tokens have ids below this.
  std::size_t item_end() const { return items_.size(); }
  float idf(Token token) const { return idf_[token]; }
  std::uint64_t hash(Token token) const { return tokens_[token].hash; }
  /// All numbers of tokens are below this.
  std::size_t token_end() const { return tokens_.size(); }
  std::span<const std::uint32_t> popular(Token token) const { return tokens_[token].popular; }
  std::span<const std::uint32_t> newest(Token token) const {
    const std::vector<std::uint32_t>& all = tokens_[token].items;
    const std::size_t n = all.size() <= token_items_ ? all.size() : newest_items_;
    return std::span(all).last(n);
  }

  std::size_t memory_bytes() const;

 private:
  struct Item {
    std::vector<Token> tokens;
    std::uint32_t rank = 0;
    bool offered = false;
  };
  struct TokenRow {
    std::uint64_t hash = 0;
    std::uint32_t df = 0;  ///< items that have it, offered or not; 0: the number is free
    std::vector<std::uint32_t> items;    ///< offered, ascending
    std::vector<std::uint32_t> popular;  ///< best of `items` if they are too many, else empty
  };

  Item& at(ItemId item);
  Token number(std::uint64_t hash);
  void add(ItemId item, Token token, bool offered);
  void remove(ItemId item, Token token, bool offered);
  bool better(std::uint32_t a, std::uint32_t b) const;
  bool too_many(const TokenRow& row) const { return row.items.size() > token_items_; }
  void place(TokenRow& row, std::uint32_t item) const;
  void choose(TokenRow& row) const;
  void count_items(std::ptrdiff_t change);
  void set_idf(Token token);

  const std::size_t token_items_, newest_items_;
  std::vector<Item> items_;
  std::vector<TokenRow> tokens_;
  std::vector<float> idf_;  ///< by token
  std::vector<Token> free_;
  boost::unordered_flat_map<std::uint64_t, Token> numbers_;  ///< by hash; never walked
  std::size_t described_ = 0;                                ///< N
};

}  // namespace freshet
