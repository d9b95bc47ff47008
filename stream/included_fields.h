#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stream/catalog.h"

namespace freshet {

/// The fields of the catalogue that `lists.include` names, as they go into each entry of a list.
/// "attributes.NAME" is one attribute, under that whole name; "attributes" is all of them, in one
/// object.
class IncludedFields {
 public:
  /// "": these names can be included; else a sentence that says why not.
  static std::string problem(const std::vector<std::string>& names);
  /// The names that there are, for the reference.
  static std::string allowed();

  /// Requires names without a problem.
  explicit IncludedFields(const std::vector<std::string>& names);

  bool empty() const { return fields_.empty(); }
  /// Appends `,"title":"Boots","price":9.95`, in the order of the names; what the entry does not
  /// have is left out.
  void write(const CatalogEntry& entry, std::string& out) const;

 private:
  struct Field {
    void (*write)(const CatalogEntry& entry, std::string_view attribute, std::string& out);
    std::string name, attribute;
  };
  std::vector<Field> fields_;
};

}  // namespace freshet
