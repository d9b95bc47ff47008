#include "connectors/file/file_sink.h"

#include <cassert>
#include <charconv>
#include <string_view>
#include <utility>

#include "connectors/file/json_text.h"
#include "stream/hash.h"

namespace freshet {

namespace {

constexpr std::string_view mark_names[] = {"lists=", " similar=", " rejected="};
constexpr std::string_view ends_name = "ends=";
constexpr std::size_t lists_channel = static_cast<std::size_t>(Channel::recommendations);
static_assert(lists_channel == 0 && static_cast<std::size_t>(Channel::similar_items) == 1 &&
              static_cast<std::size_t>(Channel::rejected) == 2);

void append_tombstone(std::string_view kind, const std::optional<std::string>& key,
                      std::string& line) {
  line += "{\"";
  line += kind;
  line += "\":";
  append_json_string(key.value_or(""), line);
  line += ",\"deleted\":true}";
}

void append_rejected(const Output& output, const FileSinkOptions& options, std::string& line) {
  line += "{\"reason\":";
  append_json_string(output.reason, line);
  line += ",\"source\":";
  const bool of_catalog = is_catalog(output.partition);
  std::string source = of_catalog ? options.catalog_topic : options.events_topic;
  const Partition partition = of_catalog ? catalog_partition(output.partition) : output.partition;
  source += '/' + std::to_string(partition) + '/' + std::to_string(output.offset);
  append_json_string(source, line);
  line += ",\"record_base64\":";
  if (output.value) {
    line += '"';
    append_base64(*output.value, line);
    line += '"';
  } else {
    line += "null";
  }
  line += '}';
}

}  // namespace

FileSink::FileSink(FileSinkOptions options) : options_(std::move(options)) {}

Result<Sink::Kind> FileSink::open(const std::string& mark) {
  assert(!files_[lists_channel]);
  const auto existing = OutputFile::look(options_.path);
  if (!existing) return existing.error();
  takes_back_ = existing->is_regular;
  const auto marked = mark.empty() ? Mark{} : parse_mark(mark);
  if (!marked && takes_back_) {
    return error(options_.path + ": the state's mark \"" + mark +
                 "\" was not made by a file sink: was sink.type changed? Start with a new state");
  }
  const auto paths = output_paths(options_, takes_back_);
  const auto both = [&paths](std::size_t a, std::size_t b) {
    return !paths[a].empty() && !paths[b].empty() && one_file(paths[a], paths[b]);
  };
  if (both(0, 1) || both(0, 2) || both(1, 2)) {
    return error(options_.path + ": sink.path, rejected_path and similar_path must differ");
  }
  for (std::size_t i = 0; i < channel_count; ++i) {
    if (paths[i].empty()) continue;
    files_[i].emplace(paths[i]);
    if (auto opened = open_file(i, marked ? (*marked)[i] : Place{}); !opened) {
      return opened.error();
    }
  }
  return takes_back_ ? Kind::takes_back : Kind::keeps;
}

Status FileSink::open_file(std::size_t channel, const Place& marked) {
  OutputFile& file = *files_[channel];
  if (!takes_back_) return channel == lists_channel ? file.open() : Status();
  const auto existing = OutputFile::look(file.name());
  if (!existing) return existing.error();
  if (!existing->is_regular) return error(file.name() + ": is not a file, as sink.path is");
  std::string problem;
  const std::string holds = std::to_string(existing->bytes) + " bytes";
  const bool is_new = marked.path != whole_path(file.name());
  const std::string warning = "; lists that were made before do not come again";
  if (is_new && existing->bytes > 0) {
    problem = "already holds " + holds +
              " that this state does not follow: move it away, or set sink.overwrite to true to "
              "empty it" +
              warning;
  }
  const std::string replaced =
      ": it was replaced; put it back, or set sink.overwrite to true to start it anew" + warning;
  if (!is_new && existing->bytes < marked.bytes) {
    problem = "holds " + holds + ", but at the checkpoint it held " + std::to_string(marked.bytes) +
              replaced;
  }
  if (channel != lists_channel && !existing->is_there && problem.empty()) return {};
  const bool may_open = problem.empty() || options_.overwrite;
  if (auto opened = may_open ? file.open() : Status(); !opened) return opened;
  if (problem.empty() && !is_new && marked.end) {
    const auto end = file.end_hash(marked.bytes);
    if (!end) return end.error();
    if (*end != *marked.end) {
      problem = "does not hold the lines that it held at the checkpoint before byte " +
                std::to_string(marked.bytes) + replaced;
    }
  }
  if (!problem.empty() && !options_.overwrite) return error(file.name() + ": " + problem);
  return file.cut(is_new || !problem.empty() ? 0 : marked.bytes);
}

Status FileSink::write(std::span<Output> outputs) {
  assert(files_[lists_channel]);
  for (const Output& output : outputs) {
    if (auto written = write_one(output); !written) return written;
  }
  for (auto& file : files_) {
    if (!file || !file->is_open()) continue;
    if (auto shown = file->show(); !shown) return shown;
  }
  return {};
}

Status FileSink::write_one(const Output& output) {
  auto& file = files_[static_cast<std::size_t>(output.channel)];
  if (!file) return {};
  if (!file->is_open()) {
    if (auto opened = file->open(); !opened) return opened;
  }
  line_.clear();
  switch (output.channel) {
    case Channel::recommendations:
    case Channel::similar_items:
      if (output.value) return file->append(*output.value);
      append_tombstone(output.channel == Channel::recommendations ? "user" : "item", output.key,
                       line_);
      break;
    case Channel::rejected:
      append_rejected(output, options_, line_);
      break;
  }
  return file->append(line_);
}

Result<std::string> FileSink::flush(const Positions&) {
  assert(files_[lists_channel]);
  for (auto& file : files_) {
    if (!file || !file->is_open()) continue;
    if (auto flushed = file->flush(); !flushed) return flushed.error();
  }
  return takes_back_ ? render_mark() : std::string();
}

Result<std::string> FileSink::render_mark() const {
  std::string lengths, paths, ends;
  for (std::size_t i = 0; i < channel_count; ++i) {
    const bool is_open = files_[i] && files_[i]->is_open();
    const std::uint64_t bytes = is_open ? files_[i]->bytes() : 0;
    const auto end = is_open ? files_[i]->end_hash(bytes) : hash64("");
    if (!end) return end.error();
    lengths += std::string(mark_names[i]) + std::to_string(bytes);
    paths += '\n' + (files_[i] ? whole_path(files_[i]->name()) : "");
    ends += (i == 0 ? '\n' + std::string(ends_name) : " ") + std::to_string(*end);
  }
  return lengths + paths + ends;
}

std::optional<FileSink::Mark> FileSink::parse_mark(const std::string& text) {
  Mark mark;
  std::string_view rest = text;
  const auto number = [&rest](std::string_view name, std::uint64_t& out) {
    if (!rest.starts_with(name)) return false;
    rest.remove_prefix(name.size());
    const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), out);
    if (failure != std::errc()) return false;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return true;
  };
  for (std::size_t i = 0; i < channel_count; ++i) {
    if (!number(mark_names[i], mark[i].bytes)) return std::nullopt;
  }
  for (Place& place : mark) {
    if (!rest.starts_with('\n')) return std::nullopt;
    rest.remove_prefix(1);
    place.path = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(place.path.size());
  }
  if (rest.empty()) return mark;
  for (std::size_t i = 0; i < channel_count; ++i) {
    const std::string name = i == 0 ? '\n' + std::string(ends_name) : " ";
    if (!number(name, mark[i].end.emplace())) return std::nullopt;
  }
  return rest.empty() ? std::optional(mark) : std::nullopt;
}

}  // namespace freshet
