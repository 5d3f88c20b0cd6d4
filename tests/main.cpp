#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#ifdef __SANITIZE_ADDRESS__
// When a heartbeat of CAF 0.17 is due just as its broker ends, the broker keeps its own
// reminder, which keeps the broker. Ours are other objects, and are found.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:caf::make_actor<caf::io::basp_broker";
}
#endif
