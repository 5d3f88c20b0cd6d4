#include "runtime/cluster/secret.hpp"

#include <sys/random.h>

#include "base/user_error.hpp"

namespace troupe {

Secret make_secret() {
  Secret secret{};
  if (getrandom(secret.data(), sizeof secret, 0) != sizeof secret)
    throw UserError(ExitCode::cluster, "no random numbers from the system");
  return secret;
}

}  // namespace troupe
