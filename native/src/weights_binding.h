#pragma once
#include <napi.h>

namespace refit {

/** Adds the functions that read and write files and put weights into engines: binding.d.ts says what each is for. */
void exportWeights(Napi::Env env, Napi::Object exports);

}  // namespace refit
