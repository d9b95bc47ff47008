#pragma once

#include "connectors/kafka/commits.h"
#include "connectors/kafka/membership.h"

namespace freshet::kafka {

/// What a sink that commits a source's positions needs of it.
struct GroupOf {
  Membership& membership;
  const Commits& commits;
};

}  // namespace freshet::kafka
