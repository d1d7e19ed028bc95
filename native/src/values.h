#pragma once
#include <napi.h>

#include <optional>
#include <string>

#include "bytes.h"

/** JavaScript's plain values, checked: what both addons take. A mismatch throws NativeError BAD_ARGUMENT. */
namespace refit::arguments {

/** @throws NativeError "Expected `expected` for `name` but received", then what `value` is. */
[[noreturn]] void mismatch(const std::string& expected, const std::string& name, const Napi::Value& value);
Napi::Object object(const Napi::Value& value, const char* name);
bool boolean(const Napi::Value& value, const char* name);
/** false where undefined. */
bool optionalBoolean(const Napi::Value& value, const char* name);
/** The bytes of a Uint8Array; none for any other value. */
std::optional<Bytes> uint8Array(const Napi::Value& value);
/** The bytes of a Uint8Array, which stay JavaScript's: keep the value referenced while they are used. */
Bytes bytes(const Napi::Value& value, const char* name);
std::string text(const Napi::Value& value, const char* name);
int integer(const Napi::Value& value, int least, int most, const char* name);

}  // namespace refit::arguments
