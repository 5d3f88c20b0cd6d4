#include "apps/library/troupe.hpp"

int main(int argc, char** argv) { return troupe::run(argc, argv); }
