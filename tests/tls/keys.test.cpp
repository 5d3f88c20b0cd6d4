/// A CA of our own and what it issues: who is taken for a member, who is not, and the
/// line that says why.
#include "runtime/tls/keys.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/user_error.hpp"

using namespace troupe;

namespace {

const CredentialFiles names{"ca.pem", "a.pem", "a.key"};

Authority authority() { return Authority::make("troupe CA", Validity::days(10)); }

std::string refusal(const Credentials& credentials) {
  try {
    check_credentials(credentials, names);
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
  return {};
}

std::string reading(const CredentialFiles& files) {
  try {
    read_credentials(files);
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("keys: what the CA issues is taken, for names and for addresses") {
  const Authority ca = authority();
  for (const char* host : {"alpha", "alpha.example.org", "10.0.0.1", "fd00::1"}) {
    const Credentials made = ca.issue(host, Validity::days(2));
    CHECK(refusal(made) == "");
    const CertificateFacts facts = certificate_facts(made.certificate);
    CHECK(facts.name == host);
    CHECK(facts.is_for(host));
    CHECK_FALSE(facts.is_for("beta"));
    CHECK(facts.issuer == "troupe CA");
    CHECK(facts.seconds_left > 2 * 86400 - 60);
    CHECK(facts.seconds_left <= 2 * 86400);
  }
}

TEST_CASE("keys: a CA that was written and read again issues to the same cluster") {
  const Authority first = authority();
  const Authority again(first.certificate(), first.key());
  CHECK(refusal(again.issue("beta", Validity::days(2))) == "");
  CHECK(again.issue("beta", Validity::days(2)).authority == first.certificate());
}

TEST_CASE("keys: no certificate outlives its CA") {
  const Credentials made = authority().issue("alpha", Validity::days(700));
  CHECK(certificate_facts(made.certificate).seconds_left <= 10 * 86400);
}

TEST_CASE("keys: two certificates are never the same") {
  const Authority ca = authority();
  const auto print = [&] {
    return certificate_facts(ca.issue("a", Validity::days(2)).certificate).fingerprint;
  };
  CHECK(print() != print());
  CHECK(print().size() == 64);
}

TEST_CASE("keys: an expired certificate is refused with its date") {
  const Credentials made = authority().issue("alpha", {.from = -7200, .until = -3600});
  const std::string until = certificate_facts(made.certificate).until;
  CHECK(refusal(made) ==
        "a.pem: expired on " + until + "; 'troupe keys new DIR HOST...' makes what is needed");
}

TEST_CASE("keys: a certificate of tomorrow is refused and the clock is named") {
  const Credentials made = authority().issue("alpha", {.from = 86400, .until = 2 * 86400});
  CHECK(refusal(made).find("a.pem: is valid from 2") == 0);
  CHECK(refusal(made).find("; look at this machine's clock") != std::string::npos);
}

TEST_CASE("keys: an expired CA is refused though the certificate would do") {
  const Authority ca = Authority::make("old", {.from = -7200, .until = -60});
  CHECK(refusal(ca.issue("alpha", Validity::days(2))).find("ca.pem: expired on 2") == 0);
}

TEST_CASE("keys: a certificate of another CA is refused, even of one with the same name") {
  Credentials made = authority().issue("alpha", Validity::days(2));
  made.authority = authority().certificate();
  CHECK(refusal(made) ==
        "a.pem: is signed by 'troupe CA', and not with the key of ca.pem; take both from one "
        "folder of 'troupe keys new'");
}

TEST_CASE("keys: the key of another certificate is refused") {
  const Authority ca = authority();
  Credentials made = ca.issue("alpha", Validity::days(2));
  made.key = ca.issue("alpha", Validity::days(2)).key;
  CHECK(refusal(made) ==
        "a.key: does not belong to the certificate a.pem; take both from one folder of 'troupe "
        "keys new'");
}

TEST_CASE("keys: what is no PEM is named") {
  Credentials made = authority().issue("alpha", Validity::days(2));
  Credentials other = made;
  other.certificate = "hello";
  CHECK(refusal(other) ==
        "a.pem: holds no certificate in PEM; 'troupe keys new DIR HOST...' makes what is needed");
  other = made;
  other.key = made.certificate;
  CHECK(refusal(other) ==
        "a.key: holds no private key in PEM without a passphrase; 'troupe keys new DIR HOST...' "
        "makes what is needed");
}

TEST_CASE("keys: a host's certificate is no CA's") {
  const Authority ca = authority();
  const Credentials made = ca.issue("alpha", Validity::days(2));
  CHECK(refusal({made.certificate, made.certificate, made.key}) ==
        "ca.pem: is the certificate of 'alpha', which is no CA; give the file ca.pem; 'troupe keys "
        "new DIR HOST...' makes what is needed");
  CHECK_THROWS_WITH_AS(Authority(made.certificate, made.key), "the CA's certificate is none",
                       UserError);
}

TEST_CASE("keys: a CA with another CA's key signs nothing") {
  CHECK_THROWS_WITH_AS(Authority(authority().certificate(), authority().key()),
                       "the CA's key does not belong to its certificate", UserError);
}

TEST_CASE("keys: files are read, and a missing or empty one is named") {
  std::string name = (std::filesystem::temp_directory_path() / "troupe-keys-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  const Credentials made = authority().issue("alpha", Validity::days(2));
  std::ofstream(folder / "ca.pem") << made.authority;
  std::ofstream(folder / "a.pem") << made.certificate;
  std::ofstream(folder / "a.key") << made.key;
  std::ofstream(folder / "empty");
  const CredentialFiles files{folder / "ca.pem", folder / "a.pem", folder / "a.key"};
  CHECK(reading(files) == "");
  CHECK(read_credentials(files).key == made.key);
  CHECK(
      reading({files.authority, folder / "none.pem", files.key})
          .find("none.pem: the certificate cannot be read: No such file or directory; 'troupe keys "
                "new") != std::string::npos);
  CHECK(reading({files.authority, files.certificate, folder / "empty"})
            .find("empty: the private key cannot be read: it is empty") != std::string::npos);
  CHECK(reading({folder, files.certificate, files.key})
            .find("the CA's certificate cannot be read: it is a folder") != std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST_CASE("keys: a host is a name or an address, and never a path") {
  for (const char* good : {"alpha", "alpha-1.example.org", "10.0.0.1", "::1", "a_b"})
    CHECK(is_host(good));
  for (const char* bad : {"", "-a", ".", "..", "a/b", "a b", "a\nb", "*.org", "a:7000"})
    CHECK_FALSE(is_host(bad));
}
