/* A graph as text and as Graphviz, word for word. */
#include "agree.h"

static const char *printed(void (*print)(const Graph *, FILE *), const Graph *g)
{
    static char text[16384];
    FILE *f = tmpfile();
    if (!f) exit(1);
    print(g, f);
    rewind(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

int main(void)
{
    Bench *b = bench_new("text", 1);
    Graph *g = bench_graph(b, "step");
    Node *x = bench_numbers(b, SHAPE(2, 8, 8, 3)), *w = bench_numbers(b, SHAPE(4, 4, 3, 5));
    graph_where((Where){"models/x.lua", 14, "conv2d \"d.conv2\""});
    Node *y = node_conv(g, x, w, (Conv){{2, 2}, {1, 1}});
    graph_where((Where){0});
    Node *s = node_reduce(g, map(b, FN_max, y, number(b, 0)), 7, false);
    bench_output(b, "loss", s, 0, 0);
    graph_update(g, w->u.var, map(b, FN_neg, w, NULL));
    test_text("graph_print", printed(graph_print, g), 
        "graph step: 7 nodes\n"
        "  %0 = param 2x8x8x3 v0\n"
        "  %1 = param 4x4x3x5 v1\n"
        "  %2 = conv 2x4x4x5 (%0, %1) k4 s2 p1                                        -- models/x.lua:14 conv2d \"d.conv2\"\n"
        "  %3 = const scalar 0\n"
        "  %4 = max 2x4x4x5 (%2, %3)\n"
        "  %5 = reduce 1x1x1x5 (%4) sum over 1,2,3\n"
        "  %6 = neg 4x4x3x5 (%1)\n"
        "  output loss = %5\n"
        "  update v1 = %6\n");
    const char *dot = printed(graph_dot, g);
    test("graph_dot opens and closes", !strncmp(dot, "digraph", 7) && strstr(dot, "}\n"), "%s", dot);
    test("graph_dot has an edge for each input", strstr(dot, "->") != NULL, "%s", dot);
    return test_end();
}
