/* sanitize.h: what the runtimes of g++'s sanitizers are told, where the program was started with one of them in LD_PRELOAD and the
 * kernels were compiled for it (SIM_CXXFLAGS). Elsewhere these functions do nothing.
 *
 * To ThreadSanitizer a CUDA thread is a fiber, and nothing orders fibers but what is said here: all that was done before an
 * arrival at a token comes before what follows a departure from it.                                                  */
#ifndef SIM_SANITIZE_H
#define SIM_SANITIZE_H
#include <stddef.h>

void sanitize_launch(int threads);
void sanitize_switch(int thread);                   /* the stack is about to be switched to that of this thread; of a negative one: the scheduler */
void sanitize_arrive(void *token);
void sanitize_depart(void *token);
void sanitize_fill(void *, unsigned char, size_t);  /* memset() of memory that kernels may not touch all of */
#endif
