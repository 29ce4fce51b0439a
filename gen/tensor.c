/* tensor.c: the ops as Lua sees them: tensors are values with operators, numbers become constants. */
#include "spec.h"
#include <string.h>

typedef struct { Node *node; Graph *graph; } Tensor;

int tensor_push(lua_State *L, Node *n)
{
    Tensor *t = lua_newuserdatauv(L, sizeof *t, 0);
    *t = (Tensor){n, spec_trace(L)->graph};
    luaL_setmetatable(L, "burin.tensor");
    return 1;
}

Node *tensor_get(lua_State *L, int index)
{
    Graph *g = spec_graph(L);
    if (lua_type(L, index) == LUA_TNUMBER) return node_const(g, lua_tonumber(L, index), (Shape){0});
    Tensor *t = luaL_testudata(L, index, "burin.tensor");
    if (!t) fail("expected a tensor or a number, got a %s", luaL_typename(L, index));
    if (t->graph != g)
        fail("a tensor of the step \"%s\" is used in the step \"%s\"; compute it there again, or keep it in a state", t->graph->name, g->name);
    return t->node;
}

/* ---- arguments ---- */

/* A 1-based axis, or one counted from the end when negative. */
static int get_axis(lua_State *L, int index, int rank)
{
    int whole;
    lua_Integer a = lua_tointegerx(L, index, &whole);
    if (!whole || a == 0 || a > rank || a < -rank) fail("axis %s does not exist; the tensor has axes 1 to %d", luaL_tolstring(L, index, NULL), rank);
    return (int)(a > 0 ? a - 1 : rank + a);
}

/* Field `name` of the table at 3 as two numbers: {2, 1}, or 2 for both; `preset` when it is missing. */
static void get_pair(lua_State *L, const char *name, int64_t preset, int64_t least, int64_t out[2])
{
    out[0] = out[1] = preset;
    if (!lua_istable(L, 3)) return;
    lua_getfield(L, 3, name);
    for (int k = 0; k < 2 && !lua_isnil(L, -1); k++) {
        int whole;
        if (lua_istable(L, -1)) lua_geti(L, -1, k + 1);
        else lua_pushvalue(L, -1);
        out[k] = lua_tointegerx(L, -1, &whole);
        if (!whole || out[k] < least) fail("%s must be a whole number of at least %d, or a pair of them", name, (int)least);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static Conv get_conv(lua_State *L)
{
    Conv c;
    get_pair(L, "stride", 1, 1, c.stride);
    get_pair(L, "padding", 0, 0, c.padding);
    return c;
}

/* Element k of the list at `index`, or `preset` when the list or the element is missing. */
static int64_t get_element(lua_State *L, int index, int k, int64_t preset)
{
    if (lua_isnoneornil(L, index)) return preset;
    luaL_checktype(L, index, LUA_TTABLE);
    int64_t v = preset;
    if (lua_geti(L, index, k + 1) != LUA_TNIL) {
        int whole;
        v = lua_tointegerx(L, -1, &whole);
        if (!whole) fail("element %d of the list is not a whole number", k + 1);
    }
    lua_pop(L, 1);
    return v;
}

/* ---- functions ---- */

static int op_const(lua_State *L)
{
    double v = luaL_checknumber(L, 1);
    return tensor_push(L, node_const(spec_graph(L), v, lua_isnoneornil(L, 2) ? (Shape){0} : spec_shape(L, 2, "shape")));
}

static int op_iota(lua_State *L)
{
    Shape s = spec_shape(L, 1, "shape");
    return tensor_push(L, node_iota(spec_graph(L), s, get_axis(L, 2, s.rank)));
}

static int op_random(lua_State *L)
{
    static const char *const kinds[] = {"uniform", "normal", NULL};
    bool normal = luaL_checkoption(L, 1, NULL, kinds);
    Shape s = spec_shape(L, 2, "shape");
    return tensor_push(L, node_random(spec_graph(L), s, normal, spec_trace(L)->streams++));
}

static int op_step(lua_State *L) { return tensor_push(L, node_step(spec_graph(L))); }

static int apply(lua_State *L, Fn fn, int first)
{
    Node *in[3];
    for (int k = 0; k < fn_arity[fn]; k++) in[k] = tensor_get(L, first + k);
    return tensor_push(L, node_map(spec_graph(L), fn, in));
}

static int op_map(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    for (int fn = 0; fn < FN_COUNT; fn++) {
        if (strcmp(fn_name[fn], name) != 0) continue;
        if (lua_gettop(L) - 1 != fn_arity[fn]) fail("%s takes %d inputs, got %d", name, fn_arity[fn], lua_gettop(L) - 1);
        return apply(L, (Fn)fn, 2);
    }
    const char *near = mem_nearest(name, fn_name, FN_COUNT);
    if (near) fail("there is no scalar function \"%s\"; did you mean \"%s\"?", name, near);
    fail("there is no scalar function \"%s\"", name);
}

static int op_broadcast(lua_State *L)
{
    return tensor_push(L, node_broadcast(spec_graph(L), tensor_get(L, 1), spec_shape(L, 2, "shape")));
}

static int op_reduce(lua_State *L)
{
    static const char *const kinds[] = {"sum", "max", NULL};
    bool max = luaL_checkoption(L, 1, NULL, kinds);
    Node *x = tensor_get(L, 2);
    unsigned axes = 0;
    if (lua_isnoneornil(L, 3)) axes = (1u << x->shape.rank) - 1;
    else for (int k = 1; k <= luaL_len(L, 3); k++) {
        lua_geti(L, 3, k);
        axes |= 1u << get_axis(L, -1, x->shape.rank);
        lua_pop(L, 1);
    }
    return tensor_push(L, node_reduce(spec_graph(L), x, axes, max));
}

static int op_matmul(lua_State *L)
{
    Node *a = tensor_get(L, 1), *b = tensor_get(L, 2);
    return tensor_push(L, node_matmul(spec_graph(L), a, b, lua_toboolean(L, 3), lua_toboolean(L, 4)));
}

static int op_conv(lua_State *L)
{
    Node *x = tensor_get(L, 1), *w = tensor_get(L, 2);
    return tensor_push(L, node_conv(spec_graph(L), x, w, get_conv(L)));
}

static int op_conv_dx(lua_State *L)
{
    Node *y = tensor_get(L, 1), *w = tensor_get(L, 2);
    int64_t size[2];
    get_pair(L, "size", 0, 1, size);
    if (!size[0]) fail("conv_dx needs size = {height, width} of its result");
    return tensor_push(L, node_conv_dx(spec_graph(L), y, w, get_conv(L), size));
}

static int op_conv_dw(lua_State *L)
{
    Node *x = tensor_get(L, 1), *y = tensor_get(L, 2);
    int64_t kernel[2];
    get_pair(L, "kernel", 0, 1, kernel);
    if (!kernel[0]) fail("conv_dw needs kernel = {height, width}");
    return tensor_push(L, node_conv_dw(spec_graph(L), x, y, get_conv(L), kernel));
}

static int op_reshape(lua_State *L)
{
    Node *x = tensor_get(L, 1);
    int64_t count = shape_count(&x->shape), known = 1;
    int open = 0;
    luaL_checktype(L, 2, LUA_TTABLE);
    for (int k = 1; k <= luaL_len(L, 2); k++) {
        int64_t n = get_element(L, 2, k - 1, 0);
        if (n == -1) open = open ? -1 : k;
        else if (known <= count) known *= n < count + 1 ? n : count + 1;        /* too many is enough to know */
    }
    if (open < 0) fail("reshape: only one size may be -1");
    if (open) {
        if (known < 1 || count % known) fail("reshape: %s has %lld elements, which the given sizes do not divide", shape_text(&x->shape), (long long)count);
        lua_pushinteger(L, count / known);
        lua_seti(L, 2, open);
    }
    Shape s = spec_shape(L, 2, "shape");
    if (open) { lua_pushinteger(L, -1); lua_seti(L, 2, open); }         /* the table is the user's: leave it as it was */
    return tensor_push(L, node_reshape(spec_graph(L), x, s));
}

static int op_transpose(lua_State *L)
{
    Node *x = tensor_get(L, 1);
    int perm[MAX_RANK];
    luaL_checktype(L, 2, LUA_TTABLE);
    if (luaL_len(L, 2) != x->shape.rank) fail("transpose needs the %d axes of %s in their new order", x->shape.rank, shape_text(&x->shape));
    for (int k = 0; k < x->shape.rank; k++) {
        lua_geti(L, 2, k + 1);
        perm[k] = get_axis(L, -1, x->shape.rank);
        lua_pop(L, 1);
    }
    return tensor_push(L, node_transpose(spec_graph(L), x, perm));
}

static int op_slice(lua_State *L)
{
    Node *x = tensor_get(L, 1);
    int64_t start[MAX_RANK], step[MAX_RANK], size[MAX_RANK];
    for (int k = 0; k < x->shape.rank; k++) {
        int64_t n = x->shape.size[k], a = get_element(L, 2, k, 1), b = get_element(L, 3, k, n);
        step[k] = get_element(L, 4, k, 1);
        if (a < 0) a += n + 1;
        if (b < 0) b += n + 1;
        if (step[k] < 1 || a < 1 || b > n || a > b)
            fail("slice: %lld to %lld by %lld does not lie in axis %d of %s", (long long)a, (long long)b, (long long)step[k], k + 1, shape_text(&x->shape));
        start[k] = a - 1;
        size[k] = (b - a) / step[k] + 1;
    }
    return tensor_push(L, node_slice(spec_graph(L), x, start, step, size));
}

static int op_pad(lua_State *L)
{
    Node *x = tensor_get(L, 1);
    int64_t lo[MAX_RANK], hi[MAX_RANK], interior[MAX_RANK];
    for (int k = 0; k < x->shape.rank; k++) {
        lo[k] = get_element(L, 2, k, 0);
        hi[k] = get_element(L, 3, k, 0);
        interior[k] = get_element(L, 4, k, 0);
        if (lo[k] < 0 || hi[k] < 0 || interior[k] < 0) fail("pad: the sizes cannot be negative; use slice to cut");
    }
    return tensor_push(L, node_pad(spec_graph(L), x, lo, hi, interior));
}

static int op_concat(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    int n = (int)luaL_len(L, 1);
    if (n < 1) fail("concat needs at least one tensor");
    Node **in = mem_new(n * sizeof *in);
    for (int k = 0; k < n; k++) {
        lua_geti(L, 1, k + 1);
        in[k] = tensor_get(L, -1);
        lua_pop(L, 1);
    }
    return tensor_push(L, node_concat(spec_graph(L), in, n, get_axis(L, 2, in[0]->shape.rank)));
}

static int op_stop(lua_State *L) { return tensor_push(L, node_stop(spec_graph(L), tensor_get(L, 1))); }

static int op_grad(lua_State *L)
{
    Node *y = tensor_get(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    int n = (int)luaL_len(L, 2);
    Node **x = mem_new((n + 1) * sizeof *x), **dx = mem_new((n + 1) * sizeof *dx);
    for (int k = 0; k < n; k++) {
        lua_geti(L, 2, k + 1);
        x[k] = tensor_get(L, -1);
        lua_pop(L, 1);
    }
    if (shape_count(&y->shape) != 1) fail("a gradient is that of one number, but the shape is %s; take a mean or a sum first", shape_text(&y->shape));
    grad(spec_graph(L), y, x, n, dx);
    lua_createtable(L, n, 0);
    for (int k = 0; k < n; k++) {
        tensor_push(L, dx[k]);
        lua_seti(L, -2, k + 1);
    }
    return 1;
}

/* ---- the tensor's metatable ---- */

static int tensor_input(lua_State *L)
{
    Node *n = tensor_get(L, 1);
    lua_Integer k = luaL_checkinteger(L, 2);
    if (k < 1 || k > n->inputs) fail("the tensor has %d inputs", n->inputs);
    return tensor_push(L, n->in[k - 1]);
}

static int tensor_index(lua_State *L)
{
    Node *n = ((Tensor *)luaL_checkudata(L, 1, "burin.tensor"))->node;
    const char *key = luaL_checkstring(L, 2);
    if (strcmp(key, "shape") == 0) spec_shape_push(L, &n->shape);
    else if (strcmp(key, "rank") == 0) lua_pushinteger(L, n->shape.rank);
    else if (strcmp(key, "op") == 0) lua_pushstring(L, op_name[n->op]);
    else if (strcmp(key, "fn") == 0) lua_pushstring(L, n->op == OP_map ? fn_name[n->u.fn] : NULL);
    else if (strcmp(key, "input") == 0) { lua_newtable(L); spec_register(L, (luaL_Reg[]){{"f", tensor_input}, {NULL, NULL}}); lua_getfield(L, -1, "f"); }
    else {
        lua_rawgeti(L, LUA_REGISTRYINDEX, spec_trace(L)->methods);
        if (!lua_istable(L, -1)) return 0;
        lua_getfield(L, -1, key);
        if (lua_isnil(L, -1)) fail("a tensor has no field or method \"%s\"", key);
    }
    return 1;
}

static int tensor_text(lua_State *L)
{
    Node *n = ((Tensor *)luaL_checkudata(L, 1, "burin.tensor"))->node;
    lua_pushfstring(L, "tensor %s (%s)", shape_text(&n->shape), op_name[n->op]);
    return 1;
}

static int tensor_equal(lua_State *L)
{
    lua_pushboolean(L, tensor_get(L, 1) == tensor_get(L, 2));
    return 1;
}

#define OPERATOR(fn) static int tensor_##fn(lua_State *L) { return apply(L, FN_##fn, 1); }
OPERATOR(add) OPERATOR(sub) OPERATOR(mul) OPERATOR(div) OPERATOR(pow) OPERATOR(neg)

void tensor_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"const", op_const}, {"iota", op_iota}, {"random", op_random}, {"step", op_step},
        {"map", op_map}, {"broadcast", op_broadcast}, {"reduce", op_reduce}, {"matmul", op_matmul},
        {"conv", op_conv}, {"conv_dx", op_conv_dx}, {"conv_dw", op_conv_dw},
        {"reshape", op_reshape}, {"transpose", op_transpose}, {"slice", op_slice}, {"pad", op_pad}, {"concat", op_concat},
        {"stop", op_stop}, {"grad", op_grad}, {NULL, NULL}};
    static const luaL_Reg meta[] = {
        {"__index", tensor_index}, {"__tostring", tensor_text}, {"__eq", tensor_equal},
        {"__add", tensor_add}, {"__sub", tensor_sub}, {"__mul", tensor_mul}, {"__div", tensor_div}, {"__pow", tensor_pow},
        {"__unm", tensor_neg}, {NULL, NULL}};
    luaL_newmetatable(L, "burin.tensor");
    spec_register(L, meta);
    lua_pop(L, 1);
    spec_register(L, functions);
}
