/// Whether three files make a member of a cluster, and if not, which of them and why.
/// It is asked before any port opens.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/user_error.hpp"
#include "runtime/tls/keys.hpp"
#include "runtime/tls/pem.hpp"

namespace troupe {
namespace {

using namespace pem;

constexpr const char* cure = "; 'troupe keys new DIR HOST...' makes what is needed";

[[noreturn]] void refuse(const std::string& line) { throw UserError(ExitCode::usage, line); }

std::string read(const std::string& path, const char* what) {
  const auto fail = [&](const std::string& why) {
    refuse(path + ": " + what + " cannot be read: " + why + cure);
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) fail("it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(std::strerror(errno));
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.empty()) fail("it is empty");
  return text;
}

Certificate judged(const std::string& text, const std::string& name) {
  Certificate found = certificate_in(text);
  if (!found) refuse(name + ": holds no certificate in PEM" + cure);
  const ASN1_TIME* from = X509_get0_notBefore(found.get());
  const ASN1_TIME* until = X509_get0_notAfter(found.get());
  if (X509_cmp_current_time(until) < 0) refuse(name + ": expired on " + date_of(until) + cure);
  if (X509_cmp_current_time(from) > 0)
    refuse(name + ": is valid from " + date_of(from) + " on; look at this machine's clock");
  return found;
}

}  // namespace

void check_credentials(const Credentials& credentials, const CredentialFiles& names) {
  const Certificate authority = judged(credentials.authority, names.authority);
  if (X509_check_ca(authority.get()) != 1)
    refuse(names.authority + ": is the certificate of '" +
           common_name(X509_get_subject_name(authority.get())) +
           "', which is no CA; give the file ca.pem" + cure);
  const Certificate certificate = judged(credentials.certificate, names.certificate);
  const Key authority_key(X509_get_pubkey(authority.get()));
  if (X509_verify(certificate.get(), authority_key.get()) != 1)
    refuse(names.certificate + ": is signed by '" +
           common_name(X509_get_issuer_name(certificate.get())) + "', and not with the key of " +
           names.authority + "; take both from one folder of 'troupe keys new'");
  const Key key = key_in(credentials.key);
  if (!key) refuse(names.key + ": holds no private key in PEM without a passphrase" + cure);
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    refuse(names.key + ": does not belong to the certificate " + names.certificate +
           "; take both from one folder of 'troupe keys new'");
}

Credentials read_credentials(const CredentialFiles& files) {
  Credentials found{read(files.authority, "the CA's certificate"),
                    read(files.certificate, "the certificate"), read(files.key, "the private key")};
  check_credentials(found, files);
  return found;
}

}  // namespace troupe
