// What a record of the catalogue says, field by field, and what is rejected (contract §2).

#include "stream/catalog_decoder.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/events.h"
#include "tests/support/hostile_corpus.h"

using namespace freshet;
using namespace freshet::test;

namespace {

constexpr Partition of_catalog = catalog_partition(0);

struct Fixture {
  EventOptions options;
  EventTypes types{options.types};
  Decoder decoder{options, types};

  std::variant<Event, Rejection, CatalogRecord> decode(const std::string& json) {
    return decoder.decode(record_of(json, 0, of_catalog));
  }
  CatalogRecord accept(const std::string& json) {
    auto what = decode(json);
    if (const auto* rejection = std::get_if<Rejection>(&what)) FAIL(rejection->reason);
    return std::get<CatalogRecord>(std::move(what));
  }
  /// Of an item with one more field.
  CatalogEntry entry(const std::string& field) {
    return accept(R"({"item":"i",)" + field + "}").entry.value();
  }
  std::string reject(const std::string& json) {
    auto what = decode(json);
    INFO(json.substr(0, 100));
    REQUIRE(std::holds_alternative<Rejection>(what));
    const Rejection& rejection = std::get<Rejection>(what);
    CHECK(safe_to_print(rejection.reason));
    CHECK(rejection.reason.size() < 1'000);
    return rejection.code;
  }
  std::string reject_field(const std::string& field) {
    return reject(R"({"item":"i",)" + field + "}");
  }
};

std::string texts(std::size_t count, std::size_t bytes) {
  std::string json = "[";
  for (std::size_t i = 0; i < count; ++i) {
    json += (i > 0 ? ",\"" : "\"") + std::string(bytes, 'x') + '"';
  }
  return json + "]";
}

std::string numbers(std::size_t count) {
  std::string json = "[0";
  for (std::size_t i = 1; i < count; ++i) json += ",1";
  return json + "]";
}

}  // namespace

TEST_CASE("catalogue: every field is read") {
  Fixture f;
  const CatalogRecord record = f.accept(
      R"({"embedding":[1,-0.5,1e-3],"kind":"bundle","attributes":{"wet":true,"size":42,"colour":"red"},)"
      R"("tags":["new","sale"],"stock":3,"available":false,"price":9.95,"brand":"Fennek",)"
      R"("category":["Outdoor","Shoes"],"title":"Boots \u00e9","item":"boots","supplier":[{}]})");
  CHECK(record.item == "boots");
  const CatalogEntry& e = record.entry.value();
  CHECK(e.title == "Boots é");
  CHECK(e.category == std::vector<std::string>{"Outdoor", "Shoes"});
  CHECK(e.brand == "Fennek");
  CHECK(e.price == 9.95);
  CHECK_FALSE(e.available);
  CHECK(e.stock == 3);
  CHECK(e.tags == std::vector<std::string>{"new", "sale"});
  REQUIRE(e.attributes.size() == 3);
  CHECK(e.attributes[0] == std::pair<std::string, AttributeValue>("colour", "red"));
  CHECK(e.attributes[1] == std::pair<std::string, AttributeValue>("size", 42.0));
  CHECK(e.attributes[2] == std::pair<std::string, AttributeValue>("wet", true));
  CHECK(e.embedding == std::vector<float>{1, -0.5F, 1e-3F});
  CHECK(e.kind == "bundle");
}

TEST_CASE("catalogue: an item alone has the contract's defaults") {
  Fixture f;
  for (
      const char* const json :
      {R"({"item":"i"})",
       R"({"item":"i","title":null,"category":null,"brand":"","price":null,"available":null,)"
       R"("stock":null,"tags":[],"attributes":{},"embedding":[],"kind":""})",
       R"({"item":"i","category":"","tags":null,"attributes":null,"embedding":null,"kind":null})"}) {
    const CatalogEntry e = f.accept(json).entry.value();
    CHECK(e.title.empty());
    CHECK(e.category.empty());
    CHECK(e.brand.empty());
    CHECK_FALSE(e.price);
    CHECK(e.available);
    CHECK_FALSE(e.stock);
    CHECK(e.tags.empty());
    CHECK(e.attributes.empty());
    CHECK(e.embedding.empty());
    CHECK(e.kind == "product");
    CHECK(e.recommendable());
  }
}

TEST_CASE("catalogue: numbers, texts and limits that are just right") {
  Fixture f;
  CHECK(f.accept(R"({"item":17})").item == "17");
  CHECK(f.accept("{\"item\":\"" + std::string(256, 'i') + "\"}").item.size() == 256);
  CHECK(f.entry(R"("category":"Shoes")").category == std::vector<std::string>{"Shoes"});
  CHECK(f.entry(R"("category":)" + texts(16, 256)).category.size() == 16);
  CHECK(f.entry(R"("tags":)" + texts(64, 256)).tags.size() == 64);
  CHECK(f.entry(R"("embedding":)" + numbers(4'096)).embedding.size() == 4'096);
  CHECK(f.entry(R"("title":")" + std::string(1'024, 't') + '"').title.size() == 1'024);
  CHECK(f.entry(R"("price":0)").price == 0);
  CHECK_FALSE(std::signbit(*f.entry(R"("price":-0.0)").price));
  CHECK_FALSE(f.entry(R"("stock":0)").recommendable());
  CHECK_FALSE(f.entry(R"("stock":-2)").recommendable());
  CHECK_FALSE(f.entry(R"("stock":5,"available":false)").recommendable());
  CHECK(f.entry(R"("stock":1)").recommendable());
}

TEST_CASE("catalogue: what a field may not be is rejected with its code") {
  Fixture f;
  const std::pair<std::string, std::string> cases[] = {
      {R"("title":7)", "title:type"},
      {R"("title":")" + std::string(1'025, 't') + '"', "title:too_long"},
      {R"("category":7)", "category:type"},
      {R"("category":{})", "category:type"},
      {R"("category":["a",7])", "category:value"},
      {R"("category":["a",null])", "category:value"},
      {R"("category":["a",""])", "category:empty"},
      {R"("category":)" + texts(17, 1), "category:too_many"},
      {R"("category":)" + texts(1, 257), "category:too_long"},
      {R"("category":")" + std::string(257, 'x') + '"', "category:too_long"},
      {R"("brand":["x"])", "brand:type"},
      {R"("brand":")" + std::string(257, 'x') + '"', "brand:too_long"},
      {R"("price":"9.95")", "price:range"},
      {R"("price":-1)", "price:range"},
      {R"("available":"yes")", "available:type"},
      {R"("available":1)", "available:type"},
      {R"("stock":1.5)", "stock:range"},
      {R"("stock":"3")", "stock:range"},
      {R"("stock":18446744073709551615)", "stock:range"},
      {R"("stock":1000000000000001)", "stock:range"},
      {R"("tags":"new")", "tags:type"},
      {R"("tags":[["new"]])", "tags:value"},
      {R"("tags":)" + texts(65, 1), "tags:too_many"},
      {R"("tags":)" + texts(1, 257), "tags:too_long"},
      {R"("attributes":[])", "attributes:type"},
      {R"("attributes":{"a":null})", "attributes:value"},
      {R"("attributes":{"a":1,"b":2,"a":3})", "attributes:twice"},
      {R"("embedding":1)", "embedding:type"},
      {R"("embedding":["1"])", "embedding:value"},
      {R"("embedding":[1e39])", "embedding:value"},
      {R"("embedding":)" + numbers(4'097), "embedding:too_many"},
      {R"("kind":7)", "kind:type"},
      {R"("price":1,"price":2)", "price:twice"},
  };
  for (const auto& [field, code] : cases) {
    INFO(code);
    CHECK(f.reject_field(field) == "catalog:" + code);
  }
}

TEST_CASE("catalogue: a reason names the field and the value") {
  Fixture f;
  const auto reason = [&f](const std::string& field) {
    return std::get<Rejection>(f.decode(R"({"item":"i",)" + field + "}")).reason;
  };
  CHECK(reason(R"("price":-1)") == "field 'price' must be a finite number of at least 0, not -1");
  CHECK(reason(R"("available":"yes")") ==
        "field 'available' must be true or false, not the string 'yes'");
  CHECK(reason(R"("tags":[7])") == "field 'tags' has an entry that must be a string, not 7");
  CHECK(reason(R"("attributes":{"a":1,"a":3})") == "field 'attributes' has the entry 'a' twice");
}

TEST_CASE("catalogue: an item without a name, or one that is no name") {
  Fixture f;
  CHECK(f.reject("{}") == "catalog:item:missing");
  CHECK(f.reject(R"({"item":null})") == "catalog:item:missing");
  CHECK(f.reject(R"({"item":""})") == "catalog:item:empty");
  CHECK(f.reject(R"({"item":1.5})") == "catalog:item:type");
  CHECK(f.reject("{\"item\":\"" + std::string(257, 'i') + "\"}") == "catalog:item:too_long");
}

TEST_CASE("catalogue: the key names the item where the value does not") {
  Fixture f;
  Record record = record_of(R"({"title":"Boots"})", 0, of_catalog);
  record.key = "boots";
  CHECK(std::get<CatalogRecord>(f.decoder.decode(record)).item == "boots");
  record.value = R"({"item":"shoes","title":"Boots"})";
  CHECK(std::get<CatalogRecord>(f.decoder.decode(record)).item == "shoes");
  record.value = R"({"title":"Boots"})";
  record.key = "";
  CHECK(std::get<Rejection>(f.decoder.decode(record)).code == "catalog:item:missing");
  for (const std::string& key : {std::string("\xff"), std::string(257, 'k')}) {
    record.key = key;
    const auto what = f.decoder.decode(record);
    CHECK(std::get<Rejection>(what).code == "catalog:key");
    CHECK(std::get<Rejection>(what).reason.starts_with("the record's key, "));
  }
}

TEST_CASE("catalogue: a record without a value withdraws its key's item") {
  Fixture f;
  Record record;
  record.partition = of_catalog;
  CHECK(std::get<Rejection>(f.decoder.decode(record)).code == "catalog:no_value");
  record.key = "boots";
  const auto what = f.decoder.decode(record);
  CHECK(std::get<CatalogRecord>(what).item == "boots");
  CHECK_FALSE(std::get<CatalogRecord>(what).entry);
}

TEST_CASE("catalogue: records that are no JSON, too large, too deep or no UTF-8 are rejected") {
  Fixture f;
  CHECK(f.reject("") == "catalog:not_json");
  CHECK(f.reject(R"({"item":"\ud800"})") == "catalog:not_json");
  CHECK(f.reject("{\"item\":\"\xff\"}") == "catalog:not_utf8");
  CHECK(f.reject("[1]") == "catalog:not_object");
  CHECK(f.reject(std::string(70, '[') + std::string(70, ']')) == "catalog:too_deep");
  CHECK(f.reject(R"({"item":")" + std::string(1 << 20, 'x') + "\"}") == "catalog:too_large");
  // The whole corpus of events: none of it is a catalogue record without an item.
  for (const HostileRecord& h : hostile_corpus()) {
    Record record = h.record;
    record.partition = of_catalog;
    const auto what = f.decoder.decode(record);
    REQUIRE_FALSE(std::holds_alternative<Event>(what));
    if (const auto* rejection = std::get_if<Rejection>(&what)) {
      CHECK(rejection->code.starts_with("catalog:"));
      CHECK(safe_to_print(rejection->reason));
    }
  }
}

TEST_CASE("catalogue: a rejected record leaves nothing behind for the next, nor for an event") {
  Fixture f;
  f.reject(R"({"item":"a","title":"T","tags":["x"],"price":1,"stock":0,"kind":7})");
  const CatalogRecord next = f.accept(R"({"item":"b"})");
  CHECK(next.item == "b");
  CHECK(next.entry->title.empty());
  CHECK(next.entry->tags.empty());
  CHECK_FALSE(next.entry->price);
  CHECK(next.entry->recommendable());
  const auto event = f.decoder.decode(record_of(EventLine("anna", "boots").json()));
  CHECK(std::get<Event>(event).user == "anna");
}
