/// Identities for tests, good ones and bad ones, of a CA that lives as long as a test.
#pragma once

#include <memory>
#include <string>

#include "runtime/cluster/tls_stream.hpp"

namespace troupe::toys {

class TestAuthority {
 public:
  /// An identity as a node of this CA has it; `days` below zero: expired.
  Credentials node(const std::string& name = "node", int days = 20) const {
    Validity validity = Validity::days(days);
    validity.from = -60L * 86400;
    return authority_.issue(name, validity);
  }
  std::shared_ptr<const TlsIdentity> identity(const std::string& name = "node",
                                              int days = 20) const {
    return std::make_shared<TlsIdentity>(node(name, days));
  }

 private:
  Authority authority_ = Authority::make("test CA", Validity::days(30));
};

}  // namespace troupe::toys
