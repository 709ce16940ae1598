// SPDX-License-Identifier: Apache-2.0

// Swift's runtime reads the arguments from /proc/self/cmdline. Where /proc is not mounted, as in a bare chroot, the program would
// seem to have been called without any. glibc hands the arguments of main to constructors, too.

#if defined(__linux__)
#include <features.h>
#endif

#ifdef __GLIBC__
extern void _swift_stdlib_overrideUnsafeArgvArgc(char **arguments, int count);

__attribute__((constructor)) static void keep_arguments(int count, char **arguments) {
    _swift_stdlib_overrideUnsafeArgvArgc(arguments, count);
}
#endif
