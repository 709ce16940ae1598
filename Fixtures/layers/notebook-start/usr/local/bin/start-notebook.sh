#!/bin/sh
echo "a fixture, not a notebook" >&2
exit 1
