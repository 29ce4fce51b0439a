| -- entry.c: an entry point: one parallel region, in which the threads take chunk after chunk of launch after launch; a barrier
| -- stands only where a launch needs what others wrote.
static void $(symbol)_launch(const BurinCall *call, float *tile, int launch, int chunk)
{
    char *const P = call->persistent, *const S = call->scratch;
    (void)P; (void)S; (void)tile;
    switch (launch) {
| for i, l in ipairs(launches) do
    case $(i - 1): $(l.call); break;
| end
    }
}

/* $(comment) */
void $(symbol)(const BurinCall *call);
void $(symbol)(const BurinCall *call)
{
    static const struct { int chunks, barrier; } launch[$(#launches)] = {
$(table_of_launches)
    };
    const int first = max_int(call->first, 0), last = min_int(call->last, $(#launches));
    #pragma omp parallel num_threads(call->threads)
    {
        float *const tile = F32(call->thread + (size_t)omp_get_thread_num() * THREAD_BYTES);
        double clock = call->seconds ? m_now() : 0.0;
        for (int l = first; l < last; l++) {
            #pragma omp for schedule(dynamic, 1) nowait
            for (int chunk = 0; chunk < launch[l].chunks; chunk++) $(symbol)_launch(call, tile, l, chunk);
            if (call->seconds) {
                #pragma omp barrier
                const double now = m_now();
                #pragma omp master
                call->seconds[l] += now - clock;
                clock = now;
            }
            if (launch[l].barrier) {
                #pragma omp barrier
            }
        }
    }
}
