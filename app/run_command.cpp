#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "app/commands.h"
#include "app/log.h"
#include "app/stop_signal.h"
#include "app/summary.h"
#include "app/text.h"
#include "app/wiring.h"
#include "connectors/file/file_options.h"
#include "stream/pipeline.h"

namespace freshet {
namespace {

/// Shows how the run goes: on a terminal as a block that is drawn anew, elsewhere now and then as a
/// log line.
class Display {
 public:
  enum class Way { block, lines };

  Display(const LiveMetrics& metrics, Way way)
      : metrics_(metrics), way_(way), start_ns_(system_clock().steady_ns()), last_ns_(start_ns_) {
    thread_ = std::thread([this] { loop(); });
  }
  ~Display() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void loop() {
    using namespace std::chrono_literals;
    const auto interval = way_ == Way::block ? 500ms : 10'000ms;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, interval, [this] { return done_; })) show();
    if (way_ == Way::block) erase();
  }

  void show() {
    const auto now = metrics_.snapshot();
    const std::int64_t ns = system_clock().steady_ns();
    const double rate = static_cast<double>(now.events - last_events_) * 1e9 /
                        static_cast<double>(std::max<std::int64_t>(ns - last_ns_, 1));
    last_events_ = now.events;
    last_ns_ = ns;
    if (way_ == Way::lines) return log_line(LogLevel::info, summary_line(now, rate));
    erase();
    const std::string text =
        summary_text(now, static_cast<double>(ns - start_ns_) / 1e9, rate, true);
    lines_ = std::count(text.begin(), text.end(), '\n');
    // Lines that a narrow terminal would wrap are cut there, or more would have to be erased.
    std::fputs(("\033[?7l" + text + "\033[?7h").c_str(), stdout);
    std::fflush(stdout);
  }

  void erase() {
    if (lines_ > 0) std::fprintf(stdout, "\033[%ldA\033[J", static_cast<long>(lines_));
    std::fflush(stdout);
    lines_ = 0;
  }

  const LiveMetrics& metrics_;
  const Way way_;
  const std::int64_t start_ns_;
  std::int64_t last_ns_;
  std::uint64_t last_events_ = 0;
  std::ptrdiff_t lines_ = 0;
  bool done_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace

int run_command(const Settings& settings, const RunArguments& arguments) {
  const std::atomic<bool>& stop = stop_signal();
  auto store = open_store(settings);
  if (!store) return failed(store.error().message);
  auto engine = make_engine(settings, **store);
  if (!engine) return failed(engine.error().message);
  const Manner manner{arguments.accept_gap, &stop};
  const auto source = make_source(settings, manner);
  const auto sink = make_sink(settings, manner, source.get());
  const auto order = make_order_log(settings);

  const auto* file = settings.sink.get_if<FileSinkOptions>();
  const bool stdout_is_ours =
      settings.sink.type() != "stdout" && (file == nullptr || file->path != "-");
  const bool block = stdout_is_ours && is_terminal(STDOUT_FILENO);
  const std::string headline = "from " + source_words(settings) + " to " + sink_words(settings);
  if (stdout_is_ours) std::printf("freshet: %s; Ctrl-C ends it\n", headline.c_str());
  std::fflush(stdout);

  LiveMetrics metrics;
  const std::int64_t start = system_clock().steady_ns();
  const PipelineParts parts{*source,
                            *sink,
                            **store,
                            *order,
                            **engine,
                            settings.events,
                            settings.engine,
                            settings.state,
                            settings.delivery,
                            system_clock(),
                            metrics,
                            [](std::string_view line) { log_line(LogLevel::info, line); },
                            settings.topics.events,
                            arguments.accept_gap};
  Status result;
  {
    const Display display(metrics, block ? Display::Way::block : Display::Way::lines);
    result = run_pipeline(parts, stop);
  }
  const double seconds = static_cast<double>(system_clock().steady_ns() - start) / 1e9;
  const auto end = metrics.snapshot();
  if (stdout_is_ours) {
    std::fputs(summary_text(end, seconds, static_cast<double>(end.events) / seconds, true).c_str(),
               stdout);
  } else {
    log_line(LogLevel::info, summary_line(end, static_cast<double>(end.events) / seconds));
  }
  if (!result) return failed(result.error().message);
  return exit_done;
}

}  // namespace freshet
