#include "call_scope.h"
#include "device.h"
#include "log.h"

namespace refit {
namespace {

/** Whether an error is a failure of the engine library, which seldom gives the reason. */
bool isLibrarys(ErrorCode code) {
  switch (code) {
    case ErrorCode::EngineInvalid:
    case ErrorCode::RefitFailed:
    case ErrorCode::WeightsMissing:
    case ErrorCode::SerializeFailed:
    case ErrorCode::SessionFailed:
    case ErrorCode::RunFailed: return true;
    default: return false;
  }
}

/** The library reports a lack of memory in its log alone, by these words. For files that it cannot read they may be
 * wrong. */
bool isForWantOfMemory(ErrorCode code, const std::string& log) {
  return (code == ErrorCode::SessionFailed || code == ErrorCode::RunFailed) &&
         (log.find("out of memory") != std::string::npos || log.find("OutOfMemory") != std::string::npos);
}

}  // namespace

struct CallScope::Facts {
  LogScope log;
};

CallScope::CallScope() : facts_(std::make_unique<Facts>()) {}
CallScope::~CallScope() = default;

/** Gives a fault of the GPU, or its full memory, as the error where that is the cause: then another remedy helps. */
NativeError CallScope::explained(const NativeError& error) const {
  const std::string log = facts_->log.text();
  const std::string detail = error.detail + (error.detail.empty() || log.empty() ? "" : "\n") + log;
  if (!isLibrarys(error.code)) return {error.code, error.what(), detail};
  if (const std::string fault = contextFault(); !fault.empty())
    return {ErrorCode::Cuda, error.what(), fault + (detail.empty() ? "" : "\n") + detail};
  return {isForWantOfMemory(error.code, detail) ? ErrorCode::OutOfVram : error.code, error.what(), detail};
}

}  // namespace refit
