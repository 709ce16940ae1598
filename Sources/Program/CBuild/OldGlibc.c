// SPDX-License-Identifier: Apache-2.0

// `hypot` got a new symbol version in glibc 2.35, and is the only function for which the program would need a C library newer than
// 2.34. The release brings its own: the sum of two squares fits a long double, so that nothing overflows or is lost.

#ifdef TRANSSHIP_OLD_GLIBC

#include <math.h>

double hypot(double x, double y) {
    if (isinf(x) || isinf(y)) return INFINITY;
    return (double)sqrtl((long double)x * x + (long double)y * y);
}

float hypotf(float x, float y) {
    if (isinf(x) || isinf(y)) return INFINITY;
    return (float)sqrt((double)x * x + (double)y * y);
}

#endif
