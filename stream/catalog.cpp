#include "stream/catalog.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

constexpr std::string_view space = "catalog";
constexpr std::uint8_t row_version = 1;

enum class Kind : std::uint8_t { withdrawn = 0, entry = 1 };

void write(ByteWriter& w, const std::vector<std::string>& texts) {
  w.number(static_cast<std::uint32_t>(texts.size()));
  for (const std::string& text : texts) w.text(text);
}

void read(ByteReader& r, std::vector<std::string>& texts) {
  texts.resize(r.count(4));
  for (std::string& text : texts) text = r.text();
}

void write(ByteWriter& w, const CatalogEntry& e) {
  w.text(e.title);
  write(w, e.category);
  w.text(e.brand);
  w.number(e.price.has_value());
  w.number(e.price.value_or(0));
  w.number(e.available);
  w.number(e.stock.has_value());
  w.number(e.stock.value_or(0));
  write(w, e.tags);
  write_attributes(w, e.attributes);
  w.number(static_cast<std::uint32_t>(e.embedding.size()));
  for (const float x : e.embedding) w.number(x);
  w.text(e.kind);
}

void read(ByteReader& r, CatalogEntry& e) {
  e.title = r.text();
  read(r, e.category);
  e.brand = r.text();
  const bool priced = r.number<bool>();
  const auto price = r.number<double>();
  if (priced) e.price = price;
  e.available = r.number<bool>();
  const bool counted = r.number<bool>();
  const auto stock = r.number<std::int64_t>();
  if (counted) e.stock = stock;
  read(r, e.tags);
  read_attributes(r, e.attributes);
  e.embedding.resize(r.count(4));
  for (float& x : e.embedding) x = r.number<float>();
  e.kind = r.text();
  const bool finite =
      std::all_of(e.embedding.begin(), e.embedding.end(), [](float x) { return std::isfinite(x); });
  if (!finite || !std::isfinite(price) || price < 0) r.fail();
}

/// No value: there is none of this kind.
std::optional<AttributeValue> read_value(ByteReader& r) {
  switch (r.number<std::uint8_t>()) {
    case 0:
      return std::string(r.text());
    case 1: {
      const auto number = r.number<double>();
      if (std::isfinite(number)) return number;
      return std::nullopt;
    }
    case 2: {
      const auto flag = r.number<std::uint8_t>();
      if (flag <= 1) return flag == 1;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::size_t bytes_of(const CatalogEntry& e) {
  std::size_t bytes = e.title.capacity() + e.brand.capacity() + e.kind.capacity() +
                      e.embedding.capacity() * sizeof(float);
  for (const auto* texts : {&e.category, &e.tags}) {
    bytes += texts->capacity() * sizeof(std::string);
    for (const std::string& text : *texts) bytes += text.capacity();
  }
  for (const auto& [name, value] : e.attributes) {
    bytes += sizeof(std::pair<std::string, AttributeValue>) + name.capacity();
    if (const auto* text = std::get_if<std::string>(&value)) bytes += text->capacity();
  }
  return bytes;
}

}  // namespace

void write_attributes(ByteWriter& w,
                      const std::vector<std::pair<std::string, AttributeValue>>& attributes) {
  w.number(static_cast<std::uint32_t>(attributes.size()));
  for (const auto& [key, value] : attributes) {
    w.text(key);
    w.number(static_cast<std::uint8_t>(value.index()));
    if (const auto* text = std::get_if<std::string>(&value)) w.text(*text);
    if (const auto* number = std::get_if<double>(&value)) w.number(*number);
    if (const auto* flag = std::get_if<bool>(&value)) w.number(*flag);
  }
}

void read_attributes(ByteReader& r,
                     std::vector<std::pair<std::string, AttributeValue>>& attributes) {
  attributes.resize(r.count(6));
  const std::string* before = nullptr;
  for (auto& [key, value] : attributes) {
    key = r.text();
    std::optional<AttributeValue> found = read_value(r);
    if (!found || (before != nullptr && *before >= key)) return r.fail();
    value = std::move(*found);
    before = &key;
  }
}

void Catalog::set(ItemId item, std::optional<CatalogEntry> entry) {
  if (item.index() >= rows_.size()) rows_.resize(item.index() + 1);
  Row& row = rows_[item.index()];
  row.entry = std::move(entry);
  row.named = true;
  if (row.changed) return;
  row.changed = true;
  changed_.push_back(item.value);
}

bool Catalog::save_some(RowBatch& out, std::size_t rows_max) {
  const std::size_t n = rows_to_save(changed_.size(), rows_max);
  std::string value;
  for (std::size_t k = 0; k < n; ++k) {
    Row& row = rows_[changed_[k]];
    row.changed = false;
    value.clear();
    ByteWriter w(value);
    w.number(row_version);
    w.number(static_cast<std::uint8_t>(row.entry ? Kind::entry : Kind::withdrawn));
    if (row.entry) write(w, *row.entry);
    out.put(space, id_key(changed_[k]), value);
  }
  changed_.erase(changed_.begin(), changed_.begin() + static_cast<std::ptrdiff_t>(n));
  return changed_.size() <= rows_max;
}

Status Catalog::restore(const RowReader& rows, std::size_t items) {
  return rows.scan(space, [&](std::string_view key, std::string_view value) -> Status {
    ByteReader r(value);
    const auto version = r.number<std::uint8_t>();
    const auto kind = r.number<std::uint8_t>();
    std::optional<CatalogEntry> entry;
    if (kind == static_cast<std::uint8_t>(Kind::entry)) read(r, entry.emplace());
    const std::uint32_t item = key_id(key);
    if (item >= items || version != row_version || kind > 1 || !r.at_end()) {
      return error("state: a row of the catalogue is damaged");
    }
    if (item >= rows_.size()) rows_.resize(item + 1);
    rows_[item].named = true;
    rows_[item].entry = std::move(entry);
    return {};
  });
}

std::size_t Catalog::memory_bytes() const {
  std::size_t bytes = rows_.capacity() * sizeof(Row) + changed_.capacity() * 4;
  for (const Row& row : rows_) {
    if (row.entry) bytes += bytes_of(*row.entry);
  }
  return bytes;
}

}  // namespace freshet
