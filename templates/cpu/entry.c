| -- entry.c: an entry point: one parallel region; a barrier only where a launch needs what others wrote.
/* $(comment) */
void $(symbol)(const BurinCall *call);
void $(symbol)(const BurinCall *call)
{
    char *const P = call->persistent, *const S = call->scratch;
    const int first = call->first, last = call->last;
    #pragma omp parallel num_threads(call->threads)
    {
        float *const tile = F32(call->thread + (size_t)omp_get_thread_num() * THREAD_BYTES);
        double clock = call->seconds ? m_now() : 0.0;
        (void)tile; (void)P; (void)S;
| for i, l in ipairs(launches) do
        if (first <= $(i - 1) && $(i - 1) < last) {
            #pragma omp for schedule(dynamic, 1) nowait
            for (int chunk = 0; chunk < $(l.chunks); chunk++) $(l.call);
        }
        if (call->seconds) {
            #pragma omp barrier
            const double now = m_now();
            #pragma omp master
            call->seconds[$(i - 1)] += now - clock;
            clock = now;
        }
| if l.barrier then
        #pragma omp barrier
| end
| end
    }
}
