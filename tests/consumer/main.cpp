/// The program `troupe` with a model and a gate more; nodes run this same program.
#include "apps/library/troupe.hpp"
#include "kinds.hpp"

int main(int argc, char** argv) {
  troupe::Tables tables = troupe::tables();
  tables.models.add(squared_hinge());
  tables.gates.add(leash());
  return troupe::run(argc, argv, tables);
}
