#pragma once
#include <napi.h>

namespace refit {

/** Adds `buildEngine` and `buildEngineFile` of binding.d.ts to the addon. */
void exportBuilds(Napi::Env env, Napi::Object exports);

}  // namespace refit
