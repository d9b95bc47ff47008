#include "app/settings.h"

// The file itself is in the binary: FRESHET_DEMO_CONFIG is its path, given by app/CMakeLists.txt.
asm(R"(
.section .rodata
.global freshet_demo_config
.global freshet_demo_config_end
freshet_demo_config:
.incbin ")" FRESHET_DEMO_CONFIG R"("
freshet_demo_config_end:
.byte 0
.previous
)");

extern "C" const char freshet_demo_config[];
extern "C" const char freshet_demo_config_end[];

namespace freshet {

std::string_view demo_config() {
  return {freshet_demo_config,
          static_cast<std::size_t>(freshet_demo_config_end - freshet_demo_config)};
}

}  // namespace freshet
