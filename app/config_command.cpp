#include <cstdio>

#include "app/commands.h"
#include "config/describe.h"

namespace freshet {

int config_show_command(const Settings& settings) {
  std::fputs(config::dump(describe_settings(), settings).c_str(), stdout);
  return exit_done;
}

int config_schema_command() {
  std::fputs(config::schema(describe_settings(), "Freshet").c_str(), stdout);
  return exit_done;
}

int config_docs_command() {
  std::fputs(config::reference(describe_settings(), "Options").c_str(), stdout);
  return exit_done;
}

}  // namespace freshet
