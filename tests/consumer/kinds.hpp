/// What this project adds to Troupe's tables.
#pragma once

#include "algorithms/gate.hpp"
#include "models/model.hpp"

troupe::ModelKind squared_hinge();
troupe::GateKind leash();
