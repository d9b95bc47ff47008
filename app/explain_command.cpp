#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/text.h"
#include "app/wiring.h"
#include "stream/clock.h"
#include "stream/json_error.h"
#include "stream/users.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;

/// A shop's own text, safe to print, at most so many bytes of it.
std::string shown(const std::string& text, std::size_t bytes_max) {
  const std::string quoted = excerpt(text, bytes_max);
  return quoted.substr(1, quoted.size() - 2);
}

/// The list as JSON: the contract's entries, with each item's title, the sum of its parts, and its
/// place in the list that went out last.
Json explained(const Engine& engine, const List& list, const std::vector<ItemId>& held) {
  const std::vector<std::string>& names = engine.part_names();
  Json items = Json::array();
  for (std::size_t i = 0; i < list.entries.size(); ++i) {
    const List::Entry& entry = list.entries[i];
    Json out;
    out["item"] = entry.item;
    const ItemId item = engine.items().find(entry.item);
    const CatalogEntry* said = engine.catalog().find(item);
    if (said != nullptr && !said->title.empty()) out["title"] = said->title;
    out["score"] = static_cast<double>(score_nanos(entry.score)) / 1e9;
    out["parts"] = Json::object();
    std::int64_t sum = 0;
    for (std::size_t p = 0; p < names.size(); ++p) {
      const std::int64_t nanos = score_nanos(list.parts[i * names.size() + p]);
      if (nanos == 0) continue;
      out["parts"][names[p]] = static_cast<double>(nanos) / 1e9;
      sum += nanos;
    }
    out["sum"] = static_cast<double>(sum) / 1e9;
    out["because"] = Json::array();
    for (std::uint8_t b = 0; b < entry.because_count; ++b) {
      out["because"].push_back(entry.because[b]);
    }
    const auto place = std::find(held.begin(), held.end(), item);
    if (place != held.end()) out["held"] = place - held.begin() + 1;
    items.push_back(std::move(out));
  }
  return items;
}

/// One column for each part that gave something.
std::string explained_text(const Json& e) {
  constexpr std::size_t title_bytes = 40, id_bytes = 256;
  std::vector<std::string> parts, head = {"", "item"};
  const bool titled = std::any_of(e["items"].begin(), e["items"].end(),
                                  [](const Json& item) { return item.contains("title"); });
  if (titled) head.emplace_back("title");
  head.emplace_back("score");
  for (const Json& name : e["part_names"]) {
    const bool used = std::any_of(e["items"].begin(), e["items"].end(), [&](const Json& item) {
      return item["parts"].contains(name.get<std::string>());
    });
    if (used) parts.push_back(name);
  }
  head.insert(head.end(), parts.begin(), parts.end());
  head.insert(head.end(), {"sum", "went out as", "because of"});
  std::vector<std::vector<std::string>> rows = {head};
  for (const Json& item : e["items"]) {
    std::vector<std::string> row = {std::to_string(rows.size()) + ".",
                                    shown(item["item"], id_bytes)};
    if (titled) row.push_back(shown(item.value("title", std::string()), title_bytes));
    row.push_back(fixed(item["score"], 6));
    for (const std::string& part : parts) {
      row.push_back(item["parts"].contains(part) ? fixed(item["parts"][part], 6) : "");
    }
    row.push_back(fixed(item["sum"], 6));
    row.push_back(item.contains("held") ? std::to_string(item["held"].get<int>()) + "." : "");
    std::string because;
    for (const Json& own : item["because"]) {
      because += (because.empty() ? "" : ", ") + shown(own, id_bytes);
    }
    row.push_back(because);
    rows.push_back(row);
  }
  const std::string user = excerpt(e["user"].get<std::string>(), id_bytes);
  std::string out =
      e["known"] ? "the list of " + user + " by what is known now, as of his newest event, " +
                       utc_time(e["time"]) + "\n"
                 : "nothing is remembered of " + user + ": this is the list that strangers get\n";
  return out +
         (e["items"].empty() ? "empty: no item is known that can be shown\n" : text_table(rows));
}

}  // namespace

int explain_command(const Settings& settings, const ExplainArguments& a) {
  auto state = read_state(settings);
  if (!state) return failed(state.error().message);
  auto user = stored_user(*state->store, a.user);
  if (!user) return failed(user.error().message);
  // As of his newest event, so that the same state gives the same list at any hour.
  const std::int64_t now_ms = *user ? (*user)->last_ms : system_clock().wall_ms();
  Outcome outcome;
  if (Status s = state->engine->answer(a.user, now_ms, outcome); !s)
    return failed(s.error().message);
  Json out;
  out["user"] = a.user;
  out["known"] = *user != nullptr;
  out["time"] = now_ms;
  out["items"] =
      explained(*state->engine, outcome.list, *user ? (*user)->held : std::vector<ItemId>());
  if (a.json) {
    std::puts(out.dump().c_str());
    return exit_done;
  }
  out["part_names"] = state->engine->part_names();
  std::fputs(explained_text(out).c_str(), stdout);
  return exit_done;
}

}  // namespace freshet
