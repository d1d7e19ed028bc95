/*
 * What MSVC's libraries give a DLL and a cross-compiled one lacks: its start and end, static initializers, thread-local storage,
 * and the few C functions that Microsoft's headers define inline over ucrtbase.dll.
 */
#include <process.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

int _fltused = 0;

/* The start of std::type_info; exceptions are matched by name, so nothing calls it. */
void* const type_info_vftable[4] __asm__("??_7type_info@@6B@") = {0};

/* Thread-local variables: the loader gives each thread a copy of what lies between start and end. */
ULONG _tls_index = 0;
__attribute__((section(".tls"))) char _tls_start = 0;
__attribute__((section(".tls$ZZZ"))) char _tls_end = 0;
__attribute__((section(".CRT$XLA"))) PIMAGE_TLS_CALLBACK first_callback = 0;
__attribute__((section(".CRT$XLZ"))) PIMAGE_TLS_CALLBACK last_callback = 0;
__attribute__((section(".rdata$T"))) const IMAGE_TLS_DIRECTORY _tls_used = {
    (ULONG_PTR)&_tls_start, (ULONG_PTR)&_tls_end, (ULONG_PTR)&_tls_index, (ULONG_PTR)(&first_callback + 1), 0, 0};

typedef void (*initializer)(void);
__attribute__((section(".CRT$XCA"))) initializer first_initializer = 0;
__attribute__((section(".CRT$XCZ"))) initializer last_initializer = 0;

static _onexit_table_t at_exit;

int atexit(void (*handler)(void)) { return _register_onexit_function(&at_exit, (_onexit_t)handler); }

BOOL WINAPI start(HINSTANCE library, DWORD reason, LPVOID process_ends) {
  (void)library;
  if (reason == DLL_PROCESS_ATTACH) {
    _initialize_onexit_table(&at_exit);
    for (initializer* each = &first_initializer; each < &last_initializer; ++each)
      if (*each) (*each)();
  }
  if (reason == DLL_PROCESS_DETACH && !process_ends) _execute_onexit_table(&at_exit);
  return TRUE;
}

/* _CRT_INTERNAL_PRINTF_STANDARD_SNPRINTF_BEHAVIOR */
static const unsigned long long c99_snprintf = 2;

int vsnprintf(char* to, size_t size, const char* format, va_list arguments) {
  return __stdio_common_vsprintf(c99_snprintf, to, size, format, NULL, arguments);
}
int snprintf(char* to, size_t size, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int written = vsnprintf(to, size, format, arguments);
  va_end(arguments);
  return written;
}
int vfprintf(FILE* file, const char* format, va_list arguments) {
  return __stdio_common_vfprintf(0, file, format, NULL, arguments);
}
int fprintf(FILE* file, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int written = vfprintf(file, format, arguments);
  va_end(arguments);
  return written;
}
int sscanf(const char* from, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int read = __stdio_common_vsscanf(0, from, (size_t)-1, format, NULL, arguments);
  va_end(arguments);
  return read;
}
/* long double is double in Microsoft's ABI. */
long double strtold(const char* text, char** end) { return strtod(text, end); }
long double wcstold(const wchar_t* text, wchar_t** end) { return wcstod(text, end); }

/* Touches each page of a large stack frame, rax bytes, and keeps rax: Windows grows the stack by one page at a time. */
__asm__(
    ".globl __chkstk\n"
    "__chkstk:\n"
    "  pushq %rcx\n"
    "  pushq %rax\n"
    "  cmpq $0x1000, %rax\n"
    "  leaq 24(%rsp), %rcx\n"
    "  jb 2f\n"
    "1: subq $0x1000, %rcx\n"
    "  testq %rcx, (%rcx)\n"
    "  subq $0x1000, %rax\n"
    "  cmpq $0x1000, %rax\n"
    "  ja 1b\n"
    "2: subq %rax, %rcx\n"
    "  testq %rcx, (%rcx)\n"
    "  popq %rax\n"
    "  popq %rcx\n"
    "  ret\n");
