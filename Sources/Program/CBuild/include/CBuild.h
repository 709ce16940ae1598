// SPDX-License-Identifier: Apache-2.0

#pragma once

/// The commit that the program was built from, as `Tools/build` found it; empty where it was built in another way.
const char *transship_build_commit(void);

/// The version of the Swift compiler, as `Tools/build` found it; empty where the program was built in another way.
const char *transship_build_swift(void);

/// Gives the memory that was freed back to the system, which glibc does by itself only for what lies at the end of a heap. Does nothing
/// elsewhere.
void transship_give_back_free_memory(void);
