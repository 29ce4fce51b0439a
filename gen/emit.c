/* emit.c: from placed kernels to text, by the templates of a target.
 *
 * takes    a Plan
 * gives    a Program: source, kernels as people read them, launches, entry points
 * knows    Lua (the templates are text with Lua in it), but no target: what differs between targets is in templates/X
 *
 * templates/X/target.lua has five functions. size(K) says how a kernel splits into chunks and what memory it needs
 * besides its tensors; launch(K, phase, barrier) renders one phase (each distinct text once) and returns its name, its text,
 * what was chosen for it (BurinKernel.choice) and, where the runtime makes the launches, how: {block, shared, tensor, parameters}
 * (BurinLaunch); entry(name, comment) ends an entry point; code(comment) returns the whole text, flags() what its compiler must
 * be told. `batches`, where it is given: variables that are fed have room for so many, and are read by the numbers of rows. While
 * they run, the functions below give them the texts of values in the kernel at hand.                                 */
#include "pass.h"
#include "../runtime/cpu.h"
#include <inttypes.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>

enum { PARAMETERS = 256 };

typedef struct { Node *memory; Var *var; bool written; char name[16]; } Parameter;

struct Emitter {
    lua_State *L;
    int target;                 /* registry reference of target.lua's table */
    const char **place;         /* "templates/cpu/dw.c:14", by the number of a mark (engine.lua); NULL: not read yet */
    int batches;                /* its field; 0: not given */
    const Fused *f;
    const Kernel *k;            /* at hand */
    Parameter parameter[PARAMETERS];
    int parameters;
    int temporaries;
};

static Emitter *emitter(lua_State *L) { return *(Emitter **)lua_getextraspace(L); }

/* ---- the memory that a kernel touches, as parameters in0, in1, ..., out0, ... ---- */

/* The one of a variable, if `var` is not NULL, else of the node's memory; or NULL. */
static Parameter *find(Emitter *e, const Node *memory, const Var *var)
{
    for (int i = 0; i < e->parameters; i++) {
        Parameter *p = &e->parameter[i];
        if (var || p->var ? p->var == var : p->memory == memory) return p;
    }
    return NULL;
}

static void parameter(Emitter *e, Node *memory, Var *var, bool written)
{
    Parameter *old = find(e, memory, var);
    int same = 0;
    if (old) { old->written |= written; return; }
    for (int i = 0; i < e->parameters; i++) same += e->parameter[i].written == written;
    if (e->parameters == PARAMETERS) fail("one kernel would read more than %d tensors; split the expression", PARAMETERS);
    Parameter *p = &e->parameter[e->parameters++];
    *p = (Parameter){memory, var, written, ""};
    snprintf(p->name, sizeof p->name, "%s%d", written ? "out" : "in", same);
}

static bool stored_here(const Kernel *k, const Node *n)
{
    for (int p = 0; p < k->parts; p++)
        for (int i = 0; i < k->part[p].stores; i++)
            if (k->part[p].store[i].node == n) return true;
    return n == k->root;
}

static void read_tree(Emitter *e, Node *n)
{
    for (int i = 0; i < n->inputs; i++) {
        Node *in = n->in[i];
        if (stored_here(e->k, in) && e->f->home[in->id] == e->k->index) continue;
        if (in == e->k->root) continue;
        if (!fuse_leaf(e->f, in)) read_tree(e, in);
        else if (fuse_memory(e->f, in)) parameter(e, in, node_variable(in), false);
    }
}

static bool made_here(const Emitter *e, const Store *s) { return e->f->home[s->node->id] == e->k->index; }

static void take(Emitter *e, const Fused *f, const Kernel *k)
{
    e->f = f;
    e->k = k;
    e->parameters = 0;
    e->temporaries = 0;
    if (k->root) read_tree(e, k->root);
    for (int p = 0; p < k->parts; p++) {
        for (int i = 0; i < k->part[p].stores; i++) {
            Store *s = &k->part[p].store[i];
            if (!made_here(e, s)) parameter(e, s->node, NULL, false);
            else if (s->node != k->root) read_tree(e, s->node);
        }
        for (int i = 0; i < k->part[p].reduces; i++) {
            Node *in = k->part[p].reduce[i]->in[0];
            if (!fuse_leaf(f, in)) read_tree(e, in);
            else if (fuse_memory(f, in) && !stored_here(k, in)) parameter(e, in, node_variable(in), false);
        }
    }
    for (int p = 0; p < k->parts; p++) {
        for (int i = 0; i < k->part[p].stores; i++) parameter(e, k->part[p].store[i].node, k->part[p].store[i].var, true);
        for (int i = 0; i < k->part[p].reduces; i++) parameter(e, k->part[p].reduce[i], NULL, true);
    }
}

static const char *name(Emitter *e, const Node *memory, const Var *var)
{
    const Parameter *p = find(e, memory, var);
    if (!p) die("emit: kernel %d does not know the memory of node %d (%s)", e->k->index, memory->id, op_name[memory->op]);
    return p->name;
}

static const char *name_of(void *host, Node *memory) { return name(host, memory, node_variable(memory)); }

/* ---- what templates call ---- */

static int get_index(lua_State *L, int at, const char **index)
{
    int n = (int)luaL_len(L, at);
    for (int k = 0; k < n && k < MAX_RANK; k++) {
        lua_geti(L, at, k + 1);
        index[k] = mem_print("%s", luaL_tolstring(L, -1, NULL));
        lua_pop(L, 2);
    }
    return n;
}

/* Is it rows of its source's data? A variable of no source is read as it lies. */
static bool is_ordered(const Emitter *e, const Node *n) { return e->batches && n->op == OP_batch && n->u.var->dtype == BURIN_U8 && n->u.var->source >= 0; }

static Expr *expression(Emitter *e)
{
    Expr *x = expr_new(e->f, name_of, e, &e->temporaries);
    if (e->batches) expr_ordered(x);
    return x;
}

/* value(i, index): code, result: the value of the root's input i (from 1) */
static int t_value(lua_State *L)
{
    Emitter *e = emitter(L);
    const char *index[MAX_RANK] = {NULL};
    Node *n = e->k->root->in[luaL_checkinteger(L, 1) - 1];
    get_index(L, 2, index);
    Expr *x = expression(e);
    const char *v = expr_value(x, n, index);
    lua_pushstring(L, expr_code(x));
    lua_pushstring(L, v);
    return 2;
}

static void push_store(lua_State *L, const char *to, const char *value)
{
    lua_createtable(L, 0, 2);
    lua_pushstring(L, to);
    lua_setfield(L, -2, "to");
    lua_pushstring(L, value);
    lua_setfield(L, -2, "value");
}

/* part(p, index, root, flat): {code =, stores = {{to =, value =}}, reduces = {value}}: what part p (from 1) does at an index
 * of its domain; `root` names the variable with the root's result; flat: the index is one, over all elements        */
static int t_part(lua_State *L)
{
    Emitter *e = emitter(L);
    const Part *p = &e->k->part[luaL_checkinteger(L, 1) - 1];
    const char *index[MAX_RANK] = {NULL};
    bool flat = lua_toboolean(L, 4);
    get_index(L, 2, index);
    Expr *x = expression(e);
    if (flat) expr_flat(x, &p->domain);
    if (e->k->root) expr_given(x, e->k->root, luaL_checkstring(L, 3));
    for (int i = 0; i < p->stores; i++) if (made_here(e, &p->store[i])) expr_here(x, p->store[i].node);
    lua_createtable(L, 0, 3);
    lua_createtable(L, p->stores, 0);
    for (int i = 0; i < p->stores; i++) {
        const char *v = expr_value(x, p->store[i].node, index);
        const char *at = flat ? index[0] : expr_index(&p->domain, index);
        push_store(L, mem_print("%s[%s]", name(e, p->store[i].node, p->store[i].var), at), v);
        lua_seti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "stores");
    lua_createtable(L, p->reduces, 0);
    for (int i = 0; i < p->reduces; i++) {
        lua_pushstring(L, expr_value(x, p->reduce[i]->in[0], index));
        lua_seti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "reduces");
    lua_pushstring(L, expr_code(x));
    lua_setfield(L, -2, "code");
    return 1;
}

/* reduced(p, i): the name of the memory of reduction i of part p */
static int t_reduced(lua_State *L)
{
    Emitter *e = emitter(L);
    const Part *p = &e->k->part[luaL_checkinteger(L, 1) - 1];
    lua_pushstring(L, name_of(e, p->reduce[luaL_checkinteger(L, 2) - 1]));
    return 1;
}

/* offset(size list, index list): where an element lies in a dense tensor, as text */
static int t_offset(lua_State *L)
{
    const char *index[MAX_RANK] = {NULL};
    Shape s = {.rank = (int)luaL_len(L, 1)};
    for (int k = 0; k < s.rank; k++) { lua_geti(L, 1, k + 1); s.size[k] = lua_tointeger(L, -1); lua_pop(L, 1); }
    get_index(L, 2, index);
    lua_pushstring(L, expr_index(&s, index));
    return 1;
}

/* isa_flags(): what a C compiler needs for the instruction set */
static int t_isa_flags(lua_State *L)
{
    lua_getglobal(L, "isa");
    lua_pushstring(L, isa_flags(lua_tostring(L, -1)));
    return 1;
}

static int t_read(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    FILE *f = fopen(path, "rb");
    if (!f) return luaL_error(L, "cannot open the template %s", path);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t n; (n = fread(luaL_prepbuffer(&b), 1, LUAL_BUFFERSIZE, f)) > 0;) luaL_addsize(&b, n);
    fclose(f);
    luaL_pushresult(&b);
    return 1;
}

/* ---- a kernel as a table ---- */

static void set_integer(lua_State *L, const char *name, int64_t v) { lua_pushinteger(L, v); lua_setfield(L, -2, name); }
static void set_string(lua_State *L, const char *name, const char *v) { lua_pushstring(L, v); lua_setfield(L, -2, name); }
static void set_bool(lua_State *L, const char *name, bool v) { lua_pushboolean(L, v); lua_setfield(L, -2, name); }

static void push_shape(lua_State *L, const Shape *s)
{
    lua_createtable(L, s->rank, 0);
    for (int k = 0; k < s->rank; k++) { lua_pushinteger(L, s->size[k]); lua_seti(L, -2, k + 1); }
}

/* Does n, computed in place, read only tensors of the domain's shape (at the point itself) and single numbers? */
static bool is_flat(const Emitter *e, const Node *n, const Shape *domain)
{
    for (int i = 0; i < n->inputs; i++) {
        const Node *in = n->in[i];
        if (shape_count(&in->shape) == 1 && fuse_leaf(e->f, in) && in->op != OP_iota) continue;
        if (!shape_equal(&in->shape, domain)) return false;
        if (!fuse_leaf(e->f, in) && !(in->op == OP_map && is_flat(e, in, domain))) return false;
        const Node *memory = fuse_memory(e->f, n->in[i]);
        if (in->op == OP_iota || (memory && is_ordered(e, memory))) return false;
    }
    return n->op == OP_map || n->op == OP_random;
}

static void push_part(lua_State *L, Emitter *e, const Part *p)
{
    bool flat = p->reduces == 0;
    lua_createtable(L, 0, 6);
    push_shape(L, &p->domain);
    lua_setfield(L, -2, "domain");
    set_integer(L, "stores", p->stores);
    set_integer(L, "reduces", p->reduces);
    for (int i = 0; i < p->stores; i++) flat &= !made_here(e, &p->store[i]) || is_flat(e, p->store[i].node, &p->domain);
    set_bool(L, "flat", flat);
    if (!p->reduces) return;
    lua_createtable(L, p->domain.rank, 0);
    for (int k = 0; k < p->domain.rank; k++) { lua_pushboolean(L, p->reduce[0]->u.reduce.axes >> k & 1); lua_seti(L, -2, k + 1); }
    lua_setfield(L, -2, "axes");
    lua_createtable(L, p->reduces, 0);
    for (int i = 0; i < p->reduces; i++) { lua_pushboolean(L, p->reduce[i]->u.reduce.max); lua_seti(L, -2, i + 1); }
    lua_setfield(L, -2, "max");
}

static void push_conv(lua_State *L, const Node *r)
{
    const Shape *x = r->op == OP_conv_dx ? &r->shape : &r->in[0]->shape;
    const Shape *y = r->op == OP_conv ? &r->shape : r->op == OP_conv_dx ? &r->in[0]->shape : &r->in[1]->shape;
    const Shape *w = r->op == OP_conv_dw ? &r->shape : &r->in[1]->shape;
    static const char *const names[] = {"N", "H", "W", "I"}, *const kernel[] = {"KH", "KW"}, *const out[] = {"OH", "OW", "O"};
    for (int k = 0; k < 4; k++) set_integer(L, names[k], x->size[k]);
    for (int k = 0; k < 2; k++) set_integer(L, kernel[k], w->size[k]);
    for (int k = 0; k < 3; k++) set_integer(L, out[k], y->size[k + 1]);
    set_integer(L, "SH", r->u.conv.stride[0]);
    set_integer(L, "SW", r->u.conv.stride[1]);
    set_integer(L, "PH", r->u.conv.padding[0]);
    set_integer(L, "PW", r->u.conv.padding[1]);
}

/* A matrix product is a convolution of M images of one pixel; a transposed one the weight gradient of such. */
static void push_matmul(lua_State *L, const Node *r)
{
    bool ta = r->u.matmul.ta, tb = r->u.matmul.tb;
    const Shape *a = &r->in[0]->shape, *b = &r->in[1]->shape;
    int64_t m = a->size[a->rank - (ta ? 1 : 2)], k = a->size[a->rank - (ta ? 2 : 1)], n = b->size[b->rank - (tb ? 2 : 1)];
    static const char *const ones[] = {"H", "W", "KH", "KW", "OH", "OW", "SH", "SW"};
    for (int i = 0; i < 8; i++) set_integer(L, ones[i], 1);
    set_integer(L, "PH", 0);
    set_integer(L, "PW", 0);
    bool dw = ta && r->shape.rank == 2;
    set_integer(L, "N", dw ? k : m);
    set_integer(L, "I", dw ? m : k);
    set_integer(L, "O", n);
    set_bool(L, "ta", ta);
    set_bool(L, "tb", tb);
    push_shape(L, a); lua_setfield(L, -2, "a");
    push_shape(L, b); lua_setfield(L, -2, "b");
    push_shape(L, &r->shape); lua_setfield(L, -2, "c");
}

/* Rounded numbers only? simplify() has rounded constants, and moved broadcasts behind roundings. */
static bool is_rounded(const Node *n, Fn rounding)
{
    if (n->op == OP_const) return fn_value(rounding, n->u.value, 0, 0) == n->u.value;
    if (n->op == OP_map && n->u.fn == FN_copy) n = n->in[0];
    return n->op == OP_map && n->u.fn == rounding;
}

/* What a contraction multiplies. */
static const char *numbers(const Node *root)
{
    static const Fn rounding[] = {FN_bf16, FN_tf32};
    for (int k = 0; root && k < 2; k++)
        if (is_rounded(root->in[0], rounding[k]) && is_rounded(root->in[1], rounding[k])) return fn_name[rounding[k]];
    return "fp32";
}

static const char *const arenas[] = {"call", "persistent", "scratch", "data", NULL};     /* by BurinArena */

/* Where a parameter lies. */
static BurinArg place(const Emitter *e, const Plan *plan, const Parameter *p)
{
    int id = p->memory->id;
    if (is_ordered(e, p->memory)) return (BurinArg){BURIN_DATA, (size_t)p->memory->u.var->index};
    if (p->var) return (BurinArg){BURIN_PERSISTENT, plan->var_offset[p->var->index]};
    return (BurinArg){e->f->persistent[id] ? BURIN_PERSISTENT : BURIN_SCRATCH, e->f->offset[id]};
}

/* The numbers of a source's rows that are the batch, as a parameter at the end of the list on top of the stack. */
static void push_order(lua_State *L, const Spec *s, int source)
{
    size_t at = sizeof(BurinKey);
    for (int i = 0; i < source; i++) at += (size_t)s->source[i].batch * sizeof(uint32_t);
    lua_createtable(L, 0, 4);
    set_string(L, "name", mem_print("order%d", source));
    set_string(L, "type", "const uint32_t *restrict");
    set_string(L, "arena", arenas[BURIN_CALL]);
    set_integer(L, "offset", (int64_t)at);
    lua_seti(L, -2, luaL_len(L, -2) + 1);
}

static bool reads_source(const Emitter *e, int source)
{
    for (int i = 0; i < e->parameters; i++)
        if (is_ordered(e, e->parameter[i].memory) && e->parameter[i].memory->u.var->source == source) return true;
    return false;
}

static void push_parameters(lua_State *L, const Emitter *e, const Plan *plan)
{
    lua_createtable(L, e->parameters, 0);
    for (int i = 0; i < e->parameters; i++) {
        const Parameter *p = &e->parameter[i];
        bool bytes = p->memory->op == OP_batch && p->memory->u.var->dtype == BURIN_U8;
        const char *type = bytes ? "uint8_t" : "float";
        lua_createtable(L, 0, 6);
        set_string(L, "name", p->name);
        set_string(L, "type", mem_print("%s%s *restrict", p->written ? "" : "const ", type));
        set_string(L, "shape", shape_text(&p->memory->shape));
        set_bool(L, "written", p->written);
        if (plan) {
            BurinArg at = place(e, plan, p);
            set_string(L, "arena", arenas[at.arena]);
            set_integer(L, "offset", (int64_t)at.offset);
        }
        lua_seti(L, -2, i + 1);
    }
    for (int i = 0; plan && i < plan->spec->sources; i++)
        if (reads_source(e, i)) push_order(L, plan->spec, i);
}

static const char *root_names[] = {"gather", "dw", "map", "reduce"};

static void push_kernel(Emitter *e, const Plan *plan)
{
    lua_State *L = e->L;
    const Kernel *k = e->k;
    lua_createtable(L, 0, 32);
    set_string(L, "kind", root_names[k->kind]);
    set_string(L, "title", mem_print("%s %s", program_op(k), program_shape(k)));
    set_string(L, "op", k->root ? op_name[k->root->op] : root_names[k->kind]);
    if (k->root && k->root->op == OP_matmul) push_matmul(L, k->root);
    else if (k->root) push_conv(L, k->root);
    set_string(L, "numbers", numbers(k->root));
    lua_createtable(L, k->parts, 0);
    for (int p = 0; p < k->parts; p++) { push_part(L, e, &k->part[p]); lua_seti(L, -2, p + 1); }
    lua_setfield(L, -2, "parts");
    push_parameters(L, e, plan);
    lua_setfield(L, -2, "parameters");
    set_integer(L, "pack_at", k->packed ? (int64_t)k->packed->pack_offset : 0);
    set_integer(L, "partial_at", (int64_t)k->partial_offset);
}

/* Calls target.NAME with the n values on top of the stack. */
static void call(Emitter *e, const char *name, int n, int results)
{
    lua_State *L = e->L;
    lua_rawgeti(L, LUA_REGISTRYINDEX, e->target);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
    lua_insert(L, -n - 1);
    if (lua_pcall(L, n, results, 0)) die("template: %s", lua_tostring(L, -1));
}

static int64_t take_integer(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    int64_t v = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return v;
}

void emit_size(Emitter *e, Fused *f)
{
    for (int i = 0; i < f->kernels; i++) {
        Kernel *k = f->kernel[i];
        take(e, f, k);
        push_kernel(e, NULL);
        call(e, "size", 1, 1);
        k->chunks[PHASE_PACK] = (int)take_integer(e->L, "pack");
        k->chunks[PHASE_MAIN] = (int)take_integer(e->L, "main");
        k->chunks[PHASE_FINISH] = (int)take_integer(e->L, "finish");
        k->pack_bytes = (size_t)take_integer(e->L, "pack_bytes");
        k->partial_bytes = (size_t)take_integer(e->L, "partial_bytes");
        k->thread_bytes = (size_t)take_integer(e->L, "thread_bytes");
        lua_getfield(e->L, -1, "pack_key");
        k->pack_key = mem_print("%s", luaL_optstring(e->L, -1, ""));
        lua_pop(e->L, 2);
        if (!k->chunks[PHASE_MAIN]) die("template: kernel %d has no work", i);
    }
}

Emitter *emit_open(const CompileOptions *o)
{
    Emitter *e = mem_new(sizeof *e);
    lua_State *L = e->L = luaL_newstate();
    if (!L) fail("no memory for Lua");
    *(Emitter **)lua_getextraspace(L) = e;
    luaL_openlibs(L);
    lua_register(L, "value", t_value);
    lua_register(L, "part", t_part);
    lua_register(L, "reduced", t_reduced);
    lua_register(L, "offset", t_offset);
    lua_register(L, "read", t_read);
    lua_register(L, "isa_flags", t_isa_flags);
    lua_pushstring(L, mem_print("%s/templates/", o->home));
    lua_setglobal(L, "templates");
    lua_pushstring(L, o->isa);
    lua_setglobal(L, "isa");
    lua_pushstring(L, o->tuned ? o->tuned : "");
    lua_setglobal(L, "tuned");
    lua_pushinteger(L, o->candidate);
    lua_setglobal(L, "candidate");
    const char *const files[] = {mem_print("%s/templates/engine.lua", o->home), mem_print("%s/templates/%s/target.lua", o->home, o->target ? o->target : "cpu")};
    for (int i = 0; i < 2; i++)
        if (luaL_loadfile(L, files[i]) || lua_pcall(L, 0, 1, 0)) {
            char *message = mem_print("%s", lua_tostring(L, -1));
            lua_close(L);
            fail("%s", message);
        }
    e->batches = (int)take_integer(L, "batches");
    e->target = luaL_ref(L, LUA_REGISTRYINDEX);
    return e;
}

int emit_batches(const Emitter *e) { return e->batches ? e->batches : 1; }

void emit_close(Emitter *e)
{
    if (e->L) lua_close(e->L);
    e->L = NULL;
}

/* ---- for program.c ---- */

enum { MARK = 1, MARK_BYTES = 3 };

static const char *place_of(Emitter *e, const unsigned char *mark)
{
    int n = (mark[1] & 127) << 7 | (mark[2] & 127);
    lua_getglobal(e->L, "places");
    lua_geti(e->L, -1, n + 1);
    if (!e->place) e->place = mem_new(sizeof *e->place << 14);
    if (!e->place[n]) e->place[n] = mem_print("%s", lua_tostring(e->L, -1));
    lua_pop(e->L, 2);
    return e->place[n];
}

/* The text without the marks of engine.lua; `place`, if not NULL, gets what the first of each line said, or NULL. */
static char *unmarked(Emitter *e, const char *text, const char **place)
{
    char *out = mem_new(strlen(text) + 1), *to = out;
    for (const char *p = text; *p; p++) {
        if (*p == '\n' && place) place++;
        if (*p != MARK) *to++ = *p;
        else {
            if (place && !*place) *place = place_of(e, (const unsigned char *)p);
            p += MARK_BYTES - 1;
        }
    }
    return *to = 0, out;
}

/* The table on top of the stack, as launch() returns it. */
static void take_launch(lua_State *L, Rendered *r)
{
    r->block = (int)take_integer(L, "block");
    r->shared = (size_t)take_integer(L, "shared");
    lua_getfield(L, -1, "tensor");
    r->tensor = mem_print("%s", luaL_optstring(L, -1, ""));
    lua_pop(L, 1);
    lua_getfield(L, -1, "parameters");
    r->args = (int)luaL_len(L, -1);
    BurinArg *arg = mem_new((r->args + 1) * sizeof *arg);
    for (int i = 0; i < r->args; i++) {
        lua_geti(L, -1, i + 1);
        lua_getfield(L, -1, "arena");
        arg[i].arena = luaL_checkoption(L, -1, NULL, arenas);
        lua_pop(L, 1);
        arg[i].offset = (size_t)take_integer(L, "offset");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    r->arg = arg;
}

Rendered emit_launch(Emitter *e, const Plan *plan, const Fused *f, const Kernel *k, Phase phase, bool barrier, const char *about)
{
    static const char *const phases[] = {"pack", "main", "finish"};
    lua_State *L = e->L;
    take(e, f, k);
    push_kernel(e, plan);
    set_string(L, "about", about);
    set_integer(L, "chunks", k->chunks[phase]);
    lua_pushstring(L, phases[phase]);
    lua_pushboolean(L, barrier);
    call(e, "launch", 3, 4);
    Rendered r = {.symbol = mem_print("%s", lua_tostring(L, -4)), .source = unmarked(e, lua_tostring(L, -3), NULL), .choice = mem_print("%s", luaL_optstring(L, -2, "")), .tensor = ""};
    if (!lua_isnil(L, -1)) take_launch(L, &r);
    lua_pop(L, 4);
    return r;
}

double emit_bytes(Emitter *e, const Fused *f, const Kernel *k)
{
    double bytes = 0;
    take(e, f, k);
    for (int i = 0; i < e->parameters; i++) bytes += (double)plan_bytes(e->parameter[i].memory);
    return bytes;
}

static const char *call_text(Emitter *e, const char *name, int arguments)
{
    call(e, name, arguments, 1);
    const char *text = mem_print("%s", lua_tostring(e->L, -1));
    lua_pop(e->L, 1);
    return text;
}

void emit_entry(Emitter *e, const char *symbol, const char *comment)
{
    lua_pushstring(e->L, symbol);
    lua_pushstring(e->L, comment);
    call(e, "entry", 2, 0);
}

const char *emit_code(Emitter *e, const char *comment, const char *const **places)
{
    int lines = 1;
    lua_pushstring(e->L, comment);
    const char *text = call_text(e, "code", 1);
    for (const char *p = text; (p = strchr(p, '\n')); p++) lines++;
    const char **place = mem_new((size_t)lines * sizeof *place);
    *places = place;
    return unmarked(e, text, place);
}

const char *emit_flags(Emitter *e) { return call_text(e, "flags", 0); }
