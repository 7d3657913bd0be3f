/*
 * analyse.h - included before each file when an analyser reads it
 *
 * An analyser sees one file at a time: that the functions of core/error.h always return -1 is
 * in their contract, and told to it here. Not for core/error.c, which defines them.
 */
#ifndef TOOLS_ANALYSE_H
#define TOOLS_ANALYSE_H

#include "core/error.h"

#define error_set(...) ((error_set)(__VA_ARGS__), -1)
#define error_system(...) ((error_system)(__VA_ARGS__), -1)
#define error_memory(...) ((error_memory)(__VA_ARGS__), -1)
#define error_context(...) ((error_context)(__VA_ARGS__), -1)

#endif
