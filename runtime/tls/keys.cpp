#include "runtime/tls/keys.hpp"

#include <arpa/inet.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/check.hpp"
#include "base/user_error.hpp"
#include "runtime/tls/pem.hpp"

namespace troupe {
namespace {

using namespace pem;

[[noreturn]] void refuse_authority(const std::string& line) {
  throw UserError(ExitCode::usage, line);
}

bool is_address(const std::string& host) {
  in6_addr buffer{};
  return inet_pton(AF_INET, host.c_str(), &buffer) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &buffer) == 1;
}

Key fresh_key() {
  Key key(EVP_EC_gen("P-256"));
  TROUPE_CHECK(key.get(), !=, nullptr);
  return key;
}

void set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  TROUPE_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())), ==, 1);
  bytes[0] &= 0x7f;  // a positive number
  bytes[0] |= 0x40;
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

void set_name(X509_NAME* name, const std::string& text) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()), -1, 0);
}

void extend(X509* certificate, X509* issuer, int what, const std::string& text) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, what, text.c_str()));
  TROUPE_CHECK(extension.get(), !=, nullptr);
  X509_add_ext(certificate, extension.get(), -1);
}

/// All but its extensions and the signature.
Certificate blank(const std::string& name, EVP_PKEY* key, Validity validity) {
  Certificate certificate(X509_new());
  TROUPE_CHECK(certificate.get(), !=, nullptr);
  X509_set_version(certificate.get(), X509_VERSION_3);
  set_serial(certificate.get());
  set_name(X509_get_subject_name(certificate.get()), name.substr(0, 64));
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), validity.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), validity.until);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

void sign(X509* certificate, EVP_PKEY* key) {
  TROUPE_CHECK(X509_sign(certificate, key, EVP_sha256()), >, 0);
}

std::int64_t seconds_until(const ASN1_TIME* time) {
  int days = 0;
  int seconds = 0;
  ASN1_TIME_diff(&days, &seconds, nullptr, time);
  return std::int64_t{days} * 86400 + seconds;
}

std::string fingerprint_of(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), bytes.data(), &size);
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4U];
    text += "0123456789abcdef"[bytes[i] & 15U];
  }
  return text;
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  return inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size());
}

std::vector<std::string> hosts_of(X509* certificate) {
  std::vector<std::string> hosts;
  const std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(names.get(), i);
    if (one->type == GEN_DNS)
      hosts.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(one->d.dNSName)));
    const int size = one->type == GEN_IPADD ? ASN1_STRING_length(one->d.iPAddress) : 0;
    if (size == 4 || size == 16) hosts.push_back(address_text(one->d.iPAddress));
  }
  return hosts;
}

}  // namespace

Authority Authority::make(const std::string& name, Validity validity) {
  const Key key = fresh_key();
  const Certificate certificate = blank(name, key.get(), validity);
  X509* self = certificate.get();
  X509_set_issuer_name(self, X509_get_subject_name(self));
  extend(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(self, self, NID_subject_key_identifier, "hash");
  sign(self, key.get());
  return {text_of(self), text_of(key.get())};
}

Authority::Authority(std::string certificate, std::string key)
    : certificate_(std::move(certificate)), key_(std::move(key)) {
  const Certificate own = certificate_in(certificate_);
  const Key own_key = key_in(key_);
  if (!own || X509_check_ca(own.get()) != 1) refuse_authority("the CA's certificate is none");
  if (!own_key) refuse_authority("the CA's key is no private key in PEM without a passphrase");
  if (X509_check_private_key(own.get(), own_key.get()) != 1)
    refuse_authority("the CA's key does not belong to its certificate");
}

Credentials Authority::issue(const std::string& host, Validity validity) const {
  TROUPE_CHECK(is_host(host), ==, true);
  const Certificate own = certificate_in(certificate_);
  const Key own_key = key_in(key_);
  validity.until = std::min(validity.until, seconds_until(X509_get0_notAfter(own.get())));
  const Key key = fresh_key();
  const Certificate certificate = blank(host, key.get(), validity);
  X509* one = certificate.get();
  X509_set_issuer_name(one, X509_get_subject_name(own.get()));
  extend(one, own.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(one, own.get(), NID_key_usage, "critical,digitalSignature");
  extend(one, own.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  extend(one, own.get(), NID_subject_alt_name, (is_address(host) ? "IP:" : "DNS:") + host);
  extend(one, own.get(), NID_subject_key_identifier, "hash");
  extend(one, own.get(), NID_authority_key_identifier, "keyid");
  sign(one, own_key.get());
  return {certificate_, text_of(one), text_of(key.get())};
}

bool is_host(const std::string& text) {
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
  };
  if (is_address(text)) return true;
  return !text.empty() && text.size() < 254 && text[0] != '-' && text[0] != '.' &&
         std::all_of(text.begin(), text.end(), fits);
}

bool CertificateFacts::is_for(const std::string& host) const {
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

CertificateFacts certificate_facts(const std::string& text) {
  const Certificate one = certificate_in(text);
  if (!one) refuse_authority("no certificate in PEM");
  return {.name = common_name(X509_get_subject_name(one.get())),
          .hosts = hosts_of(one.get()),
          .issuer = common_name(X509_get_issuer_name(one.get())),
          .until = date_of(X509_get0_notAfter(one.get())),
          .seconds_left = seconds_until(X509_get0_notAfter(one.get())),
          .fingerprint = fingerprint_of(one.get())};
}

}  // namespace troupe
