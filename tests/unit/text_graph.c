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
    graph_update(g, w->u.var, w);                       /* the next one takes its place */
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
    test_text("graph_dot", printed(graph_dot, g),
        "digraph \"step\" {\n"
        "  node [shape=box, style=filled, fontname=\"sans-serif\", fontsize=10]\n"
        "  n0 [label=\"param v0\\n2x8x8x3\\n\", fillcolor=\"#cfe8cf\"]\n"
        "  n1 [label=\"param v1\\n4x4x3x5\\n\", fillcolor=\"#cfe8cf\"]\n"
        "  n2 [label=\"conv k4 s2 p1\\n2x4x4x5\\nmodels/x.lua:14 conv2d \\\"d.conv2\\\"\", fillcolor=\"#f6d5b0\"]\n"
        "  n0 -> n2\n"
        "  n1 -> n2\n"
        "  n4 [label=\"max\\n2x4x4x5\\n\", fillcolor=\"#ffffff\"]\n"
        "  n2 -> n4\n"
        "  n4_1 [label=\"0\", shape=plaintext, style=\"\"]\n"
        "  n4_1 -> n4\n"
        "  n5 [label=\"reduce sum over 1,2,3\\n1x1x1x5\\n\", fillcolor=\"#d7d3f0\"]\n"
        "  n4 -> n5\n"
        "  n6 [label=\"neg\\n4x4x3x5\\n\", fillcolor=\"#ffffff\"]\n"
        "  n1 -> n6\n"
        "  o0 [label=\"loss\", shape=ellipse, fillcolor=\"#f3b8b8\"]\n"
        "  n5 -> o0\n"
        "  u0 [label=\"update v1\", shape=ellipse, fillcolor=\"#f3b8b8\"]\n"
        "  n6 -> u0\n"
        "}\n");
    Graph *fixed = bench_graph(b, "say \"a\\b\"");         /* names are the user's */
    bench_output(b, "one", number(b, 1), 0, 0);
    test_text("graph_dot: names in quotes, and an output that is a constant", printed(graph_dot, fixed),
        "digraph \"say \\\"a\\\\b\\\"\" {\n"
        "  node [shape=box, style=filled, fontname=\"sans-serif\", fontsize=10]\n"
        "  o0 [label=\"one\", shape=ellipse, fillcolor=\"#f3b8b8\"]\n"
        "  o0_0 [label=\"1\", shape=plaintext, style=\"\"]\n"
        "  o0_0 -> o0\n"
        "}\n");
    return test_end();
}
