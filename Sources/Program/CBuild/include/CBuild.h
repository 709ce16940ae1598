// SPDX-License-Identifier: Apache-2.0

#pragma once

/// The commit that the program was built from, as `Tools/build` found it; empty where it was built in another way.
const char *transship_build_commit(void);

/// The version of the Swift compiler, as `Tools/build` found it; empty where the program was built in another way.
const char *transship_build_swift(void);
