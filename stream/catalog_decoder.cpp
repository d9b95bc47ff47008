#include "stream/catalog_decoder.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "stream/json_error.h"
#include "stream/record_fields.h"

namespace freshet {
namespace {

namespace dom = simdjson::dom;

enum Field : std::uint8_t {
  item,
  title,
  category,
  brand,
  price,
  available,
  stock,
  tags,
  attributes,
  embedding,
  kind
};

const std::vector<std::string>& field_names() {
  static const std::vector<std::string> names = {"item",       "title",     "category", "brand",
                                                 "price",      "available", "stock",    "tags",
                                                 "attributes", "embedding", "kind"};
  return names;
}

}  // namespace

struct CatalogDecoder::Impl {
  bool read(const Record& record, CatalogRecord& out);
  bool read_entry(CatalogEntry& e);
  bool read_category(CatalogEntry& e);
  bool read_names(Field f, std::size_t count_max, std::vector<std::string>& out);
  bool read_stock(CatalogEntry& e);
  bool read_attributes(CatalogEntry& e);
  bool read_embedding(CatalogEntry& e);

  RecordFields fields{field_names(), field_names(), "catalog:"};
};

/// An array of texts of 1 to name_bytes_max bytes.
bool CatalogDecoder::Impl::read_names(Field f, std::size_t count_max,
                                      std::vector<std::string>& out) {
  if (!fields.has(f)) return true;
  dom::array array;
  if (fields[f].get(array)) {
    const char* const wanted = f == Field::category
                                   ? "must be a string or an array of strings, not "
                                   : "must be an array of strings, not ";
    return fields.reject(f, "type", wanted + words_of(fields[f]));
  }
  for (const dom::element e : array) {
    if (out.size() == count_max) {
      return fields.reject(f, "too_many",
                           "has more than " + std::to_string(count_max) + " entries");
    }
    std::string_view text;
    if (e.get(text)) {
      return fields.reject(f, "value", "has an entry that must be a string, not " + words_of(e));
    }
    if (text.empty() || text.size() > name_bytes_max) {
      return fields.reject(f, text.empty() ? "empty" : "too_long",
                           "has an entry of " + std::to_string(text.size()) + " bytes, not 1 to " +
                               std::to_string(name_bytes_max) + ": " + excerpt(text));
    }
    out.emplace_back(text);
  }
  return true;
}

bool CatalogDecoder::Impl::read_category(CatalogEntry& e) {
  if (!fields.has(Field::category) || !fields[Field::category].is_string()) {
    return read_names(Field::category, categories_max, e.category);
  }
  std::string only;
  if (!fields.read_text(Field::category, name_bytes_max, only)) return false;
  if (!only.empty()) e.category.push_back(std::move(only));
  return true;
}

bool CatalogDecoder::Impl::read_stock(CatalogEntry& e) {
  if (!fields.has(Field::stock)) return true;
  std::int64_t n;
  if (fields[Field::stock].get(n) || n < -stock_max || n > stock_max) {
    return fields.reject(Field::stock, "range",
                         "must be an integer of at most " + std::to_string(stock_max) +
                             " on either side of 0, not " + words_of(fields[Field::stock]));
  }
  e.stock = n;
  return true;
}

bool CatalogDecoder::Impl::read_attributes(CatalogEntry& e) {
  if (!fields.read_attributes(Field::attributes, e.attributes)) return false;
  std::sort(e.attributes.begin(), e.attributes.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto twice =
      std::adjacent_find(e.attributes.begin(), e.attributes.end(),
                         [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice == e.attributes.end()) return true;
  return fields.reject(Field::attributes, "twice",
                       "has the entry " + excerpt(twice->first) + " twice");
}

bool CatalogDecoder::Impl::read_embedding(CatalogEntry& e) {
  if (!fields.has(Field::embedding)) return true;
  dom::array array;
  if (fields[Field::embedding].get(array)) {
    return fields.reject(Field::embedding, "type",
                         "must be an array of numbers, not " + words_of(fields[Field::embedding]));
  }
  for (const dom::element number : array) {
    if (e.embedding.size() == embedding_max) {
      return fields.reject(Field::embedding, "too_many",
                           "has more than " + std::to_string(embedding_max) + " numbers");
    }
    double value;
    if (number.get(value) || !std::isfinite(static_cast<float>(value))) {
      return fields.reject(
          Field::embedding, "value",
          "has an entry that must be a number of single precision, not " + words_of(number));
    }
    e.embedding.push_back(static_cast<float>(value));
  }
  return true;
}

bool CatalogDecoder::Impl::read_entry(CatalogEntry& e) {
  std::string kind;
  if (!fields.read_text(Field::title, title_bytes_max, e.title) || !read_category(e) ||
      !fields.read_text(Field::brand, name_bytes_max, e.brand) ||
      !fields.read_amount(Field::price, e.price) ||
      !fields.read_flag(Field::available, e.available) || !read_stock(e) ||
      !read_names(Field::tags, tags_max, e.tags) || !read_attributes(e) || !read_embedding(e) ||
      !fields.read_text(Field::kind, name_bytes_max, kind)) {
    return false;
  }
  if (!kind.empty()) e.kind = std::move(kind);
  return true;
}

bool CatalogDecoder::Impl::read(const Record& record, CatalogRecord& out) {
  out.entry.reset();
  if (!record.value) return fields.read_key(record, out.item);
  if (!fields.read(*record.value)) return false;
  const bool keyed = record.key && !record.key->empty();
  if (!fields.has(Field::item) && keyed) {
    if (!fields.read_key(record, out.item)) return false;
  } else if (!fields.read_id(Field::item, true, out.item)) {
    return false;
  }
  return read_entry(out.entry.emplace());
}

CatalogDecoder::CatalogDecoder() : impl_(std::make_unique<Impl>()) {}

CatalogDecoder::~CatalogDecoder() = default;

bool CatalogDecoder::decode(const Record& record, CatalogRecord& out) {
  return impl_->read(record, out);
}

const Rejection& CatalogDecoder::rejection() const { return impl_->fields.rejection; }

}  // namespace freshet
