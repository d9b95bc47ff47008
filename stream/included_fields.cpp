#include "stream/included_fields.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <span>

#include "stream/json_error.h"
#include "stream/list.h"

namespace freshet {
namespace {

constexpr std::string_view attribute_prefix = "attributes.";

template <class T>
void write_number(T number, std::string& out) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void write_text(const std::string& text, std::string& out) {
  if (!text.empty()) write_json_text(text, out);
}

void write_texts(const std::vector<std::string>& texts, std::string& out) {
  if (texts.empty()) return;
  out += '[';
  for (const std::string& text : texts) {
    if (&text != texts.data()) out += ',';
    write_json_text(text, out);
  }
  out += ']';
}

void write_value(const AttributeValue& value, std::string& out) {
  if (const auto* text = std::get_if<std::string>(&value)) write_json_text(*text, out);
  if (const auto* number = std::get_if<double>(&value)) write_number(*number, out);
  if (const auto* flag = std::get_if<bool>(&value)) out += *flag ? "true" : "false";
}

void write_attributes(const CatalogEntry& e, std::string_view, std::string& out) {
  if (e.attributes.empty()) return;
  out += '{';
  for (const auto& [name, value] : e.attributes) {
    if (&name != &e.attributes.front().first) out += ',';
    write_json_text(name, out);
    out += ':';
    write_value(value, out);
  }
  out += '}';
}

void write_attribute(const CatalogEntry& e, std::string_view name, std::string& out) {
  for (const auto& [other, value] : e.attributes) {
    if (other == name) write_value(value, out);
  }
}

using Write = void (*)(const CatalogEntry& entry, std::string_view attribute, std::string& out);
struct Known {
  std::string_view name;
  Write write;  ///< appends nothing if the entry does not have it
};
constexpr Known known[] = {
    {"title",
     [](const CatalogEntry& e, std::string_view, std::string& o) { write_text(e.title, o); }},
    {"category",
     [](const CatalogEntry& e, std::string_view, std::string& o) { write_texts(e.category, o); }},
    {"brand",
     [](const CatalogEntry& e, std::string_view, std::string& o) { write_text(e.brand, o); }},
    {"price",
     [](const CatalogEntry& e, std::string_view, std::string& o) {
       if (e.price) write_number(*e.price, o);
     }},
    {"stock",
     [](const CatalogEntry& e, std::string_view, std::string& o) {
       if (e.stock) write_number(*e.stock, o);
     }},
    {"tags",
     [](const CatalogEntry& e, std::string_view, std::string& o) { write_texts(e.tags, o); }},
    {"kind",
     [](const CatalogEntry& e, std::string_view, std::string& o) { write_text(e.kind, o); }},
    {"attributes", &write_attributes},
};

const Known* find(std::string_view name) {
  const auto* const at = std::find_if(std::begin(known), std::end(known),
                                      [&](const Known& k) { return k.name == name; });
  return at == std::end(known) ? nullptr : at;
}

bool is_attribute(std::string_view name) {
  return name.starts_with(attribute_prefix) && name.size() > attribute_prefix.size();
}

}  // namespace

std::string IncludedFields::problem(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (find(name) == nullptr && !is_attribute(name)) {
      return excerpt(name) + " is no field of the catalogue that can be included";
    }
    if (std::count(names.begin(), names.end(), name) > 1) return excerpt(name) + " is there twice";
  }
  return "";
}

std::string IncludedFields::allowed() {
  std::string text;
  for (const Known& k : known) text += std::string(k.name) + ", ";
  return text + "attributes.NAME";
}

IncludedFields::IncludedFields(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const Known* field = find(name);
    assert(field != nullptr || is_attribute(name));
    fields_.push_back({field != nullptr ? field->write : &write_attribute, name,
                       field != nullptr ? "" : name.substr(attribute_prefix.size())});
  }
}

void IncludedFields::write(const CatalogEntry& entry, std::string& out) const {
  for (const Field& field : fields_) {
    const std::size_t before = out.size();
    out += ',';
    write_json_text(field.name, out);
    out += ':';
    const std::size_t value = out.size();
    field.write(entry, field.attribute, out);
    if (out.size() == value) out.resize(before);
  }
}

}  // namespace freshet
