#include "models/content_index.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace freshet {

ContentIndex::Item& ContentIndex::at(ItemId item) {
  if (item.index() >= items_.size()) items_.resize(item.index() + 1);
  return items_[item.index()];
}

void ContentIndex::set(ItemId item, std::span<const std::uint64_t> hashes, bool offered) {
  Item& row = at(item);
  const bool same =
      row.offered == offered &&
      std::equal(row.tokens.begin(), row.tokens.end(), hashes.begin(), hashes.end(),
                 [this](Token token, std::uint64_t hash) { return tokens_[token].hash == hash; });
  if (same) return;
  for (const Token token : row.tokens) remove(item, token, row.offered);
  count_items(std::ptrdiff_t{!hashes.empty()} - std::ptrdiff_t{!row.tokens.empty()});
  row.tokens.clear();
  row.offered = offered;
  for (const std::uint64_t hash : hashes) row.tokens.push_back(number(hash));
  row.tokens.shrink_to_fit();
  for (const Token token : row.tokens) add(item, token, offered);
}

ContentIndex::Token ContentIndex::number(std::uint64_t hash) {
  const auto [at, is_new] = numbers_.try_emplace(hash, static_cast<Token>(tokens_.size()));
  if (!is_new) return at->second;
  if (!free_.empty()) {
    at->second = free_.back();
    free_.pop_back();
  } else {
    tokens_.emplace_back();
    idf_.push_back(0);
  }
  tokens_[at->second].hash = hash;
  return at->second;
}

void ContentIndex::add(ItemId item, Token token, bool offered) {
  TokenRow& row = tokens_[token];
  ++row.df;
  set_idf(token);
  if (!offered) return;
  row.items.insert(std::lower_bound(row.items.begin(), row.items.end(), item.value), item.value);
  if (!too_many(row)) return;
  if (row.popular.empty()) return choose(row);
  place(row, item.value);
}

void ContentIndex::remove(ItemId item, Token token, bool offered) {
  TokenRow& row = tokens_[token];
  if (offered) {
    row.items.erase(std::lower_bound(row.items.begin(), row.items.end(), item.value));
    const auto popular = std::find(row.popular.begin(), row.popular.end(), item.value);
    if (!too_many(row)) {
      row.popular.clear();
    } else if (popular != row.popular.end()) {
      choose(row);
    }
  }
  if (--row.df > 0) return set_idf(token);
  numbers_.erase(row.hash);
  row = TokenRow();
  free_.push_back(token);
}

bool ContentIndex::better(std::uint32_t a, std::uint32_t b) const {
  const std::uint32_t left = items_[a].rank, right = items_[b].rank;
  return left != right ? left > right : a < b;
}

/// Puts an item that is not among the popular ones where it belongs there, if anywhere.
void ContentIndex::place(TokenRow& row, std::uint32_t item) const {
  const auto where = std::lower_bound(
      row.popular.begin(), row.popular.end(), item,
      [this](std::uint32_t in_list, std::uint32_t other) { return better(in_list, other); });
  const std::size_t room = token_items_ - newest_items_;
  if (where == row.popular.end() && row.popular.size() >= room) return;
  row.popular.insert(where, item);
  if (row.popular.size() > room) row.popular.pop_back();
}

void ContentIndex::choose(TokenRow& row) const {
  const std::size_t room = std::min(token_items_ - newest_items_, row.items.size());
  row.popular.resize(room);
  std::partial_sort_copy(row.items.begin(), row.items.end(), row.popular.begin(), row.popular.end(),
                         [this](std::uint32_t a, std::uint32_t b) { return better(a, b); });
}

void ContentIndex::set_rank(ItemId item, std::uint32_t rank) {
  Item& row = at(item);
  const bool rises = rank > row.rank;
  if (rank == row.rank) return;
  row.rank = rank;
  if (!row.offered) return;
  for (const Token token : row.tokens) {
    TokenRow& all = tokens_[token];
    if (!too_many(all)) continue;
    const auto popular = std::find(all.popular.begin(), all.popular.end(), item.value);
    const bool was_there = popular != all.popular.end();
    if (rises) {
      if (was_there) all.popular.erase(popular);
      place(all, item.value);
    } else if (was_there) {
      choose(all);
    }
  }
}

void ContentIndex::count_items(std::ptrdiff_t change) {
  const std::size_t before = std::bit_floor(described_);
  described_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(described_) + change);
  if (std::bit_floor(described_) == before) return;
  for (Token token = 0; token < tokens_.size(); ++token) {
    if (tokens_[token].df > 0) set_idf(token);
  }
}

void ContentIndex::set_idf(Token token) {
  const auto n = static_cast<double>(std::bit_floor(described_));
  idf_[token] = static_cast<float>(std::log1p(n / tokens_[token].df));
}

std::size_t ContentIndex::memory_bytes() const {
  std::size_t bytes = items_.capacity() * sizeof(Item) + tokens_.capacity() * sizeof(TokenRow) +
                      idf_.capacity() * 4 + free_.capacity() * 4 + numbers_.size() * 24;
  for (const Item& item : items_) bytes += item.tokens.capacity() * 4;
  for (const TokenRow& row : tokens_) bytes += (row.items.capacity() + row.popular.capacity()) * 4;
  return bytes;
}

}  // namespace freshet
