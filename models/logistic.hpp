/// Logistic regression for two classes: log loss and L2.
#pragma once

#include "models/model.hpp"

namespace troupe {

ModelKind logistic_kind();

}  // namespace troupe
