/* spec.h: what spec.c (loading, variables, entries), sandbox.c (the Lua state) and tensor.c (the ops as Lua sees them) share:
 * the only files that know lua_State, besides emit.c.                                                                              */
#ifndef BURIN_SPEC_H
#define BURIN_SPEC_H
#include "pass.h"
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum { WHERE_DEPTH = 64 };

typedef struct {
    Spec *spec;
    const CompileOptions *options;
    const char *lib;            /* "@HOME/models/lib/": frames of these files are not the user's */
    Graph *graph;               /* being traced, or NULL */
    uint32_t streams;           /* random nodes so far, over all graphs */
    Where at[WHERE_DEPTH];      /* pushed by op.at */
    int depth;
    size_t memory;              /* bytes that Lua holds */
    int checks;                 /* of its time, so far */
    int methods;                /* registry reference of the table given to op.methods, or LUA_NOREF */
} Trace;

lua_State *sandbox_open(Trace *);
char *sandbox_read(const char *path);                   /* a text file, or fail() */
void sandbox_load(lua_State *, const char *path, const char *text);    /* pushes what the file holds as a function, or fail() */
_Noreturn void sandbox_fail_memory(const char *path);

/* Registers `functions` into the table on top of the stack. Each runs with graph_where() set to the user's place, and a
 * fail() inside it becomes a Lua error.                                                                             */
void spec_register(lua_State *, const luaL_Reg *functions);
Trace *spec_trace(lua_State *);
Graph *spec_graph(lua_State *);                         /* the graph being traced, or fail() */
void spec_shape_push(lua_State *, const Shape *);
Shape spec_shape(lua_State *, int index, const char *what);

Node *tensor_get(lua_State *, int index);               /* a tensor, or a number made a constant; else fail() */
int tensor_push(lua_State *, Node *);
void tensor_open(lua_State *);                          /* adds the tensor functions to the table on top of the stack */
#endif
