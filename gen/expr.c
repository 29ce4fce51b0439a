/* expr.c: prints the value of a node at an index as C (CUDA reads the same).
 *
 * takes    a node, the texts of its indices, and which nodes have memory or a given variable
 * gives    statements `const float v3 = ...;` and the name of the result
 * keeps    each value computed once in a place: equal (node, index) share one variable; no load outside of a tensor, ever
 *
 * Maps become expressions; views become arithmetic on indices; a size of 1 is index 0, and terms that are 0 vanish.  */
#include "pass.h"
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct { Node *node; const char *index, *text; } Known;

struct Expr {
    const Fused *f;
    ExprName name;
    void *host;
    int *temporaries;
    Known *known; int knowns;
    bool *here;                         /* by id */
    const Shape *flat;                  /* not NULL: one index for all elements of this shape */
    bool ordered;                       /* a batch is rows of its data, by number */
    char *code; size_t length, size;
};

Expr *expr_new(const Fused *f, ExprName name, void *host, int *temporaries)
{
    Expr *e = mem_new(sizeof *e);
    *e = (Expr){.f = f, .name = name, .host = host, .temporaries = temporaries, .here = mem_new(f->g->nodes + 1)};
    e->code = mem_new(e->size = 256);
    return e;
}

void expr_here(Expr *e, Node *n) { e->here[n->id] = true; }
void expr_flat(Expr *e, const Shape *s) { e->flat = s; }
void expr_ordered(Expr *e) { e->ordered = true; }

static void know(Expr *e, Node *n, const char *index, const char *text)
{
    e->known = mem_more(e->known, e->knowns, sizeof *e->known);
    e->known[e->knowns++] = (Known){n, index, text};
}

void expr_given(Expr *e, Node *n, const char *text) { know(e, n, NULL, text); }

static void append(Expr *e, const char *line)
{
    size_t n = strlen(line);
    if (e->length + n + 2 > e->size) {
        e->size = 2 * (e->size + n);
        char *more = mem_new(e->size);
        memcpy(more, e->code, e->length);
        e->code = more;
    }
    memcpy(e->code + e->length, line, n + 1);
    e->length += n;
}

static const char *statement(Expr *e, const char *type, char letter, const char *value)
{
    const char *name = mem_print("%c%d", letter, (*e->temporaries)++);
    append(e, mem_print("const %s %s = %s;\n", type, name, value));
    return name;
}

static bool mentions(const char *text, const char *name, size_t length)
{
    for (const char *at = text; (at = strstr(at, name)); at += length)
        if (!isalnum((unsigned char)at[length]) && (at == text || !isalnum((unsigned char)at[-1]))) return true;
    return false;
}

/* Without the indices that nothing reads: of a view's axis that turned out to be of size 1. Backwards: uses come after. */
const char *expr_code(const Expr *e)
{
    char *line = e->code + e->length, *kept = (char *)mem_new(e->length + 1) + e->length;
    while (line > e->code) {
        char *end = line--;
        while (line > e->code && line[-1] != '\n') line--;
        size_t length = strncmp(line, "const int ", 10) == 0 ? strcspn(line + 10, " ") : 0;
        if (length && !mentions(kept, mem_print("%.*s", (int)length, line + 10), length)) continue;
        kept -= end - line;
        memcpy(kept, line, (size_t)(end - line));
    }
    return kept;
}

/* ---- indices ---- */

static bool is_plain(const char *s)
{
    while (isalnum((unsigned char)*s) || *s == '_') s++;
    return !*s;
}

static const char *bracket(const char *s) { return is_plain(s) ? s : mem_print("(%s)", s); }

static const char *times(const char *a, int64_t k)
{
    if (strcmp(a, "0") == 0 || k == 0) return "0";
    if (k == 1) return a;
    return mem_print("%s * %" PRId64, bracket(a), k);
}

static const char *plus(const char *a, const char *b)
{
    if (strcmp(a, "0") == 0) return b;
    if (strcmp(b, "0") == 0) return a;
    return mem_print("%s + %s", a, b);
}

const char *expr_index(const Shape *s, const char *const *index)
{
    const char *at = "0";
    for (int k = 0; k < s->rank; k++) {
        if (s->size[k] == 1) continue;
        at = plus(times(at, s->size[k]), index[k]);
    }
    return at;
}

static const char *joined(const Shape *s, const char *const *index)
{
    const char *all = "";
    for (int k = 0; k < s->rank; k++) all = mem_print("%s,%s", all, s->size[k] == 1 ? "0" : index[k]);
    return all;
}

/* The indices in `to` of the element that has these indices in `from`, both in row order. */
static void reindex(const Shape *from, const char *const *index, const Shape *to, const char **out)
{
    int j = 0;
    bool same = true;
    const char *in_order[MAX_RANK];
    int64_t sizes[MAX_RANK];
    int n = 0;
    for (int k = 0; k < from->rank; k++) if (from->size[k] != 1) { sizes[n] = from->size[k]; in_order[n++] = index[k]; }
    for (int k = 0; k < to->rank; k++) {
        out[k] = "0";
        if (to->size[k] == 1) continue;
        same &= j < n && sizes[j] == to->size[k];
        if (same) out[k] = in_order[j];
        j++;
    }
    if (same && j == n) return;
    const char *at = bracket(expr_index(from, index));
    int64_t below = 1;
    for (int k = to->rank - 1; k >= 0; k--) {
        if (to->size[k] != 1) {
            const char *q = below == 1 ? at : mem_print("(%s / %" PRId64 ")", at, below);
            int64_t above = 1;
            for (int i = 0; i < k; i++) above *= to->size[i];
            out[k] = above == 1 ? q : mem_print("%s %% %" PRId64, q, to->size[k]);
        }
        below *= to->size[k];
    }
}

/* ---- leaves ---- */

static const char *literal(double v)
{
    if (isnan(v)) return "NAN";
    if (isinf(v)) return v > 0 ? "INFINITY" : "-INFINITY";
    char *s = mem_print("%.9g", (double)(float)v);
    if (!strpbrk(s, ".e")) s = mem_print("%s.0", s);
    return v < 0 ? mem_print("(%sf)", s) : mem_print("%sf", s);
}

/* Where an element of a batch lies in the data that the batch is some rows of. */
static const char *ordered_index(const Node *n, const Node *memory, const char *const *index)
{
    Shape row = memory->shape;
    const char *at[MAX_RANK];
    reindex(&n->shape, index, &memory->shape, at);
    row.size[0] = 1;
    const char *number = mem_print("order%d[%s]", memory->u.var->source, at[0]);
    int64_t bytes = shape_count(&row);
    return bytes == 1 ? number : plus(mem_print("(size_t)%s * %" PRId64, number, bytes), expr_index(&row, at));
}

static const char *load(Expr *e, Node *n, Node *memory, const char *const *index)
{
    bool bytes = memory->op == OP_batch && memory->u.var->dtype == BURIN_U8;
    const char *at = e->flat ? (shape_count(&n->shape) == 1 ? "0" : index[0]) : expr_index(&n->shape, index);
    const char *name = e->name(e->host, memory);
    if (bytes && e->ordered && memory->u.var->source >= 0) at = ordered_index(n, memory, index);
    return statement(e, "float", 'v', mem_print(bytes ? "(float)%s[%s]" : "%s[%s]", name, at));
}

static const char *make_leaf(Expr *e, Node *n, const char *const *index)
{
    switch (n->op) {
    case OP_const: return literal(n->u.value);
    case OP_iota: return statement(e, "float", 'v', mem_print("(float)(%s)", index[n->u.axis]));
    case OP_step: return statement(e, "float", 'v', "(float)call->step");
    case OP_random: {
        const char *at = e->flat ? index[0] : expr_index(&n->shape, index);
        return statement(e, "float", 'v', mem_print("m_%s(call->seed, %uu, call->step, (uint32_t)(%s))", n->u.random.normal ? "normal" : "uniform", n->u.random.stream, at));
    }
    default: die("expr: %s has no memory", op_name[n->op]);
    }
}

/* ---- maps and views ---- */

static const char *substitute(const char *text, const char *const *operand)
{
    char *out = mem_new(strlen(text) + strlen(operand[0]) * 2 + strlen(operand[1]) * 2 + strlen(operand[2]) * 2 + 1), *o = out;
    for (const char *t = text; *t; t++) {
        if (*t == '$') {
            const char *v = operand[*++t - 'a'];
            o = stpcpy(o, v);
        } else *o++ = *t;
    }
    *o = 0;
    return out;
}

static const char *map_value(Expr *e, Node *n, const char *const *index)
{
    const char *operand[3] = {"", "", ""};
    for (int i = 0; i < n->inputs; i++) {
        const Shape *s = &n->in[i]->shape;
        const char *at[MAX_RANK] = {NULL};
        if (e->flat) at[0] = index[0];
        else for (int k = 0; k < s->rank; k++) at[k] = s->size[k] == 1 ? "0" : index[k + n->shape.rank - s->rank];
        operand[i] = expr_value(e, n->in[i], at);
    }
    if (n->u.fn == FN_copy) return operand[0];
    return statement(e, "float", 'v', substitute(fn_text[n->u.fn], operand));
}

/* Where in the input of a pad axis k lies; `inside` grows by the conditions under which there is something. */
static const char *pad_index(Expr *e, const Node *n, int k, const char *index, const char **inside)
{
    int64_t lo = n->u.pad.lo[k], hi = n->u.pad.hi[k], step = n->u.pad.interior[k] + 1, size = n->in[0]->shape.size[k];
    if (!lo && !hi && step == 1) return index;
    const char *at = lo ? statement(e, "int", 'q', mem_print("%s - %" PRId64, index, lo)) : index;
    const char *test = mem_print("%s%s%s", lo ? mem_print("%s >= 0", at) : "", lo ? " && " : "",
                                 mem_print("%s < %" PRId64, at, (size - 1) * step + 1));
    if (step > 1) test = mem_print("%s && %s %% %" PRId64 " == 0", test, bracket(at), step);
    const char *ok = statement(e, "int", 'b', test);
    *inside = **inside ? mem_print("%s && %s", *inside, ok) : ok;
    return statement(e, "int", 'q', step > 1 ? mem_print("%s ? %s / %" PRId64 " : 0", ok, bracket(at), step) : mem_print("%s ? %s : 0", ok, at));
}

static const char *pad_value(Expr *e, Node *n, const char *const *index)
{
    const char *at[MAX_RANK] = {NULL}, *inside = "";
    for (int k = 0; k < n->shape.rank; k++) at[k] = pad_index(e, n, k, index[k], &inside);
    const char *v = expr_value(e, n->in[0], at);
    return *inside ? statement(e, "float", 'v', mem_print("%s ? %s : 0.0f", inside, v)) : v;
}

static const char *concat_value(Expr *e, Node *n, const char *const *index)
{
    const char *result = NULL;
    int64_t begin = 0;
    for (int i = 0; i < n->inputs; i++) {
        int64_t size = n->in[i]->shape.size[n->u.axis];
        const char *at[MAX_RANK], *here = index[n->u.axis];
        for (int k = 0; k < n->shape.rank; k++) at[k] = index[k];
        const char *ok = statement(e, "int", 'b', begin ? mem_print("%s >= %" PRId64 " && %s < %" PRId64, bracket(here), begin, bracket(here), begin + size)
                                                        : mem_print("%s < %" PRId64, bracket(here), size));
        at[n->u.axis] = statement(e, "int", 'q', begin ? mem_print("%s ? %s - %" PRId64 " : 0", ok, here, begin) : mem_print("%s ? %s : 0", ok, here));
        const char *v = expr_value(e, n->in[i], at);
        result = result ? statement(e, "float", 'v', mem_print("%s ? %s : %s", ok, v, result)) : v;
        begin += size;
    }
    return result;
}

static const char *view_value(Expr *e, Node *n, const char *const *index)
{
    Node *in = n->in[0];
    const char *at[MAX_RANK] = {NULL};
    switch (n->op) {
    case OP_reshape: reindex(&n->shape, index, &in->shape, at); break;
    case OP_transpose: for (int k = 0; k < n->shape.rank; k++) at[n->u.perm[k]] = index[k]; break;
    case OP_slice:
        for (int k = 0; k < n->shape.rank; k++) {
            const char *scaled = times(n->shape.size[k] == 1 ? "0" : index[k], n->u.slice.step[k]);
            at[k] = n->u.slice.start[k] ? plus(scaled, mem_print("%" PRId64, n->u.slice.start[k])) : scaled;
        }
        break;
    case OP_pad: return pad_value(e, n, index);
    case OP_concat: return concat_value(e, n, index);
    default: die("expr: %s is not a view", op_name[n->op]);
    }
    return expr_value(e, in, at);
}

const char *expr_value(Expr *e, Node *n, const char *const *index)
{
    const char *key = e->flat ? (shape_count(&n->shape) == 1 ? "0" : index[0]) : joined(&n->shape, index), *text;
    for (int k = 0; k < e->knowns; k++)
        if (e->known[k].node == n && (!e->known[k].index || strcmp(e->known[k].index, key) == 0)) return e->known[k].text;
    Node *memory = e->here[n->id] ? NULL : fuse_memory(e->f, n);
    if (memory && !e->here[memory->id]) text = load(e, n, memory, index);
    else if (n->op == OP_map) text = map_value(e, n, index);
    else if (n->op == OP_reshape || n->op == OP_transpose || n->op == OP_slice || n->op == OP_pad || n->op == OP_concat) text = view_value(e, n, index);
    else text = make_leaf(e, n, index);
    know(e, n, key, text);
    return text;
}
