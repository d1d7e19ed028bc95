/*
 * Stands in for three NSIS plug-ins that no package registry has, so that electron-builder's own installer scripts can be compiled
 * and run in tests: UAC (elevated is who REFIT_TEST_ELEVATED says) and WinShell (an application's name on a shortcut).
 */
typedef unsigned short wide;
typedef struct stack {
  struct stack* next;
  wide text[1];
} stack;

__declspec(dllimport) void* __stdcall GlobalFree(void* memory);
__declspec(dllimport) void* __stdcall GlobalAlloc(unsigned flags, unsigned bytes);
__declspec(dllimport) unsigned __stdcall GetEnvironmentVariableW(const wide* name, wide* value, unsigned most);

static int pop(stack** top, wide* to, int most) {
  stack* first = *top;
  if (!first) return 0;
  int i = 0;
  for (; i < most - 1 && first->text[i]; i++) to[i] = first->text[i];
  to[i] = 0;
  *top = first->next;
  GlobalFree(first);
  return 1;
}

static void push(stack** top, wide digit) {
  stack* first = GlobalAlloc(0x40, sizeof(stack) + 1024 * 2);
  first->text[0] = digit;
  first->next = *top;
  *top = first;
}

/*
 * UAC::_ <number>[s]: whether it runs elevated (2): as the environment says; whether it is the elevated half of a setup (3), start
 * that half (0): no. With an s the answer goes on the stack, else into $0; 0 in $0 and $1 is "this system has no such thing".
 */
__declspec(dllexport) void _(void* window, int length, wide* variables, stack** top, void* extra) {
  (void)window, (void)extra;
  wide said[64] = {0};
  pop(top, said, 64);
  if (said[0] && said[1] == 's') {
    wide value[2];
    const int isElevated = GetEnvironmentVariableW(L"REFIT_TEST_ELEVATED", value, 2) == 1;
    push(top, said[0] == '2' && isElevated ? '1' : '0');
    return;
  }
  for (int i = 0; i < 4; i++) {
    variables[i * length] = '0';
    variables[i * length + 1] = 0;
  }
}

#define TAKES(name, arguments) \
  __declspec(dllexport) void name(void* window, int length, wide* variables, stack** top, void* extra) { \
    (void)window, (void)length, (void)variables, (void)extra; \
    wide ignored[1024]; \
    for (int i = 0; i < arguments; i++) pop(top, ignored, 1024); \
  }
TAKES(UninstAppUserModelId, 1)
TAKES(UninstShortcut, 1)
TAKES(SetLnkAUMI, 2)

int __stdcall start(void* library, unsigned reason, void* reserved) { return (void)library, (void)reason, (void)reserved, 1; }
