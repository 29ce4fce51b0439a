/* spec.c: runs the user's Lua and records what it describes.
 *
 * takes    a path and the values given by --set
 * gives    a Spec: variables, data sources, one graph for each step, the layer table, the options
 * keeps    the user's code in a sandbox (sandbox.c)
 *
 * The language that users see is Lua code in models/lib; it is built on the table `op`, whose functions are here and in
 * tensor.c. HOME/models/lib/burin.lua returns the globals of the language and a function that traces what the user's
 * file returned.                                                                                                   */
#include "spec.h"
#include <string.h>

Trace *spec_trace(lua_State *L) { return *(Trace **)lua_getextraspace(L); }

Graph *spec_graph(lua_State *L)
{
    Graph *g = spec_trace(L)->graph;
    if (!g) fail("tensors exist only inside the functions given as steps or samples; move this there");
    return g;
}

/* ---- where the user is ---- */

static Where user_place(lua_State *L)
{
    Trace *t = spec_trace(L);
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        if (frame.source[0] == '@' && strncmp(frame.source, t->lib, strlen(t->lib)) != 0)
            return (Where){mem_print("%s", frame.source + 1), frame.currentline, ""};
    }
    return (Where){t->spec->path, 0, ""};
}

static void set_place(lua_State *L)
{
    Trace *t = spec_trace(L);
    graph_where(t->depth ? t->at[t->depth - 1] : user_place(L));
}

/* Runs upvalue 1; a fail() in it becomes a Lua error. */
static int failing(lua_State *L)
{
    Catch catch;
    fail_to(&catch);
    if (setjmp(catch.jump) == 0) {
        int results = lua_tocfunction(L, lua_upvalueindex(1))(L);
        fail_end(&catch);
        return results;
    }
    lua_pushfstring(L, "%s", catch.message);
    return lua_error(L);
}

/* All functions of `op` are called through here: upvalue 1 is failing() with the C function. Lua's own complaints about
 * arguments leave by a jump too: they get the place in front, and the handler of fail() is put back.               */
static int guarded(lua_State *L)
{
    Catch *outer = fail_handler();
    set_place(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    if (lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0) == LUA_OK) return lua_gettop(L);
    fail_restore(outer);
    const char *message = lua_tostring(L, -1);
    Where w = graph_where_now();
    if (message && w.file && strncmp(message, "bad argument", 12) == 0) lua_pushfstring(L, "%s:%d: %s", w.file, w.line, message);
    return lua_error(L);
}

void spec_register(lua_State *L, const luaL_Reg *f)
{
    for (; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_pushcclosure(L, failing, 1);
        lua_pushcclosure(L, guarded, 1);
        lua_setfield(L, -2, f->name);
    }
}

/* Where the caller is, or where the function that is given begins. */
static int op_where(lua_State *L)
{
    Where w = user_place(L);
    lua_Debug f;
    if (lua_isfunction(L, 1)) {
        lua_pushvalue(L, 1);
        lua_getinfo(L, ">S", &f);
        if (f.source[0] == '@') w = (Where){mem_print("%s", f.source + 1), f.linedefined, ""};
    }
    lua_createtable(L, 0, 2);
    lua_pushstring(L, w.file);
    lua_setfield(L, -2, "file");
    lua_pushinteger(L, w.line);
    lua_setfield(L, -2, "line");
    return 1;
}

static Where get_where(lua_State *L, int index)
{
    Where w = graph_where_now();
    if (lua_istable(L, index)) {
        lua_getfield(L, index, "file");
        lua_getfield(L, index, "line");
        w = (Where){mem_print("%s", lua_tostring(L, -2)), (int)lua_tointeger(L, -1), ""};
        lua_pop(L, 2);
    }
    return w;
}

static int op_at(lua_State *L)
{
    Trace *t = spec_trace(L);
    if (t->depth == WHERE_DEPTH) fail("layers are nested more than %d deep", WHERE_DEPTH);
    Where w = get_where(L, 1);
    w.layer = mem_print("%s", luaL_optstring(L, 2, ""));
    t->at[t->depth++] = w;
    return 0;
}

static int op_pop(lua_State *L)
{
    Trace *t = spec_trace(L);
    if (t->depth) t->depth--;
    return 0;
}

static int op_fail(lua_State *L)
{
    if (lua_istable(L, 2)) graph_where(get_where(L, 2));
    fail("%s", luaL_checkstring(L, 1));
}

/* ---- fields of tables, checked ---- */

static const char *field_string(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    const char *s = lua_isnil(L, -1) ? NULL : mem_print("%s", luaL_checkstring(L, -1));
    lua_pop(L, 1);
    return s;
}

static double field_number(lua_State *L, const char *name, double preset)
{
    lua_getfield(L, 1, name);
    double v = lua_isnil(L, -1) ? preset : luaL_checknumber(L, -1);
    lua_pop(L, 1);
    return v;
}

Shape spec_shape(lua_State *L, int index, const char *what)
{
    if (!lua_istable(L, index)) fail("%s must be a list of sizes, as {64, 28, 28, 1}", what);
    Shape s = {.rank = (int)luaL_len(L, index)};
    if (s.rank > MAX_RANK) fail("%s has %d axes; at most %d are possible", what, s.rank, MAX_RANK);
    for (int k = 0; k < s.rank; k++) {
        lua_geti(L, index, k + 1);
        int whole;
        s.size[k] = lua_tointegerx(L, -1, &whole);
        if (!whole || s.size[k] < 1) fail("%s: size %d must be a whole number of at least 1", what, k + 1);
        lua_pop(L, 1);
    }
    return s;
}

void spec_shape_push(lua_State *L, const Shape *s)
{
    lua_createtable(L, s->rank, 0);
    for (int k = 0; k < s->rank; k++) {
        lua_pushinteger(L, s->size[k]);
        lua_seti(L, -2, k + 1);
    }
}

/* ---- variables ---- */

static void var_init(lua_State *L, Var *v)
{
    static const char *const kinds[] = {"const", "normal", "uniform", NULL};
    lua_getfield(L, 1, "init");
    if (lua_istable(L, -1)) {
        lua_geti(L, -1, 1);
        lua_geti(L, -2, 2);
        lua_geti(L, -3, 3);
        v->init = (BurinInitKind)luaL_checkoption(L, -3, NULL, kinds);
        v->init_a = luaL_optnumber(L, -2, 0);
        v->init_b = luaL_optnumber(L, -1, v->init == BURIN_INIT_CONST ? 0 : 1);
        lua_pop(L, 3);
    }
    lua_pop(L, 1);
}

static void var_perm(lua_State *L, Var *v)
{
    unsigned seen = 0;
    lua_getfield(L, 1, "perm");
    for (int k = 0; k < v->shape.rank; k++) {
        v->perm[k] = k;
        if (lua_istable(L, -1)) {
            lua_geti(L, -1, k + 1);
            v->perm[k] = (int)lua_tointeger(L, -1) - 1;
            lua_pop(L, 1);
        }
        if (v->perm[k] < 0 || v->perm[k] >= v->shape.rank || seen >> v->perm[k] & 1)
            fail("perm of \"%s\" must name each of its %d axes once", v->name, v->shape.rank);
        seen |= 1u << v->perm[k];
    }
    lua_pop(L, 1);
}

static Var *var_add(Spec *s, Var v)
{
    for (int k = 0; k < s->vars; k++)
        if (strcmp(s->var[k]->name, v.name) == 0)
            fail("the name \"%s\" is taken by the variable made at %s:%d; give one of the nets another name", v.name,
                 s->var[k]->where.file, s->var[k]->where.line);
    s->var = mem_more(s->var, s->vars, sizeof *s->var);
    Var *p = mem_new(sizeof *p);
    *p = v;
    p->index = s->vars;
    p->where = graph_where_now();
    return s->var[s->vars++] = p;
}

static int var_push(lua_State *L, Var *v)
{
    *(Var **)lua_newuserdatauv(L, sizeof v, 0) = v;
    luaL_setmetatable(L, "burin.var");
    return 1;
}

static Var *var_get(lua_State *L, int index)
{
    Var **v = luaL_testudata(L, index, "burin.var");
    if (!v) fail("expected a variable, got a %s", luaL_typename(L, index));
    return *v;
}

static int var_make(lua_State *L, BurinVarKind kind)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    Var v = {.name = field_string(L, "name"), .kind = kind, .source = -1, .field = -1};
    if (!v.name) fail("a variable needs a name");
    lua_getfield(L, 1, "shape");
    v.shape = spec_shape(L, -1, "shape");
    lua_pop(L, 1);
    var_init(L, &v);
    var_perm(L, &v);
    return var_push(L, var_add(spec_trace(L)->spec, v));
}

static int op_param(lua_State *L) { return var_make(L, BURIN_PARAM); }
static int op_state(lua_State *L) { return var_make(L, BURIN_STATE); }
static int op_read(lua_State *L) { return tensor_push(L, node_var(spec_graph(L), var_get(L, 1))); }

static int op_pending(lua_State *L)
{
    Graph *g = spec_graph(L);
    Var *v = var_get(L, 1);
    for (int k = 0; k < g->updates; k++)
        if (g->update[k].var == v) return tensor_push(L, g->update[k].node);
    return op_read(L);
}

static int op_update(lua_State *L)
{
    Graph *g = spec_graph(L);
    Var *v = var_get(L, 1);
    Node *n = tensor_get(L, 2);
    if (v->kind == BURIN_BATCH) fail("data cannot be updated");
    if (!shape_equal(&n->shape, &v->shape))
        fail("\"%s\" has shape %s and cannot become %s", v->name, shape_text(&v->shape), shape_text(&n->shape));
    graph_update(g, v, n);
    return 0;
}

static int var_index(lua_State *L)
{
    static const char *const kinds[] = {"param", "state", "batch"};
    Var *v = var_get(L, 1);
    const char *key = luaL_checkstring(L, 2);
    if (strcmp(key, "name") == 0) lua_pushstring(L, v->name);
    else if (strcmp(key, "shape") == 0) spec_shape_push(L, &v->shape);
    else if (strcmp(key, "kind") == 0) lua_pushstring(L, kinds[v->kind]);
    else lua_pushnil(L);
    return 1;
}

/* ---- data ---- */

static int op_source(lua_State *L)
{
    Trace *t = spec_trace(L);
    Where w = graph_where_now();
    BurinSource s = {.kind = field_string(L, "kind"), .images = field_string(L, "images"), .labels = field_string(L, "labels"),
                     .batch = (int)field_number(L, "batch", 64), .lo = field_number(L, "lo", 0), .hi = field_number(L, "hi", 1),
                     .classes = (int)field_number(L, "classes", 0), .where = mem_print("%s:%d", w.file, w.line)};
    char error[1024] = "";
    if (s.batch < 1) fail("batch must be at least 1");
    if (!s.kind) fail("a data source needs a kind");
    lua_getfield(L, 1, "shape");
    if (!lua_isnil(L, -1)) {
        Shape said = spec_shape(L, -1, mem_print("data.%s: shape", s.kind));
        if (said.rank != 3) fail("data.idx: shape is {height, width, channels}, as {64, 64, 3}");
        memcpy(s.shape, said.size, sizeof s.shape);
    }
    else if (strcmp(s.kind, "idx") != 0) memcpy(s.shape, (int64_t[]){28, 28, 1}, sizeof s.shape);
    else if (!t->options->describe) fail("the shape of the images of %s is not known", s.images ? s.images : "idx data");
    else if (t->options->describe(&s, s.shape, error, sizeof error)) fail("%s", error);
    t->spec->source = mem_more(t->spec->source, t->spec->sources, sizeof s);
    t->spec->source[t->spec->sources] = s;
    if (t->options->declared) t->options->declared(&s);
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, ++t->spec->sources);
    lua_setfield(L, -2, "id");
    spec_shape_push(L, &(Shape){3, {s.shape[0], s.shape[1], s.shape[2]}});
    lua_setfield(L, -2, "shape");
    return 1;
}

static int op_batch(lua_State *L)
{
    static const char *const fields[] = {"images", "labels", NULL};
    Spec *s = spec_trace(L)->spec;
    int id = (int)luaL_checkinteger(L, 1) - 1, field = luaL_checkoption(L, 2, NULL, fields);
    if (id < 0 || id >= s->sources) fail("there is no data source %d", id + 1);
    for (int k = 0; k < s->vars; k++)
        if (s->var[k]->source == id && s->var[k]->field == field) return var_push(L, s->var[k]);
    BurinSource *src = &s->source[id];
    Var v = {.name = mem_print("data%d.%s", id, fields[field]), .kind = BURIN_BATCH, .dtype = BURIN_U8, .source = id, .field = field,
             .shape = {field ? 1 : 4, {src->batch, src->shape[0], src->shape[1], src->shape[2]}}, .perm = {0, 1, 2, 3}};
    return var_push(L, var_add(s, v));
}

/* ---- entries, reports, tables for the user ---- */

static int op_graph(lua_State *L)
{
    Trace *t = spec_trace(L);
    const char *name = luaL_checkstring(L, 1);
    Entry *e = NULL;
    for (int k = 0; k < t->spec->entries; k++)
        if (strcmp(t->spec->entry[k].name, name) == 0) e = &t->spec->entry[k];
    if (!e) {
        if (t->spec->entries == 2) fail("there are two entries already, \"step\" and \"sample\"");
        e = &t->spec->entry[t->spec->entries++];
        e->name = mem_print("%s", name);
    }
    if (e->graphs == 16) fail("a training step has at most 16 parts");
    t->graph = e->graph[e->graphs++] = graph_new(mem_print("%s", luaL_optstring(L, 2, name)));
    return 0;
}

static int op_report(lua_State *L)
{
    static const char *const kinds[] = {"report", "loss", NULL};
    Graph *g = spec_graph(L);
    const char *name = mem_print("%s", luaL_checkstring(L, 1));
    Node *n = tensor_get(L, 2);
    if (shape_count(&n->shape) != 1) fail("the report \"%s\" must be one number, but its shape is %s", name, shape_text(&n->shape));
    graph_output(g, name, (BurinOutputKind)luaL_checkoption(L, 3, "report", kinds), node_reshape(g, n, (Shape){0}), 0, 0);
    return 0;
}

static int op_samples(lua_State *L)
{
    Node *n = tensor_get(L, 1);
    if (n->shape.rank != 4 || (n->shape.size[3] != 1 && n->shape.size[3] != 3))
        fail("samples must be images (N,H,W,C) with 1 or 3 channels, but their shape is %s", shape_text(&n->shape));
    graph_output(spec_graph(L), "samples", BURIN_SAMPLES, n, luaL_checknumber(L, 2), luaL_checknumber(L, 3));
    return 0;
}

static int op_epochs(lua_State *L)
{
    spec_trace(L)->spec->epochs = (int)luaL_checkinteger(L, 1);
    return 0;
}

static int op_precision(lua_State *L)
{
    static const char *const kinds[] = {"fp32", "tf32", "bf16", NULL};
    static const Fn rounding[] = {FN_copy, FN_tf32, FN_bf16};
    spec_trace(L)->spec->rounding = rounding[luaL_checkoption(L, 1, NULL, kinds)];
    return 0;
}

static int op_layer(lua_State *L)
{
    Spec *s = spec_trace(L)->spec;
    lua_getfield(L, 1, "where");
    Where w = get_where(L, lua_gettop(L));
    lua_getfield(L, 1, "shape");
    Shape shape = spec_shape(L, -1, "shape");
    BurinLayer row = {field_string(L, "net"), field_string(L, "name"), field_string(L, "kind"), shape_text(&shape),
                      (int64_t)field_number(L, "params", 0), mem_print("%s:%d", w.file, w.line)};
    s->layer = mem_more(s->layer, s->layers, sizeof row);
    s->layer[s->layers++] = row;
    return 0;
}

/* The value of an option in a list of "name=value", as text; NULL when it is not there. The last one wins. */
static const char *option_in(const char *const *list, int n, const char *name)
{
    size_t length = strlen(name);
    while (--n >= 0)
        if (strncmp(list[n], name, length) == 0 && list[n][length] == '=') return list[n] + length + 1;
    return NULL;
}

static const char *option_given(const CompileOptions *o, const char *name)
{
    const char *text = option_in(o->set, o->sets, name);
    return text ? text : option_in(o->preset, o->presets, name);
}

static void option_push(lua_State *L, const char *name, const char *text)
{
    bool yes = strcmp(text, "true") == 0, no = strcmp(text, "false") == 0;
    if (lua_isboolean(L, 2)) {
        if (!yes && !no) fail("option %s is true or false, not \"%s\"", name, text);
        lua_pushboolean(L, yes);
    } else if (lua_type(L, 2) == LUA_TNUMBER) {
        if (!lua_stringtonumber(L, text)) fail("option %s is a number, not \"%s\"", name, text);
        if (lua_isinteger(L, 2) && !lua_isinteger(L, -1)) fail("option %s is a whole number, not \"%s\"", name, text);
    } else lua_pushstring(L, text);
}

/* The value on top of the stack must be one of the list at 4. */
static void option_choice(lua_State *L, const char *name)
{
    const char *all = "";
    for (int k = 1; k <= luaL_len(L, 4); k++) {
        lua_geti(L, 4, k);
        if (lua_compare(L, -1, -2, LUA_OPEQ)) { lua_pop(L, 1); return; }
        all = mem_print("%s%s%s", all, *all ? ", " : "", luaL_tolstring(L, -1, NULL));
        lua_pop(L, 2);
    }
    fail("option %s is one of %s, not \"%s\"", name, all, luaL_tolstring(L, -1, NULL));
}

static int op_option(lua_State *L)
{
    Trace *t = spec_trace(L);
    Spec *s = t->spec;
    const char *name = mem_print("%s", luaL_checkstring(L, 1)), *text = option_given(t->options, name);
    for (int k = 0; k < s->options; k++)
        if (strcmp(s->option[k].name, name) == 0) fail("option %s is declared twice", name);
    if (lua_isnoneornil(L, 2)) fail("option %s needs a preset value", name);
    const char *preset = mem_print("%s", luaL_tolstring(L, 2, NULL)), *help = mem_print("%s", luaL_optstring(L, 3, ""));
    if (text) option_push(L, name, text);
    else lua_pushvalue(L, 2);
    if (lua_istable(L, 4)) option_choice(L, name);
    s->option = mem_more(s->option, s->options, sizeof *s->option);
    s->option[s->options++] = (BurinOption){name, mem_print("%s", text ? text : preset), preset, help};
    return 1;
}

static int op_methods(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushvalue(L, 1);
    spec_trace(L)->methods = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

/* ---- the table `op` ---- */

static void open_op(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"where", op_where}, {"at", op_at}, {"pop", op_pop}, {"fail", op_fail},
        {"param", op_param}, {"state", op_state}, {"read", op_read}, {"pending", op_pending}, {"update", op_update},
        {"source", op_source}, {"batch", op_batch},
        {"graph", op_graph}, {"report", op_report}, {"samples", op_samples}, {"epochs", op_epochs}, {"precision", op_precision}, {"layer", op_layer},
        {"option", op_option}, {"methods", op_methods}, {NULL, NULL}};
    luaL_newmetatable(L, "burin.var");
    spec_register(L, (luaL_Reg[]){{"__index", var_index}, {NULL, NULL}});
    lua_pop(L, 1);
    lua_newtable(L);
    spec_register(L, functions);
    tensor_open(L);
    lua_setglobal(L, "op");
}

/* ---- the run ---- */

static const char *name_of(const char *path)
{
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    char *name = mem_print("%s", base);
    if (strrchr(name, '.') && strrchr(name, '.') != name) *strrchr(name, '.') = 0;
    for (char *c = name; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c)) *c = '_';
    return name;
}

static int with_traceless_message(lua_State *L)
{
    if (lua_isstring(L, 1)) return 1;
    Where w = user_place(L);
    lua_pushfstring(L, "%s:%d: the spec raised an error that is not a text", w.file, w.line);
    return 1;
}

static void call(lua_State *L, int arguments, int results)
{
    int handler = lua_gettop(L) - arguments;
    lua_pushcfunction(L, with_traceless_message);
    lua_insert(L, handler);
    int status = lua_pcall(L, arguments, results, handler);
    graph_where((Where){0});
    if (status == LUA_ERRMEM) sandbox_fail_memory(spec_trace(L)->spec->path);
    if (status) fail("%s", lua_tostring(L, -1));
    lua_remove(L, handler);
}

static void check_sets(const CompileOptions *o, const Spec *s)
{
    for (int k = 0; k < o->sets; k++) {
        const char *eq = strchr(o->set[k], '=');
        if (!eq) fail("--set %s: write name=value", o->set[k]);
        int n = (int)(eq - o->set[k]);
        const char *names[256];
        int count = 0;
        bool known = false;
        for (int i = 0; i < s->options && count < 256; i++) {
            names[count++] = s->option[i].name;
            known |= (int)strlen(s->option[i].name) == n && strncmp(s->option[i].name, o->set[k], n) == 0;
        }
        if (known) continue;
        char *given = mem_print("%.*s", n, o->set[k]);
        const char *near = mem_nearest(given, names, count);
        if (near) fail("%s declares no option \"%s\"; did you mean \"%s\"?", s->path, given, near);
        fail("%s declares no option \"%s\"", s->path, given);
    }
}

/* On the stack of L: the language's globals, and the function that traces. */
static void run(lua_State *L, const CompileOptions *o, Spec *s)
{
    open_op(L);
    const char *library = mem_print("%s/models/lib/burin.lua", o->home);
    sandbox_load(L, library, sandbox_read(library));
    call(L, 0, 2);
    sandbox_load(L, s->path, s->text);
    lua_pushvalue(L, -3);
    if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);       /* the spec's _ENV is the language's table */
    call(L, 0, 1);
    call(L, 1, 0);
    check_sets(o, s);
}

Spec *spec(const CompileOptions *o)
{
    Spec *s = mem_new(sizeof *s);
    s->path = mem_print("%s", o->spec);
    s->name = name_of(o->spec);
    s->text = o->text ? mem_print("%s", o->text) : sandbox_read(o->spec);
    Trace t = {.spec = s, .options = o, .lib = mem_print("@%s/models/lib/", o->home), .methods = LUA_NOREF};
    lua_State *L = sandbox_open(&t);
    Catch catch;
    fail_to(&catch);
    bool ok = setjmp(catch.jump) == 0;
    if (ok) {
        run(L, o, s);
        fail_end(&catch);
    }
    char *message = ok ? NULL : mem_print("%s", catch.message);
    lua_close(L);
    graph_where((Where){0});
    if (!ok) fail("%s", message);
    return s;
}
