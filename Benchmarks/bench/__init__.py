# SPDX-License-Identifier: Apache-2.0

"""Parts of the benchmark scripts: registries, tools, measuring, checking, reporting. Standard library only."""
