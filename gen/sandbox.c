/* sandbox.c: the Lua state that a spec runs in: no files, no clock, no randomness of its own, bounded memory and time; `require`
 * reaches models/ only.                                                                                             */
#include "spec.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MEMORY_LIMIT = 1 << 30, INSTRUCTION_LIMIT = 500 * 1000 * 1000, INSTRUCTION_CHECK = 1000 * 1000,
       CHECKS = INSTRUCTION_LIMIT / INSTRUCTION_CHECK };

/* An allocator that says no beyond MEMORY_LIMIT; `state` counts bytes. */
static void *bounded(void *state, void *old, size_t was, size_t size)
{
    size_t *used = state;
    if (!old) was = 0;
    if (size > was && *used + (size - was) > MEMORY_LIMIT) return NULL;
    *used += size - was;
    if (size) return realloc(old, size);
    free(old);
    return NULL;
}

static void over(lua_State *L)
{
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++)
        if (lua_getinfo(L, "Sl", &frame) && frame.currentline > 0) break;
    lua_pushfstring(L, "%s:%d: the spec ran for %d million instructions without an end; is there an endless loop?", frame.short_src,
                    frame.currentline, INSTRUCTION_LIMIT / 1000000);
    lua_error(L);
}

static void out_of_time(lua_State *L, lua_Debug *d)
{
    (void)d;
    if (++spec_trace(L)->checks > CHECKS) over(L);
}

/* pcall and xpcall catch what a spec raises, but not the end of its time: upvalue 1 is the real function. */
static int patient(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    if (spec_trace(L)->checks > CHECKS) over(L);
    return lua_gettop(L);
}

char *sandbox_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) fail("%s: %s", path, strerror(errno));
    char *text = NULL;
    size_t n = 0, got = 1;
    while (got) {
        char *more = mem_new(n * 2 + 65536 + 1);
        if (n) memcpy(more, text, n);
        text = more;
        got = fread(text + n, 1, n + 65536, f);
        n += got;
    }
    bool bad = ferror(f);
    fclose(f);
    if (bad) fail("%s: cannot be read", path);
    if (memchr(text, 0, n)) fail("%s: is not a text file", path);
    return text;
}

void sandbox_load(lua_State *L, const char *path, const char *text)
{
    if (luaL_loadbufferx(L, text, strlen(text), mem_print("@%s", path), "t")) fail("%s", lua_tostring(L, -1));
}

/* require "lib.x" runs HOME/models/lib/x.lua once, with the globals of its caller's environment. */
static int sandbox_require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")] || strstr(name, ".."))
        fail("require \"%s\": a module is named by letters, digits, _ and single dots, and lies in models/", name);
    lua_getfield(L, LUA_REGISTRYINDEX, "burin.loaded");
    if (lua_getfield(L, -1, name) != LUA_TNIL) return 1;
    lua_pop(L, 1);
    char *file = mem_print("%s", name);
    for (char *c = file; *c; c++) if (*c == '.') *c = '/';
    char *path = mem_print("%s/models/%s.lua", spec_trace(L)->options->home, file);
    if (access(path, R_OK)) fail("require \"%s\": there is no models/%s.lua", name, file);
    sandbox_load(L, path, sandbox_read(path));
    if (lua_pcall(L, 0, 1, 0)) fail("%s", lua_tostring(L, -1));
    if (lua_isnil(L, -1)) { lua_pop(L, 1); lua_pushboolean(L, 1); }
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, name);
    return 1;
}

static void furnish(lua_State *L)
{
    static const luaL_Reg libs[] = {{"_G", luaopen_base}, {"table", luaopen_table}, {"string", luaopen_string},
                                    {"math", luaopen_math}, {"utf8", luaopen_utf8}, {NULL, NULL}};
    static const char *const banned[] = {"dofile", "loadfile", "load", "collectgarbage", NULL};
    for (const luaL_Reg *l = libs; l->name; l++) { luaL_requiref(L, l->name, l->func, 1); lua_pop(L, 1); }
    for (const char *const *b = banned; *b; b++) { lua_pushnil(L); lua_setglobal(L, *b); }
    lua_getglobal(L, "math");
    lua_pushnil(L); lua_setfield(L, -2, "random");
    lua_pushnil(L); lua_setfield(L, -2, "randomseed");
    lua_pop(L, 1);
    lua_getglobal(L, "string");
    lua_pushnil(L); lua_setfield(L, -2, "dump");
    lua_pop(L, 1);
    static const char *const catching[] = {"pcall", "xpcall", NULL};
    for (const char *const *c = catching; *c; c++) {
        lua_getglobal(L, *c);
        lua_pushcclosure(L, patient, 1);
        lua_setglobal(L, *c);
    }
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "burin.loaded");
    lua_pushglobaltable(L);
    spec_register(L, (luaL_Reg[]){{"require", sandbox_require}, {NULL, NULL}});
    lua_pop(L, 1);
}

lua_State *sandbox_open(Trace *t)
{
    lua_State *L = lua_newstate(bounded, &t->memory);
    if (!L) fail("no memory for Lua");
    *(Trace **)lua_getextraspace(L) = t;
    lua_sethook(L, out_of_time, LUA_MASKCOUNT, INSTRUCTION_CHECK);
    furnish(L);
    return L;
}

void sandbox_fail_memory(const char *path) { fail("%s: the spec needs more than %d MB of memory", path, MEMORY_LIMIT >> 20); }
