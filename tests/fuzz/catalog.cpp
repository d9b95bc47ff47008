// Any record of the catalogue becomes an entry within the limits, that can be kept, included in
// lists and learned from, or a rejection that a person can read.

#include <cmath>
#include <string>
#include <variant>

#include "models/content.h"
#include "stream/catalog_decoder.h"
#include "stream/included_fields.h"
#include "stream/list.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/record.h"
#include "tests/fuzz/rows.h"
#include "tests/support/hostile_corpus.h"

namespace freshet::fuzz {
namespace {

void check_rejection(const Rejection& rejection) {
  check(rejection.code.starts_with("catalog:") && rejection.code.size() < 40,
        "a rejection has a short code");
  check(rejection.reason.size() >= 16 && rejection.reason.size() < 1'000,
        "a reason is a sentence that names something");
  check(rejection.reason.starts_with("field '") || rejection.reason.starts_with("the record"),
        "a reason begins with what is wrong");
  check(test::safe_to_print(rejection.reason) && test::safe_to_print(rejection.code),
        "a reason is valid UTF-8 without control characters");
}

void check_entry(const CatalogEntry& e) {
  const auto fits = [](const std::string& s) {
    return !s.empty() && s.size() <= CatalogDecoder::name_bytes_max;
  };
  check(e.title.size() <= CatalogDecoder::title_bytes_max, "the title is within its limit");
  check(e.category.size() <= CatalogDecoder::categories_max, "categories are within their limit");
  for (const std::string& category : e.category) check(fits(category), "a category fits");
  check(e.brand.empty() || fits(e.brand), "the brand fits");
  check(!e.price || (std::isfinite(*e.price) && *e.price >= 0 && !std::signbit(*e.price)),
        "the price is finite, 0 or more");
  check(
      !e.stock || (*e.stock >= -CatalogDecoder::stock_max && *e.stock <= CatalogDecoder::stock_max),
      "the stock is within its limit");
  check(e.tags.size() <= CatalogDecoder::tags_max, "tags are within their limit");
  for (const std::string& tag : e.tags) check(fits(tag), "a tag fits");
  check(e.attributes.size() <= Decoder::attributes_max, "attributes are within their limit");
  for (std::size_t i = 1; i < e.attributes.size(); ++i) {
    check(e.attributes[i - 1].first < e.attributes[i].first, "attributes are sorted, each once");
  }
  check(e.embedding.size() <= CatalogDecoder::embedding_max, "the embedding is within its limit");
  for (const float x : e.embedding) check(std::isfinite(x), "an embedding's numbers are finite");
  check(fits(e.kind), "the kind fits");
}

/// The same row after it was written and read.
void check_row(const CatalogRecord& record) {
  Catalog catalog, back;
  catalog.set(ItemId(0), record.entry);
  RowBatch batch;
  catalog.save_some(batch, every_row);
  Rows rows;
  rows.apply(batch);
  check(back.restore(rows, 1).has_value(), "what was kept can be read");
  back.set(ItemId(0), back.find(ItemId(0)) == nullptr
                          ? std::nullopt
                          : std::optional<CatalogEntry>(*back.find(ItemId(0))));
  RowBatch again;
  back.save_some(again, every_row);
  Rows same;
  same.apply(again);
  check(rows.write() == same.write(), "an entry is kept as the same bytes");
}

/// What a list includes of it is accepted as the catalogue's words again.
void check_included(const CatalogRecord& record, CatalogDecoder& decoder) {
  static const IncludedFields all(
      {"title", "category", "brand", "price", "stock", "tags", "kind", "attributes"});
  Record written;
  std::string& line = written.value.emplace(R"({"item":)");
  write_json_text(record.item, line);
  all.write(*record.entry, line);
  line += '}';
  CatalogRecord again;
  check(decoder.decode(written, again), "what lists include is valid JSON, within the limits");
  const CatalogEntry &a = *record.entry, &b = *again.entry;
  check(again.item == record.item && a.title == b.title && a.category == b.category &&
            a.brand == b.brand && a.price == b.price && a.stock == b.stock && a.tags == b.tags &&
            a.attributes == b.attributes && a.kind == b.kind,
        "lists include what the catalogue said");
}

void check_content(const CatalogEntry& entry) {
  Content model{ContentOptions{}};
  CatalogEntry other;
  other.title = entry.title;
  other.category = {"a"};
  model.describe(ItemId(0), &entry);
  model.describe(ItemId(1), &other);
  const RecentEvent event{ItemId(0), EventTypeId{}, 1, 0};
  Query query;
  query.user.recent = {&event, 1};
  const auto scratch = model.make_scratch();
  std::vector<Candidate> found;
  model.candidates(query, *scratch, found);
  for (const Candidate& c : found) {
    check(c.score > 0 && std::isfinite(c.score), "a score is finite, above 0");
  }
  model.describe(ItemId(0), nullptr);
  model.candidates(query, *scratch, found);
  check(found.empty(), "what is withdrawn is nobody's taste");
}

}  // namespace
}  // namespace freshet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  using namespace freshet::fuzz;
  static CatalogDecoder decoder;
  RecordInput input = read_record(text_of(data, size));
  input.record.partition = catalog_partition(0);
  CatalogRecord record;
  if (!decoder.decode(input.record, record)) {
    check_rejection(decoder.rejection());
    return 0;
  }
  check(!record.item.empty() && record.item.size() <= Decoder::id_bytes_max,
        "an item has 1 to 256 bytes");
  check(record.entry.has_value() == input.record.value.has_value(),
        "an item is withdrawn by a record without a value");
  check_row(record);
  if (!record.entry) return 0;
  check_entry(*record.entry);
  check_included(record, decoder);
  check_content(*record.entry);
  return 0;
}
