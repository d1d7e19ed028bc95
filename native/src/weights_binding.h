#pragma once
#include <napi.h>

namespace refit {

/** Adds `refit` and `engineWeights` of binding.d.ts to the addon. */
void exportWeights(Napi::Env env, Napi::Object exports);

}  // namespace refit
