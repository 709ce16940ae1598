// SPDX-License-Identifier: Apache-2.0

#include "CBuild.h"

#ifndef TRANSSHIP_COMMIT
#define TRANSSHIP_COMMIT ""
#endif
#ifndef TRANSSHIP_SWIFT
#define TRANSSHIP_SWIFT ""
#endif

const char *transship_build_commit(void) { return TRANSSHIP_COMMIT; }

const char *transship_build_swift(void) { return TRANSSHIP_SWIFT; }
