| -- entry.c: an entry point: one parallel region, in which the threads take chunk after chunk of launch after launch; a barrier
| -- stands only where a launch needs what others wrote. Each thread begins with its own share of a launch's chunks, which are the
| -- same images in most launches: it finds in its cache what it wrote before. When done it takes from the other shares.
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
    int taken[call->threads][$(ceil(#launches / 16) * 16 + 16)];     /* chunks of each thread's share; a thread's are cache lines of its own */
    memset(taken, 0, sizeof taken);
    #pragma omp parallel num_threads(call->threads)
    {
        const int self = omp_get_thread_num(), threads = omp_get_num_threads();
        float *const tile = F32(call->thread + (size_t)self * THREAD_BYTES);
        double clock = call->seconds ? m_now() : 0.0;
        for (int l = first; l < last; l++) {
            for (int k = 0; k < threads; k++) {
                const int owner = (self + k) % threads, chunks = launch[l].chunks, end = chunks * (owner + 1) / threads;
                for (int chunk;;) {
                    #pragma omp atomic capture
                    chunk = taken[owner][l]++;
                    chunk += chunks * owner / threads;
                    if (chunk >= end) break;
                    $(symbol)_launch(call, tile, l, chunk);
                }
            }
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
