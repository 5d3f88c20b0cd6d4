/// The linear support vector machine of ROWS E1: hinge loss and L2.
#pragma once

#include "models/model.hpp"

namespace troupe {

ModelKind svm_kind();

}  // namespace troupe
