#include "values.h"

#include <cmath>

#include "error.h"

namespace refit::arguments {
namespace {

std::string described(const Napi::Value& value) {
  switch (value.Type()) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_boolean: return value.As<Napi::Boolean>().Value() ? "true" : "false";
    case napi_number: return value.ToString().Utf8Value();
    case napi_string: return "string";
    case napi_function: return "function";
    case napi_bigint: return "bigint";
    case napi_symbol: return "symbol";
    default: break;
  }
  if (value.IsArray()) return "array of " + std::to_string(value.As<Napi::Array>().Length());
  if (value.IsTypedArray())
    return "typed array of " + std::to_string(value.As<Napi::TypedArray>().ByteLength()) + " bytes";
  return "object";
}

}  // namespace

void mismatch(const std::string& expected, const std::string& name, const Napi::Value& value) {
  throw NativeError(ErrorCode::BadArgument,
                    "Expected " + expected + " for " + name + " but received " + described(value));
}

Napi::Object object(const Napi::Value& value, const char* name) {
  if (!value.IsObject() || value.IsArray() || value.IsFunction()) mismatch("object", name, value);
  return value.As<Napi::Object>();
}

bool boolean(const Napi::Value& value, const char* name) {
  if (!value.IsBoolean()) mismatch("boolean", name, value);
  return value.As<Napi::Boolean>().Value();
}

bool optionalBoolean(const Napi::Value& value, const char* name) {
  return !value.IsUndefined() && boolean(value, name);
}

std::optional<Bytes> uint8Array(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) return std::nullopt;
  const auto array = value.As<Napi::Uint8Array>();
  return Bytes{array.Data(), array.ByteLength()};
}

Bytes bytes(const Napi::Value& value, const char* name) {
  const std::optional<Bytes> found = uint8Array(value);
  if (!found) mismatch("Uint8Array", name, value);
  return *found;
}

std::string text(const Napi::Value& value, const char* name) {
  if (!value.IsString()) mismatch("string", name, value);
  return value.As<Napi::String>().Utf8Value();
}

int integer(const Napi::Value& value, int least, int most, const char* name) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!(number >= least && number <= most) || number != std::floor(number))
    mismatch("integer from " + std::to_string(least) + " to " + std::to_string(most), name, value);
  return static_cast<int>(number);
}

}  // namespace refit::arguments
