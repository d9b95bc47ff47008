#include "stream/model.h"

#include "stream/dictionary.h"
#include "stream/ranker.h"

namespace freshet {

Status Model::restore(const RowReader& rows) {
  const auto items = stored_items(rows);
  return items ? restore(rows, *items) : Status(items.error());
}

Status Ranker::restore(const RowReader& rows) {
  const auto items = stored_items(rows);
  return items ? restore(rows, *items) : Status(items.error());
}

}  // namespace freshet
