/* session.h: a program on a device: its variables, its entry points. What train, sample and bench have in common. */
#ifndef BURIN_SESSION_H
#define BURIN_SESSION_H
#include "device.h"

typedef struct {
    const BurinProgram *program;
    const DeviceType *type;
    Device *device;
    uint64_t seed;
    int step, sample;           /* entries, by index; sample is -1 where there is none */
    int stands;                 /* the entry whose leading launches (BurinEntry.lead) need not run again; -1: none */
    Word built;                 /* how the kernels came: "compiled in 3.4 s" */
} Session;

/* Opens the device, takes the memory (a refusal need not wait for the compiler), builds. The variables are zero until session_init() or checkpoint_restore(). */
int session_open(Session *, const BurinProgram *, const DeviceType *, const DeviceOptions *, uint64_t seed, Error *);
void session_close(Session *);

int session_init(Session *, Error *);               /* variables as the spec says, from the seed (philox.h) */
int entry_find(const BurinProgram *, const char *name);          /* -1: none */
int entry_images(const BurinProgram *, int entry);   /* of one call: the step's batch, or the samples drawn at once */

/* Variables in memory order; `bytes` of BurinVar. */
int session_put(Session *, const BurinVar *, const void *, Error *);
int session_get(Session *, const BurinVar *, void *, Error *);

/* A copy of all but the batches, one after the other: how large it is, and into it. */
size_t session_variables_bytes(const BurinProgram *);
int session_variables(Session *, char *to, Error *);

/* Runs an entry and waits. session_timed() runs all launches and adds the time of each to seconds[]; session_run() leaves out
 * what stands from the call before.                                                                                  */
int session_run(Session *, int entry, uint64_t step, Error *);
int session_part(Session *, int entry, uint64_t step, int first, int last, Error *);      /* launches first .. last-1 */
int session_timed(Session *, int entry, uint64_t step, double *seconds, Error *);

/* Begins a call, and waits for its end only where the device does; with `seconds` as session_timed(). Then session_reports() waits for
 * the oldest call begun whose reports were not taken, and takes them: value[i] of output i, samples left out. Where session_ahead(), one
 * more call may be begun before that.                                                                                 */
int session_begin(Session *, int entry, uint64_t step, double *seconds, Error *);
int session_reports(Session *, int entry, float *value, int values, Error *);
bool session_ahead(const Session *, int entry);

/* A report's number, after a run. */
int session_number(Session *, const BurinOutput *, float *, Error *);

/* `count` samples as the program draws them from noise (seed, 0), (seed, 1), ...: malloced floats (count, H, W, C), which
 * the caller frees. With them the output that they came from: shape and range.                                      */
float *session_samples(Session *, uint64_t seed, int count, const BurinOutput **, Error *);
const BurinOutput *samples_output(const BurinProgram *);         /* NULL: the spec has no samples */
#endif
