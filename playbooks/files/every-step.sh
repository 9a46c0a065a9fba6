#!/bin/sh
# The program of every-step.yml: prints its arguments the other way round.
printf '%s %s\n' "$2" "$1"
