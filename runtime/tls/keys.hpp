/// Certificates of a cluster: a private CA, what it issues to hosts, and files of them
/// read once and judged. It opens no port and knows nothing of connections.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// What a process shows to others, and by what it judges them: three texts in PEM.
struct Credentials {
  std::string authority;
  std::string certificate;
  std::string key;
};

struct CredentialFiles {
  std::string authority;
  std::string certificate;
  std::string key;
};

/// Seconds from now. It begins in the past, so that clocks may differ.
struct Validity {
  std::int64_t from = -3600;
  std::int64_t until = 0;
  static Validity days(std::int64_t count) { return {.until = count * 86400}; }
};

/// A CA of our own. Whoever has its key makes members of the cluster.
class Authority {
 public:
  static Authority make(const std::string& name, Validity validity);
  /// In PEM. Throws UserError (exit 2) where the two are no CA that can still sign.
  Authority(std::string certificate, std::string key);

  const std::string& certificate() const { return certificate_; }
  const std::string& key() const { return key_; }
  /// For a host's name or address, to serve and to dial; never beyond the CA's own end.
  Credentials issue(const std::string& host, Validity validity) const;

 private:
  std::string certificate_;
  std::string key_;
};

/// What a certificate says of itself.
struct CertificateFacts {
  std::string name;
  std::vector<std::string> hosts;  ///< names and addresses it is made for
  std::string issuer;
  std::string until;  ///< "2028-11-20"
  std::int64_t seconds_left = 0;
  std::string fingerprint;  ///< SHA-256, in hexadecimal digits

  bool is_for(const std::string& host) const;
};
/// Of the first certificate in the text. Throws UserError (exit 2) when there is none.
CertificateFacts certificate_facts(const std::string& pem);

/// A name or address that a certificate may be made for and that is a file's name, too.
bool is_host(const std::string& text);

/// Throws UserError (exit 2) with one line: missing, unreadable, no PEM, not yet or no
/// longer valid, of another CA, not belonging together.
Credentials read_credentials(const CredentialFiles& files);
/// The same of texts at hand; `names` stand in the line where files would.
void check_credentials(const Credentials& credentials, const CredentialFiles& names);

}  // namespace troupe
