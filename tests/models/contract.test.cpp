#include "tests/models/contract.hpp"

#include "models/logistic.hpp"
#include "models/svm.hpp"

namespace troupe::testing {
namespace {

TEST_CASE("models: svm keeps the contract") {
  Table<ModelKind> table;
  table.add(svm_kind());
  check_models(table, {});
}

TEST_CASE("models: logistic keeps the contract") {
  Table<ModelKind> table;
  table.add(logistic_kind());
  check_models(table, {});
}

}  // namespace
}  // namespace troupe::testing
