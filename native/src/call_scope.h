#pragma once
#include <memory>

#include "error.h"

namespace refit {

/**
 * What an addon knows of a call from JavaScript beside the exception that ends it. Lives on the call's thread while the
 * call runs. Each addon has its own: the engine's collects the library's log lines (call_scope_engine.cc), that of
 * picture files has nothing to add (call_scope_plain.cc).
 */
class CallScope {
 public:
  CallScope();
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  /** The error with its cause, and with what else is known in its detail. */
  NativeError explained(const NativeError& error) const;

 private:
  struct Facts;
  std::unique_ptr<Facts> facts_;
};

}  // namespace refit
