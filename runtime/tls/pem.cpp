#include "runtime/tls/pem.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <cstdio>
#include <ctime>

#include "base/check.hpp"

namespace troupe::pem {
namespace {

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string written(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

// Without it OpenSSL asks on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

Certificate certificate_in(const std::string& text) {
  Certificate found(PEM_read_bio_X509(reader(text).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return found;
}

Key key_in(const std::string& text) {
  Key found(PEM_read_bio_PrivateKey(reader(text).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return found;
}

std::string text_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  TROUPE_CHECK(PEM_write_bio_X509(bio.get(), certificate), ==, 1);
  return written(bio);
}

std::string text_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  const int good = PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  TROUPE_CHECK(good, ==, 1);
  return written(bio);
}

std::string date_of(const ASN1_TIME* time) {
  std::tm day{};
  ASN1_TIME_to_tm(time, &day);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &day)};
}

std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return "nobody";
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  std::string found(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                    static_cast<std::size_t>(ASN1_STRING_length(text)));
  // It ends up in lines that people read.
  for (char& c : found)
    if (static_cast<unsigned char>(c) < ' ' || c == 127) c = '?';
  return found;
}

}  // namespace troupe::pem
