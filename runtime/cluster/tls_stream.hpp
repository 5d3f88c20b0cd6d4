/// A connection through TLS 1.3 of which both ends show a certificate of the same CA. It
/// knows no names of hosts: whoever has a certificate of the CA belongs to the cluster.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/cluster/stream.hpp"
#include "runtime/tls/keys.hpp"

namespace troupe {

/// What a process shows to others, and by what it judges them. Made once, from texts that
/// are read once: no file is opened when somebody connects.
class TlsIdentity {
 public:
  /// Throws UserError (exit 2) when they do not make an identity.
  explicit TlsIdentity(const Credentials& credentials);

  SSL_CTX* context() const { return context_.get(); }
  /// Said openly by members who connect, made of the CA's certificate. Whoever lacks it is
  /// no member; whoever has it may have overheard it.
  const std::string& mark() const { return mark_; }

  /// Bytes under one key of a connection. AES-GCM should see no more than 2^24.5 records
  /// of it (RFC 8446, 5.5).
  std::uint64_t rekey_bytes = std::uint64_t{1} << 36;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::string mark_;
};

class TlsStream final : public Stream {
 public:
  enum class Role { dials, answers };
  /// The identity outlives the stream; the socket is not owned.
  TlsStream(int socket, const TlsIdentity& identity, Role role);
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// Before anything else. again: wait until the socket can be written when
  /// wants_output(), read otherwise. ended: why() is for people.
  State shake_hands();
  bool wants_output() const { return wants_output_; }

  Moved read(std::span<const iovec> into) override;
  Moved write(std::span<const iovec> from) override;
  State flush() override;

  // For the library's own calls alone.
  long pull(char* into, std::size_t size);
  void push(const char* from, std::size_t size) {
    sealed_.insert(sealed_.end(), from, from + size);
  }
  void judge(int error, X509* certificate);

 private:
  Moved read_record(std::span<std::byte> into);
  bool seal(std::span<const std::byte> record);
  std::string reason(int result) const;

  int socket_;
  std::uint64_t rekey_bytes_;
  std::uint64_t under_this_key_ = 0;
  bool wants_output_ = false;
  std::string verdict_;  // on the other side's certificate
  std::vector<std::byte> gathered_;
  std::vector<char> leaving_;  // the writer's alone
  std::size_t left_ = 0;       // of it, gone

  std::mutex mutex_;  // of what follows: reading writes now and then
  SSL* ssl_ = nullptr;
  std::vector<char> sealed_;
  std::vector<char> come_;  // from the socket, [first_, last_) of it not taken yet
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};

}  // namespace troupe
