#include <atomic>
#include <cstdio>
#include <filesystem>

#include "app/commands.h"
#include "app/log.h"
#include "app/stop_signal.h"
#include "app/text.h"
#include "app/wiring.h"
#include "connectors/file/file_sink.h"
#include "connectors/kafka/writer.h"
#include "connectors/simulate/simulate_source.h"

namespace freshet {
namespace {

/// Where the shop's records go: one way to write, one to finish.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual Status open() = 0;
  virtual Status write(Record& record) = 0;
  virtual Status flush() = 0;
};

class KafkaOutlet final : public Outlet {
 public:
  KafkaOutlet(const Settings& s, const std::string& topic)
      : writer_(s.kafka, topic, kafka_log(), system_clock()) {}
  Status open() override { return writer_.open(); }
  Status write(Record& r) override { return writer_.write(*r.key, *r.value, r.time_ms); }
  Status flush() override { return writer_.flush(); }

 private:
  KafkaWriter writer_;
};

class FileOutlet final : public Outlet {
 public:
  explicit FileOutlet(const FileSinkOptions& options) : path_(options.path), sink_(options) {}
  Status open() override {
    // The sink speaks of a state and an option, and here is neither.
    std::error_code none;
    if (path_ != "-" && std::filesystem::is_regular_file(path_, none) &&
        std::filesystem::file_size(path_, none) > 0)
      return error("--to: '" + path_ + "' holds something already: move it away, or name another");
    auto opened = sink_.open("");
    if (!opened) return opened.error();
    return {};
  }
  Status write(Record& r) override {
    Output out;
    out.value = std::move(r.value);
    return sink_.write({&out, 1});
  }
  Status flush() override {
    auto flushed = sink_.flush({});
    if (!flushed) return flushed.error();
    return {};
  }

 private:
  const std::string path_;
  FileSink sink_;
};

std::unique_ptr<Outlet> make_outlet(const Settings& settings, const SimulateArguments& a) {
  if (a.to == "kafka") {
    return std::make_unique<KafkaOutlet>(
        settings, a.catalog ? settings.topics.catalog : settings.topics.events);
  }
  FileSinkOptions file;
  file.path = a.to == "stdout" ? "-" : a.to;
  return std::make_unique<FileOutlet>(file);
}

Status write_events(SimulateOptions options, Outlet& outlet, std::uint64_t& written) {
  options.catalog = false;  // a topic or file of its own: --catalog
  const std::atomic<bool>& stop = stop_signal();
  SimulateSource source(options, system_clock());
  if (Status s = source.open({}, {}); !s) return s;
  ProgressBar bar("simulate");
  std::vector<Record> records;
  while (!stop) {
    records.clear();
    const auto polled = source.poll(1'024, std::chrono::milliseconds(100), records);
    if (!polled) return polled.error();
    for (Record& record : records) {
      if (Status s = outlet.write(record); !s) return s;
    }
    written += records.size();
    bar.show(written, options.events);
    if (options.rate > 0) {
      if (Status s = outlet.flush(); !s) return s;
    }
    if (*polled == Source::Polled::end) break;
  }
  return outlet.flush();
}

Status write_catalog(const SimulateOptions& options, Outlet& outlet, std::uint64_t& written) {
  const Shop shop(options);
  for (std::uint32_t item = 0; item < options.items; ++item, ++written) {
    Record record;
    record.key = "i" + std::to_string(item);
    record.value = shop.catalog(item);
    if (Status s = outlet.write(record); !s) return s;
  }
  return outlet.flush();
}

}  // namespace

int simulate_command(const Settings& settings, const SimulateArguments& a) {
  const SimulateOptions* given = settings.source.get_if<SimulateOptions>();
  const SimulateOptions options = given != nullptr ? *given : SimulateOptions{};
  const auto outlet = make_outlet(settings, a);
  std::uint64_t written = 0;
  Status s = outlet->open();
  if (s) {
    s = a.catalog ? write_catalog(options, *outlet, written)
                  : write_events(options, *outlet, written);
  }
  if (!s) return failed(s.error().message);
  if (a.to != "stdout")
    std::printf("%s records written to %s\n", grouped(written).c_str(), a.to.c_str());
  return exit_done;
}

}  // namespace freshet
