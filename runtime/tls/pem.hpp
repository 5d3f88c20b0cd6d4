/// OpenSSL's objects as values that free themselves, from PEM and to PEM. Only
/// sources include it, of this folder and runtime/cluster/tls_stream.cpp.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace troupe::pem {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

/// Null when there is none.
Certificate certificate_in(const std::string& text);
/// Null when there is none, or one under a passphrase: nobody is asked.
Key key_in(const std::string& text);
std::string text_of(X509* certificate);
std::string text_of(EVP_PKEY* key);
/// "2028-11-20"
std::string date_of(const ASN1_TIME* time);
std::string common_name(const X509_NAME* name);

}  // namespace troupe::pem
