/// Who may say what: some words end a run or move its workers, and are not everybody's. It
/// looks at the kind of a sentence and never into it.
#pragma once

#include "actors/plan.hpp"

namespace troupe {

/// `from` is known to be who says it. The coordinator and holders of models may say anything.
bool may_say(const Plan& plan, ActorId from, const Message& message);

}  // namespace troupe
