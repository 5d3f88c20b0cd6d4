#include "runtime/cluster/tls_stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "base/user_error.hpp"
#include "runtime/tls/pem.hpp"

namespace troupe {
namespace {

constexpr std::size_t record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;
// Records that leave, and come, in one call of the system.
constexpr std::size_t batch_bytes = std::size_t{256} << 10;
// Enough for a handshake, before anybody is known.
constexpr std::size_t first_bytes = std::size_t{16} << 10;
constexpr std::size_t mark_bytes = 16;
// Shorter pieces share a record.
constexpr std::size_t gather_below = std::size_t{8} << 10;

[[noreturn]] void refuse(const std::string& what) {
  ERR_clear_error();
  throw UserError(ExitCode::usage, "cluster.tls: " + what);
}

TlsStream* stream_of(BIO* bio) { return static_cast<TlsStream*>(BIO_get_data(bio)); }

// The library reads from the socket itself, as much as there is, and writes to memory.
BIO_METHOD* method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* all = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "troupe");
    BIO_meth_set_read(all, [](BIO* bio, char* into, int size) {
      BIO_clear_retry_flags(bio);
      const long got = stream_of(bio)->pull(into, static_cast<std::size_t>(size));
      if (got < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
      return static_cast<int>(got);
    });
    BIO_meth_set_write(all, [](BIO* bio, const char* from, int size) {
      BIO_clear_retry_flags(bio);
      stream_of(bio)->push(from, static_cast<std::size_t>(size));
      return size;
    });
    BIO_meth_set_ctrl(
        all, [](BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1L : 0L; });
    return all;
  }();
  return made;
}

int verified(int good, X509_STORE_CTX* store) {
  if (good == 1) return good;
  // Another CA may have the same name; the other side is to hear that it is another.
  if (X509_STORE_CTX_get_error(store) == X509_V_ERR_CERT_SIGNATURE_FAILURE)
    X509_STORE_CTX_set_error(store, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const int error = X509_STORE_CTX_get_error(store);
  const bool of_time =
      error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
  static_cast<TlsStream*>(SSL_get_app_data(ssl))
      ->judge(error,
              of_time ? X509_STORE_CTX_get_current_cert(store) : X509_STORE_CTX_get0_cert(store));
  return good;
}

std::string name_of(X509* certificate) {
  return "the certificate of '" + pem::common_name(X509_get_subject_name(certificate)) + "'";
}

// In the place of a name of a host, of which none is needed.
std::string mark_of(X509* authority) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(authority, EVP_sha256(), digest.data(), &size) != 1)
    refuse("the CA's certificate has no digest");
  std::string text = "troupe-";
  for (const unsigned char byte : std::span(digest).first(mark_bytes))
    for (const int digit : {byte >> 4, byte & 15}) text += "0123456789abcdef"[digit];
  return text;
}

// What the other side says of ours, in its last words.
const char* meaning(int alert) {
  switch (alert) {
    case SSL_AD_CERTIFICATE_EXPIRED:
      return "it refuses this side's certificate: expired";
    case SSL_AD_UNKNOWN_CA:
      return "it refuses this side's certificate: not of its CA";
    case SSL_AD_CERTIFICATE_REQUIRED:
      return "it refuses this side: a certificate is needed, and none was shown";
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_DECRYPT_ERROR:
      return "it refuses this side's certificate: not good";
    case SSL_AD_UNEXPECTED_MESSAGE:
      return "it does not expect TLS; give both sides the same cluster.tls";
    case SSL_AD_PROTOCOL_VERSION:
      return "it does not speak TLS 1.3";
    default:
      return nullptr;
  }
}

}  // namespace

void TlsIdentity::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

TlsIdentity::TlsIdentity(const Credentials& credentials) : context_(SSL_CTX_new(TLS_method())) {
  SSL_CTX* context = context_.get();
  if (context == nullptr) refuse("OpenSSL gives no context");
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context,
                           "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                           "TLS_CHACHA20_POLY1305_SHA256");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verified);
  // Every connection is judged by its certificates; nothing is resumed.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF);

  const pem::Certificate authority = pem::certificate_in(credentials.authority);
  if (!authority) refuse("the CA's certificate is no certificate in PEM");
  mark_ = mark_of(authority.get());
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
  SSL_CTX_add_client_CA(context, authority.get());
  const pem::Certificate certificate = pem::certificate_in(credentials.certificate);
  if (!certificate || SSL_CTX_use_certificate(context, certificate.get()) != 1)
    refuse("the certificate is no certificate in PEM");
  const pem::Key key = pem::key_in(credentials.key);
  if (!key) refuse("the key is no private key in PEM without a passphrase");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    refuse("the key does not belong to the certificate");
}

TlsStream::TlsStream(int socket, const TlsIdentity& identity, Role role)
    : socket_(socket),
      rekey_bytes_(identity.rekey_bytes),
      ssl_(SSL_new(identity.context())),
      come_(first_bytes) {
  BIO* bio = ssl_ != nullptr ? BIO_new(method()) : nullptr;
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, this);
  if (role == Role::answers) {
    SSL_set_accept_state(ssl_);
    return;
  }
  SSL_set_connect_state(ssl_);
  SSL_set_tlsext_host_name(ssl_, identity.mark().c_str());
}

TlsStream::~TlsStream() { SSL_free(ssl_); }

// As much as there is at a time. (OpenSSL reads ahead, too, but moves what it has with
// every record.)
long TlsStream::pull(char* into, std::size_t size) {
  if (first_ == last_) {
    const ssize_t got = recv(socket_, come_.data(), come_.size(), MSG_DONTWAIT);
    if (got <= 0) return got;
    first_ = 0;
    last_ = static_cast<std::size_t>(got);
  }
  size = std::min(size, last_ - first_);
  std::memcpy(into, come_.data() + first_, size);
  first_ += size;
  return static_cast<long>(size);
}

void TlsStream::judge(int error, X509* certificate) {
  if (!verdict_.empty() || certificate == nullptr) return;
  verdict_ = name_of(certificate);
  if (error == X509_V_ERR_CERT_HAS_EXPIRED)
    verdict_ += " expired on " + pem::date_of(X509_get0_notAfter(certificate));
  else if (error == X509_V_ERR_CERT_NOT_YET_VALID)
    verdict_ += " is valid from " + pem::date_of(X509_get0_notBefore(certificate)) +
                "; look at the clocks of both hosts";
  else if (error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
           error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
           error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
    verdict_ += " is not of this cluster's CA";
  else
    verdict_ += std::string(" is refused: ") + X509_verify_cert_error_string(error);
}

Stream::State TlsStream::shake_hands() {
  int result = 1;
  int error = SSL_ERROR_NONE;
  {
    const std::lock_guard lock(mutex_);
    ERR_clear_error();
    result = SSL_do_handshake(ssl_);
    error = SSL_get_error(ssl_, result);
    if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
      why_ = reason(error);
      for_good_ = error == SSL_ERROR_SSL;
    }
  }
  const State flushed = flush();  // the other side's reason is in there, too
  if (!why_.empty()) return State::ended;
  wants_output_ = flushed == State::again;
  if (error == SSL_ERROR_NONE) come_.resize(batch_bytes);
  if (flushed == State::ended) why_ = "connection closed";
  return flushed == State::done && error == SSL_ERROR_NONE
             ? State::done
             : (flushed == State::ended ? State::ended : State::again);
}

Stream::Moved TlsStream::read(std::span<const iovec> into) {
  Moved all;
  for (const iovec& piece : into) {
    std::span<std::byte> rest(static_cast<std::byte*>(piece.iov_base), piece.iov_len);
    while (!rest.empty()) {
      const Moved one = read_record(rest);
      // What has come is taken first; the rest is found out next time.
      if (one.state != State::done) return all.bytes > 0 ? all : one;
      all.bytes += one.bytes;
      rest = rest.subspan(one.bytes);
      if (all.bytes >= batch_bytes) return all;
    }
  }
  return all;
}

Stream::Moved TlsStream::read_record(std::span<std::byte> into) {
  const std::lock_guard lock(mutex_);
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &got);
  if (result == 1) return {State::done, got};
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ) return {State::again};
  why_ = reason(error);
  for_good_ = error == SSL_ERROR_SSL;
  return {State::ended};
}

Stream::Moved TlsStream::write(std::span<const iovec> from) {
  Moved all;
  const auto seal_gathered = [&] {
    const bool good = gathered_.empty() || seal(gathered_);
    gathered_.clear();
    return good;
  };
  for (const iovec& piece : from) {
    std::span<const std::byte> rest(static_cast<const std::byte*>(piece.iov_base), piece.iov_len);
    while (!rest.empty()) {
      if (all.bytes >= batch_bytes) {
        if (!seal_gathered()) return {State::ended};
        return all;
      }
      const std::size_t size = std::min(rest.size(), record_bytes - gathered_.size());
      const auto record = rest.first(size);
      if (size < gather_below || !gathered_.empty()) {
        gathered_.insert(gathered_.end(), record.begin(), record.end());
        if (gathered_.size() == record_bytes && !seal_gathered()) return {State::ended};
      } else if (!seal(record)) {
        return {State::ended};
      }
      rest = rest.subspan(size);
      all.bytes += size;
    }
  }
  if (!seal_gathered()) return {State::ended};
  return all;
}

// Memory takes whatever is written to it: a record goes as a whole or not at all.
bool TlsStream::seal(std::span<const std::byte> record) {
  const std::lock_guard lock(mutex_);
  ERR_clear_error();
  under_this_key_ += record.size();
  if (under_this_key_ > rekey_bytes_) {
    under_this_key_ = record.size();
    if (SSL_key_update(ssl_, SSL_KEY_UPDATE_NOT_REQUESTED) != 1) return false;
  }
  std::size_t written = 0;
  return SSL_write_ex(ssl_, record.data(), record.size(), &written) == 1;
}

Stream::State TlsStream::flush() {
  while (true) {
    if (left_ == leaving_.size()) {
      leaving_.clear();
      left_ = 0;
      const std::lock_guard lock(mutex_);
      if (sealed_.empty()) return State::done;
      leaving_.swap(sealed_);
    }
    const ssize_t size = send(socket_, leaving_.data() + left_, leaving_.size() - left_,
                              MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN ? State::again : State::ended;
    left_ += static_cast<std::size_t>(size);
  }
}

std::string TlsStream::reason(int error) const {
  if (error == SSL_ERROR_ZERO_RETURN) return "connection closed";
  if (error == SSL_ERROR_SYSCALL)
    return errno != 0 && errno != EAGAIN ? std::strerror(errno) : "connection closed";
  if (!verdict_.empty()) return verdict_;
  const unsigned long first = ERR_peek_error();
  const int code = ERR_GET_REASON(first);
  if (code == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return "it showed no certificate";
  if (code == SSL_R_WRONG_VERSION_NUMBER || code == SSL_R_HTTP_REQUEST ||
      code == SSL_R_PACKET_LENGTH_TOO_LONG || code == SSL_R_BAD_RECORD_TYPE)
    return "it does not speak TLS; give both sides the same cluster.tls";
  if (code == SSL_R_UNEXPECTED_EOF_WHILE_READING) return "connection closed";
  if (code >= SSL_AD_REASON_OFFSET)
    if (const char* said = meaning(code - SSL_AD_REASON_OFFSET)) return said;
  const char* text = ERR_reason_error_string(first);
  return std::string("TLS: ") + (text != nullptr ? text : "no reason given");
}

}  // namespace troupe
