/// Troupe as a library: the tables of kinds and the whole program over them. A
/// program of your own fills in its kinds and hands everything else over.
#pragma once

#include "runtime/tables.hpp"

namespace troupe {

/// What the program `troupe` does, with these tables; never throws. Returns the
/// exit code. Add kinds first: `Tables known = tables(); known.models.add(...)`.
int run(int argc, char** argv, const Tables& known);

/// The same with tables().
int run(int argc, char** argv);

}  // namespace troupe
