// SPDX-License-Identifier: Apache-2.0

#include "CBuild.h"

#if defined(__linux__)
#include <features.h>
#endif

#ifdef __GLIBC__
#include <malloc.h>

void transship_give_back_free_memory(void) { malloc_trim(0); }
#else
void transship_give_back_free_memory(void) {}
#endif
