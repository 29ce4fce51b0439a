/* sanitize.c: what ThreadSanitizer and AddressSanitizer are told of the simulated card's threads and stacks. */
#include "sanitize.h"
#include "machine.h"

/* Absent where no such runtime is loaded. */
#define IF_LOADED(type, name, parameters) type name parameters __attribute__((weak));
IF_LOADED(void *, __tsan_get_current_fiber, (void))
IF_LOADED(void *, __tsan_create_fiber, (unsigned flags))
IF_LOADED(void, __tsan_switch_to_fiber, (void *, unsigned flags))
IF_LOADED(void, __tsan_acquire, (void *))
IF_LOADED(void, __tsan_release, (void *))

enum { SWITCH_ORDERS_NOTHING = 1 };

static void *fiber[SIM_THREADS], *scheduler;        /* made when first needed, and kept */

void sanitize_launch(int threads)
{
    if (!__tsan_create_fiber) return;
    scheduler = __tsan_get_current_fiber();
    for (int t = 0; t < threads; t++)
        if (!fiber[t]) fiber[t] = __tsan_create_fiber(0);
}

void sanitize_switch(int thread)
{
    if (__tsan_switch_to_fiber) __tsan_switch_to_fiber(thread < 0 ? scheduler : fiber[thread], SWITCH_ORDERS_NOTHING);
}

void sanitize_arrive(void *token)
{
    if (__tsan_release) __tsan_release(token);
}

void sanitize_depart(void *token)
{
    if (__tsan_acquire) __tsan_acquire(token);
}

/* By an instruction, since the runtimes look into memset() too. */
void sanitize_fill(void *to, unsigned char byte, size_t bytes)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(byte) : "memory");
}
