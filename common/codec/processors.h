/*
 * processors.h - how many processors this process may use
 *
 * Threads: safe from any; nothing is kept.
 */
#ifndef CODEC_PROCESSORS_H
#define CODEC_PROCESSORS_H

/* At least 1: those of our affinity mask where the system has one, else those online. */
unsigned int processors_usable(void);

/* The two ways, for the tests. 0: this way is not to be had here. */
unsigned int processors_affine(void);
unsigned int processors_online(void);

#endif
