/* blocks.h: whether blocks of a launch keep out of each other's way: blocks.c. */
#ifndef SIM_BLOCKS_H
#define SIM_BLOCKS_H

void blocks_launch(void);                           /* nothing was touched yet */

/* Block `block` touches global memory: NULL, or what another block has done there in this launch. */
const char *blocks_touch(const void *at, int bytes, int writes, unsigned block);
#endif
