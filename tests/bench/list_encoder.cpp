#include "tests/bench/list_encoder.h"

#include <string>

#include "tests/bench/measure.h"

namespace freshet::bench {

void ListEncoder::encode(std::span<const Decoded> records, std::span<const Outcome> outcomes) {
  const std::int64_t start = wall_ns();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (outcomes[i].kind != Outcome::Kind::list) continue;
    const Event& event = *records[i].event();
    std::string text;
    const Cause cause{"events", 0, records[i].offset, engine_.types()[event.type].name};
    write_list(outcomes[i].list, event, cause, engine_.part_names(), text);
    ++lists;
    list_bytes += text.size();
  }
  spent_ns += wall_ns() - start;
}

}  // namespace freshet::bench
