/*
 * convert.h - what libarchive reads of one archive, written as a tar
 *
 * Private to the intake, see intake.h for everything that is promised.
 */
#ifndef LAYER_CONVERT_H
#define LAYER_CONVERT_H

#include "layer/foreign.h"
#include "layer/intake.h"

int convert_write(const struct foreign_input *in, const struct stamp *stamp, struct writer *to,
    struct error *err);

#endif
