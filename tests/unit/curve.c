/* Training steps of models/dcgan_mnist.lua, batch 16, on the simulated card and on the CPU: the same losses, but for rounding. There are
 * 30 of them, and 200 with TEST_STEPS=200, which takes the simulated card ten minutes.
 *
 * A GAN makes a difference of rounding grow: here from 1e-7 to 1e-3 in 20 steps, until after 100 or so the runs are different ones.
 * So no fixed bound says what rounding is. What it does to this run is seen on the CPU: plain C and other instruction sets add in
 * another order, and their curves leave the first one's at a speed that the training sets, whoever computes it. At each step the card
 * may be FACTOR times as far from the CPU as any of them has been up to then (it was at most 1.7 times). A kernel that is wrong by more
 * than rounding is outside of that in the first steps, when rounding has not grown; later ones show that training goes on as well.
 *
 * curve print [SET]: the differences, a step a line; SET is an option of the spec for the card alone, as a fault.     */
#include "test.h"
#include "targets.h"
#include "../../gen/compile.h"
#include "../../runtime/feed.h"
#include "../model/synthetic.h"
#include <math.h>

enum { STEPS = 200, USUAL = 30, REPORTS = 4 };
static const double FACTOR = 4, LEAST = 4e-7;      /* of a number near 1: some units in the last place */

typedef struct { float report[STEPS][REPORTS]; int reports; } Curve;

static int steps_to_do(void)
{
    const char *asked = getenv("TEST_STEPS");
    int n = asked ? atoi(asked) : USUAL;
    return n > 0 && n <= STEPS ? n : USUAL;
}

/* `set`: an option of the spec, or NULL */
static bool train(Curve *c, const Target *on, const char *set, Error *e)
{
    const char *const sets[] = {"batch=16", "samples=1", set};
    CompileOptions o = {.spec = "models/dcgan_mnist.lua", .home = ".", .set = sets, .sets = set ? 3 : 2, .target = on->target, .isa = on->isa};
    Compiled *made = compile(&o, e->text, sizeof e->text);
    if (!made) return false;
    const BurinProgram *p = compiled_program(made);
    Session s;
    Feed f;
    DataPlaces places = {.data = test_folder()};
    DeviceOptions options = {.threads = 1};
    if (session_open(&s, p, on->device, &options, 3, e) || feed_open(&f, p, &places, e) || session_init(&s, e)) return false;
    const BurinEntry *step = &p->entry[s.step];
    c->reports = step->outputs < REPORTS ? step->outputs : REPORTS;
    for (int k = 0; k < steps_to_do(); k++) {
        if (feed_step(&f, &s, k, e) || session_run(&s, s.step, (uint64_t)k, e)) return false;
        for (int i = 0; i < c->reports; i++)
            if (session_number(&s, &step->output[i], &c->report[k][i], e)) return false;
    }
    feed_close(&f);
    session_close(&s);
    compiled_free(made);
    return true;
}

/* How far two curves are apart at a step. */
static double apart(const Curve *a, const Curve *b, int k)
{
    double most = 0;
    for (int i = 0; i < a->reports; i++) {
        double d = fabs((double)a->report[k][i] - b->report[k][i]) / fmax(1, fabs((double)a->report[k][i]));
        if (!(d <= most)) most = isnan(d) ? INFINITY : d;
    }
    return most;
}

/* other[]: the CPU's with another order of sums */
static void hold(const char *name, const Curve *cpu, const Curve *other, int others, const Curve *card, bool print)
{
    double rounding = LEAST, worst = 0, at_worst = 0;
    int step = 0;
    for (int k = 0; k < steps_to_do(); k++) {
        double d = apart(cpu, card, k);
        for (int i = 0; i < others; i++) rounding = fmax(rounding, apart(cpu, &other[i], k));
        if (print) printf("%3d %.2e %.2e  %g %g\n", k + 1, rounding, d, cpu->report[k][0], card->report[k][0]);
        if (d / rounding > worst) worst = d / rounding, at_worst = d, step = k + 1;
    }
    printf("%s: at most %.2g times as far as rounding, at step %d; rounding ends at %.1e\n", name, worst, step, rounding);
    test(name, worst <= FACTOR, "step %d is off by %.2g, %.2g times what another order of sums makes on the CPU", step, at_worst, worst);
}

int main(int argc, char **argv)
{
    static Curve cpu, other[2], card;
    static const Target orders[] = {{"cpu", "c", &dev_cpu}, {"cpu", "sse2", &dev_cpu}};
    const Target *on_card = target(CARD);
    Error e = {""};
    Cpu it;
    cpu_read(&it);
    const char *missing = target_missing(on_card);
    if (missing) return test_skip("curve", missing), 0;
    if (synthetic_write(test_folder())) return perror("synthetic data"), 1;
    setenv("SIM_CXXFLAGS", "-O3", 0);       /* so many steps are worth the compiler's time */
    int others = 0;
    for (int i = 0; i < 2; i++) {
        if (target_missing(&orders[i]) || !strcmp(orders[i].isa, it.isa)) continue;
        if (!test(path_of("curve: trains, %s", orders[i].isa).s, train(&other[others++], &orders[i], NULL, &e), "%s", e.text)) return 1;
    }
    const Target here = {"cpu", it.isa, &dev_cpu};
    if (test("curve: trains, cpu", train(&cpu, &here, NULL, &e), "%s", e.text) &&
        test("curve: trains, card", train(&card, on_card, argc > 2 ? argv[2] : NULL, &e), "%s", e.text))
        hold("curve: the card's losses are the CPU's", &cpu, other, others, &card, argc > 1);
    test_folder_end();
    return test_end();
}
