/* check() lets well-formed graphs pass, and dies of each kind of fault that a pass could make, saying which. */
#include "agree.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A graph to be damaged: %0 and %1 numbers, %2 their sum, %3 its sum over all, %4 a convolution's image, %5 its weights, %6. */
static Graph *sound(Bench *b)
{
    Graph *g = b->g = graph_new("g");
    Node *x = bench_numbers(b, SHAPE(3, 5)), *y = map(b, FN_add, x, bench_numbers(b, SHAPE(5)));
    bench_output(b, "sum", node_reduce(g, y, 3, false), 0, 0);
    node_conv(g, bench_numbers(b, SHAPE(1, 4, 4, 2)), bench_numbers(b, SHAPE(3, 3, 2, 1)), (Conv){{1, 1}, {0, 0}});
    graph_update(g, x->u.var, y);
    return g;
}

/* What check() says of g when it dies, or "" when it returns. In a process of its own. */
static const char *said(const Graph *g)
{
    static char text[1024];
    int ends[2], status;
    if (pipe(ends)) exit(1);
    pid_t child = fork();
    if (child == 0) {
        Catch c;                                        /* a user's error is not what a fault of ours may become */
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        dup2(ends[1], 2);
        fail_to(&c);
        if (setjmp(c.jump)) dprintf(2, "fail: %s", c.message);
        else check(g, "pass");
        _exit(0);
    }
    close(ends[1]);
    ssize_t n = 0, more;
    while ((more = read(ends[0], text + n, sizeof text - 1 - (size_t)n)) > 0) n += more;
    close(ends[0]);
    text[n] = 0;
    text[strcspn(text, "\n")] = 0;
    waitpid(child, &status, 0);
    bool aborted = (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) || (WIFEXITED(status) && WEXITSTATUS(status) != 0);
    return aborted || !n ? text : mem_print("it did not die, but said: %s", text);
}

#define DIES(name, damage, want) do { \
    Graph *g = sound(b); \
    damage; \
    test_text("check: " name, said(g), mem_print("burin: internal error: after pass: g: %s", want)); \
} while (0)

int main(void)
{
    Bench *b = bench_new("check", 1);
    test_text("check: a sound graph", said(sound(b)), "");
    DIES("a number that is not the index", g->node[2]->id = 1, "node 2 has the number 1");
    DIES("no operation", g->node[2]->op = OP_COUNT, "node 2 has no operation");
    DIES("arity", g->node[3]->inputs = 2, "%3 reduce has 2 inputs");
    DIES("arity of a map", g->node[2]->u.fn = FN_neg, "%2 map has 2 inputs");
    DIES("concat of nothing", (g->node[2]->op = OP_concat, g->node[2]->inputs = 0), "%2 concat of nothing");
    DIES("an input that comes later", g->node[2]->in[1] = g->node[3], "%2 reads a node that is not before it");
    DIES("an input of another graph", g->node[2]->in[1] = sound(b)->node[1], "%2 reads a node that is not before it");
    DIES("shape", g->node[3]->shape.size[0] = 2, "%3 reduce has shape 2x1, its inputs give 1x1");
    DIES("inputs that do not fit", g->node[6]->in[1] = g->node[0], "%6 conv: conv: the weights must have 4 axes (KH,KW,I,O), but their shape is 3x5");
    DIES("an output of another graph", g->output[0].node = sound(b)->node[3], "sum is not in the graph");
    DIES("an update of another graph", g->update[0].node = sound(b)->node[2], mem_print("%s is not in the graph", g->update[0].var->name));
    DIES("an update's shape", g->update[0].node = g->node[3], mem_print("%s is updated with shape 1x1", g->update[0].var->name));
    return test_end();
}
