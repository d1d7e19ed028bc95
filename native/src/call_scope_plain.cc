#include "call_scope.h"

namespace refit {

struct CallScope::Facts {};

CallScope::CallScope() = default;
CallScope::~CallScope() = default;

NativeError CallScope::explained(const NativeError& error) const { return error; }

}  // namespace refit
