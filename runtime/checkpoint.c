/* checkpoint.c: safetensors: 8 bytes of header length (little endian), a JSON header, the tensors' bytes.
 * The format: huggingface/safetensors, README "Format"; its rules are checked here, down to overlaps and holes.      */
#include "checkpoint.h"
#include "file.h"
#include "hash.h"
#include "json.h"
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_LIMIT = 100 << 20 };
/* The first are BurinDtype; of the others only the size is known, so that files with such tensors can be read. */
static const char *const dtype_name[] = {"F32", "U8", "F64", "F16", "BF16", "F8_E5M2", "F8_E4M3", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "BOOL"};
static const size_t dtype_bytes[] = {4, 1, 8, 2, 2, 1, 1, 8, 4, 2, 1, 8, 4, 2, 1};
enum { DTYPES = sizeof dtype_bytes / sizeof *dtype_bytes };

static bool saved(const BurinVar *v) { return v->kind != BURIN_BATCH; }

static void file_shape(const BurinVar *v, int64_t shape[BURIN_MAX_RANK])
{
    for (int k = 0; k < v->rank; k++) shape[k] = v->shape[v->perm[k]];
}

/* Copies between the order of memory and that of the file. */
static void reorder(const BurinVar *v, char *memory, char *file, bool to_file)
{
    size_t size = dtype_bytes[v->dtype], n = v->bytes / size, stride[BURIN_MAX_RANK], step[BURIN_MAX_RANK];
    int64_t shape[BURIN_MAX_RANK], at[BURIN_MAX_RANK] = {0};
    size_t product = size;
    for (int k = v->rank - 1; k >= 0; k--) stride[k] = product, product *= (size_t)v->shape[k];
    for (int k = 0; k < v->rank; k++) step[k] = stride[v->perm[k]];
    file_shape(v, shape);
    size_t offset = 0;
    for (size_t i = 0; i < n; i++, file += size) {
        memcpy(to_file ? file : memory + offset, to_file ? memory + offset : file, size);
        for (int k = v->rank - 1; k >= 0; k--) {
            offset += step[k];
            if (++at[k] < shape[k]) break;
            offset -= step[k] * (size_t)shape[k];
            at[k] = 0;
        }
    }
}

/* What a checkpoint must agree with to be put into a program: the variables' names, types and shapes. */
static Digest fingerprint(const BurinProgram *p)
{
    Sha256 s;
    sha256_start(&s);
    for (int i = 0; i < p->vars; i++) {
        if (!saved(&p->var[i])) continue;
        int64_t shape[BURIN_MAX_RANK];
        file_shape(&p->var[i], shape);
        sha256_text(&s, p->var[i].name);
        sha256_text(&s, dtype_name[p->var[i].dtype]);
        for (int k = 0; k < p->var[i].rank; k++) sha256_text(&s, word_of("%lld", (long long)shape[k]).s);
    }
    return sha256_end(&s);
}

static void header_pair(FILE *f, const char *key, const char *value)
{
    json_string(f, key);
    fputc(':', f);
    json_string(f, value);
}

/* "12 0x1.8p+1 0x1p+0": steps, and the sums to the last bit */
static Path sums_text(const Progress *at)
{
    Path p = path_of("%lld", (long long)at->summed);
    for (int i = 0; i < at->sums; i++) snprintf(p.s + strlen(p.s), 40, " %a", at->sum[i]);
    return p;
}

static void header_text(FILE *f, const BurinProgram *p, const Progress *at)
{
    fputs("{\"__metadata__\":{", f);
    header_pair(f, "format", "pt");
    const char *const pair[][2] = {{"burin.name", p->name}, {"burin.spec_path", p->spec_path}, {"burin.spec", p->spec_text},
                                   {"burin.fingerprint", fingerprint(p).hex}};
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) fputc(',', f), header_pair(f, pair[i][0], pair[i][1] ? pair[i][1] : "");
    fputc(',', f), header_pair(f, "burin.seed", word_of("%llu", (unsigned long long)at->seed).s);
    fputc(',', f), header_pair(f, "burin.step", word_of("%llu", (unsigned long long)at->step).s);
    fputc(',', f), header_pair(f, "burin.epoch", word_of("%lld", (long long)at->epoch).s);
    fputc(',', f), header_pair(f, "burin.epoch_steps", word_of("%lld", (long long)at->epoch_steps).s);
    if (at->history) fputc(',', f), header_pair(f, "burin.history", at->history);
    if (at->summed) fputc(',', f), header_pair(f, "burin.sums", sums_text(at).s);
    for (int i = 0; i < p->options; i++) fputc(',', f), header_pair(f, path_of("option.%s", p->option[i].name).s, p->option[i].value);
    fputc('}', f);
    size_t offset = 0;
    for (int i = 0; i < p->vars; i++) {
        const BurinVar *v = &p->var[i];
        int64_t shape[BURIN_MAX_RANK];
        if (!saved(v)) continue;
        file_shape(v, shape);
        fputc(',', f);
        json_string(f, v->name);
        fprintf(f, ":{\"dtype\":\"%s\",\"shape\":[", dtype_name[v->dtype]);
        for (int k = 0; k < v->rank; k++) fprintf(f, "%s%lld", k ? "," : "", (long long)shape[k]);
        fprintf(f, "],\"data_offsets\":[%zu,%zu]}", offset, offset + v->bytes);
        offset += v->bytes;
    }
    fputc('}', f);
}

static int check_finite(const BurinVar *v, const float *x, const Progress *at, Error *e)
{
    for (size_t i = 0; v->dtype == BURIN_F32 && i < v->bytes / sizeof *x; i++)
        if (!isfinite(x[i]))
            return failed(e, "%s: %s is %s after step %llu; no checkpoint was written of it", v->where ? v->where : "", v->name,
                          isnan(x[i]) ? "nan" : "inf", (unsigned long long)at->step);
    return 0;
}

static int write_tensors(FILE *f, const BurinProgram *p, const char *memory, const Progress *at, Error *e)
{
    for (int i = 0; i < p->vars; i++) {
        const BurinVar *v = &p->var[i];
        if (!saved(v)) continue;
        if (check_finite(v, (const float *)memory, at, e)) return -1;
        char *file = array_of(char, v->bytes);
        reorder(v, (char *)memory, file, true);         /* which it only reads */
        fwrite(file, 1, v->bytes, f);
        free(file);
        memory += v->bytes;
    }
    return 0;
}

int checkpoint_write(const char *path, const BurinProgram *p, const char *variables, const Progress *at, Error *e)
{
    char *header = NULL;
    size_t size;
    FILE *h = open_memstream(&header, &size);
    header_text(h, p, at);
    while (ftell(h) % 8) fputc(' ', h);             /* the tensors start at a multiple of 8 */
    fclose(h);
    uint8_t length[8];
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)((uint64_t)size >> 8 * i);
    Writer w;
    int bad = writer_open(&w, path, e);
    if (!bad) {
        fwrite(length, 1, 8, w.file);
        fwrite(header, 1, size, w.file);
        bad = write_tensors(w.file, p, variables, at, e);
        if (bad) writer_drop(&w);
        else bad = writer_close(&w, e);
    }
    free(header);
    return bad;
}

/* ---- reading ---- */

static int damaged(const char *path, const char *what, Error *e) { return failed(e, "%s is no whole safetensors file: %s", path, what); }

static bool take_shape(Json *j, FileTensor *t)
{
    uint64_t n;
    if (!json_take(j, '[')) return false;
    for (t->rank = 0; !json_take(j, ']'); t->rank++) {
        if ((t->rank && !json_take(j, ',')) || t->rank == BURIN_MAX_RANK || !json_take_uint(j, &n) || n > (uint64_t)1 << 40) return false;
        t->shape[t->rank] = (int64_t)n;
    }
    return true;
}

static bool take_dtype(Json *j, FileTensor *t)
{
    char *name;
    if (!json_take_string(j, &name)) return false;
    t->dtype = -1;
    for (int i = 0; i < DTYPES; i++)
        if (!strcmp(name, dtype_name[i])) t->dtype = i;
    free(name);
    return true;
}

static bool take_offsets(Json *j, FileTensor *t)
{
    return json_take(j, '[') && json_take_uint(j, &t->begin) && json_take(j, ',') && json_take_uint(j, &t->end) && json_take(j, ']');
}

/* {"dtype":..., "shape":..., "data_offsets":...}, each once, in any order */
static bool take_tensor(Json *j, FileTensor *t)
{
    int seen[3] = {0};
    if (!json_take(j, '{')) return false;
    for (int i = 0; i < 3; i++) {
        char *key;
        if ((i && !json_take(j, ',')) || !json_take_string(j, &key)) return false;
        int which = !strcmp(key, "dtype") ? 0 : !strcmp(key, "shape") ? 1 : !strcmp(key, "data_offsets") ? 2 : -1;
        free(key);
        if (which < 0 || seen[which]++ || !json_take(j, ':')) return false;
        if (!(which == 0 ? take_dtype(j, t) : which == 1 ? take_shape(j, t) : take_offsets(j, t))) return false;
    }
    return json_take(j, '}');
}

static bool take_pairs(Json *j, Checkpoint *c)
{
    if (!json_take(j, '{')) return false;
    while (!json_take(j, '}')) {
        FilePair p = {0};
        if ((c->pairs && !json_take(j, ',')) || !json_take_string(j, &p.key)) return false;
        if (!json_take(j, ':') || !json_take_string(j, &p.value)) {
            free(p.key);
            return false;
        }
        c->pair = array_grow(c->pair, FilePair, c->pairs + 1);
        c->pair[c->pairs++] = p;
    }
    return true;
}

static bool take_header(Json *j, Checkpoint *c)
{
    bool metadata = false;
    if (!json_take(j, '{')) return false;
    for (int i = 0; !json_take(j, '}'); i++) {
        char *key;
        if ((i && !json_take(j, ',')) || !json_take_string(j, &key)) return false;
        bool is_metadata = !strcmp(key, "__metadata__");
        FileTensor t = {.name = key};
        bool good = json_take(j, ':') && !(is_metadata && metadata) && (is_metadata ? take_pairs(j, c) : take_tensor(j, &t));
        if (!good || is_metadata) free(key);
        if (!good) return false;
        metadata |= is_metadata;
        if (is_metadata) continue;
        if ((c->tensors & (c->tensors - 1)) == 0) c->tensor = array_grow(c->tensor, FileTensor, 2 * (c->tensors + 1));
        c->tensor[c->tensors++] = t;
    }
    return json_at_end(j);
}

static int by_begin(const void *a, const void *b)
{
    const FileTensor *x = (const FileTensor *)a, *y = (const FileTensor *)b;
    return x->begin != y->begin ? (x->begin < y->begin ? -1 : 1) : (x->end > y->end) - (x->end < y->end);
}

static int by_name(const void *a, const void *b) { return strcmp(((const FileTensor *)a)->name, ((const FileTensor *)b)->name); }

/* Every byte of the data belongs to one tensor, and each has the size that its shape says. Sorts by name. */
static int check_tensors(Checkpoint *c, const char *path, Error *e)
{
    uint64_t at = 0, room = c->size - c->data;
    if (c->tensors) qsort(c->tensor, (size_t)c->tensors, sizeof *c->tensor, by_begin);
    for (int i = 0; i < c->tensors; i++) {
        const FileTensor *t = &c->tensor[i];
        uint64_t bytes = 1;
        if (t->dtype < 0) return failed(e, "%s: tensor \"%.200s\" is of a type that is not known here", path, t->name);
        for (int k = 0; k < t->rank; k++) {
            if (t->shape[k] && bytes > ((uint64_t)1 << 60) / (uint64_t)t->shape[k]) return damaged(path, "a tensor's shape is too large", e);
            bytes *= (uint64_t)t->shape[k];
        }
        bytes *= dtype_bytes[t->dtype];
        if (t->end > room) return failed(e, "%s is cut short: tensor \"%.200s\" ends at byte %llu of %llu", path, t->name, (unsigned long long)t->end, (unsigned long long)room);
        if (t->begin > t->end || t->end - t->begin != bytes) return failed(e, "%s is damaged: the offsets of tensor \"%.200s\" do not fit its shape", path, t->name);
        if (t->begin != at) return failed(e, "%s is damaged: tensor \"%.200s\" %s", path, t->name, t->begin < at ? "overlaps another" : "comes after a hole");
        at = t->end;
    }
    if (at != room) return damaged(path, "bytes follow the last tensor", e);
    if (c->tensors) qsort(c->tensor, (size_t)c->tensors, sizeof *c->tensor, by_name);
    for (int i = 1; i < c->tensors; i++)
        if (!strcmp(c->tensor[i].name, c->tensor[i - 1].name)) return failed(e, "%s is damaged: tensor \"%.200s\" is there twice", path, c->tensor[i].name);
    return 0;
}

int checkpoint_read(Checkpoint *c, const char *path, Error *e)
{
    size_t size;
    memset(c, 0, sizeof *c);
    if (file_read(path, &c->bytes, &size, e)) return -1;
    c->size = size;
    uint64_t length = 0;
    for (int i = 7; size >= 8 && i >= 0; i--) length = length << 8 | (uint8_t)c->bytes[i];
    int bad = 0;
    if (size < 8) bad = damaged(path, "it is shorter than 8 bytes", e);
    else if (length > HEADER_LIMIT || length < 2) bad = damaged(path, "its header's length makes no sense", e);
    else if (length > size - 8) bad = damaged(path, "it ends within its header", e);
    if (!bad) {
        Json j = {c->bytes + 8, c->bytes + 8 + length};
        c->data = 8 + length;
        bad = c->bytes[8] == '{' && take_header(&j, c) ? check_tensors(c, path, e)
                  : failed(e, "%s is no whole safetensors file: its header cannot be read at byte %lld", path, (long long)(j.at - c->bytes));
    }
    if (bad) checkpoint_free(c);
    return bad;
}

void checkpoint_free(Checkpoint *c)
{
    for (int i = 0; i < c->tensors; i++) free(c->tensor[i].name);
    for (int i = 0; i < c->pairs; i++) free(c->pair[i].key), free(c->pair[i].value);
    free(c->tensor);
    free(c->pair);
    free(c->bytes);
    memset(c, 0, sizeof *c);
}

const char *checkpoint_value(const Checkpoint *c, const char *key)
{
    for (int i = 0; i < c->pairs; i++)
        if (!strcmp(c->pair[i].key, key)) return c->pair[i].value;
    return NULL;
}

static const FileTensor *find_tensor(const Checkpoint *c, const char *name)
{
    FileTensor key = {.name = (char *)name};
    return c->tensors ? (const FileTensor *)bsearch(&key, c->tensor, (size_t)c->tensors, sizeof key, by_name) : NULL;
}

static Path shape_words(const int64_t *shape, int rank)
{
    Path p = path_of(rank ? "" : "scalar");
    for (int k = 0; k < rank; k++) snprintf(p.s + strlen(p.s), 32, "%s%lld", k ? "x" : "", (long long)shape[k]);
    return p;
}

int checkpoint_progress(const Checkpoint *c, const char *path, Progress *at, Error *e)
{
    const char *seed = checkpoint_value(c, "burin.seed"), *step = checkpoint_value(c, "burin.step");
    const char *epoch = checkpoint_value(c, "burin.epoch"), *epoch_steps = checkpoint_value(c, "burin.epoch_steps");
    const char *sums = checkpoint_value(c, "burin.sums");
    if (!seed || !step || !epoch || !epoch_steps) return failed(e, "%s does not say where its run stood: burin did not write it", path);
    *at = (Progress){.seed = strtoull(seed, NULL, 10), .step = strtoull(step, NULL, 10), .epoch = strtoll(epoch, NULL, 10),
                     .epoch_steps = strtoll(epoch_steps, NULL, 10), .history = checkpoint_value(c, "burin.history")};
    char *next = (char *)sums;
    if (sums) at->summed = strtoll(sums, &next, 10);
    while (next && *next && at->sums < PROGRESS_SUMS) at->sum[at->sums++] = strtod(next, &next);
    return 0;
}

/* Does another variable's name, and a dot, begin this one's? generator.0.weight.exp_avg belongs to generator.0.weight. */
static const BurinVar *owner(const BurinProgram *p, const char *name)
{
    for (int i = 0; i < p->vars; i++) {
        size_t n = strlen(p->var[i].name);
        if (saved(&p->var[i]) && !strncmp(p->var[i].name, name, n) && name[n] == '.') return &p->var[i];
    }
    return NULL;
}

/* The tensor of a variable; NULL when there is none that fits. */
static const FileTensor *fitting(const Checkpoint *c, const BurinVar *v)
{
    int64_t shape[BURIN_MAX_RANK];
    const FileTensor *t = find_tensor(c, v->name);
    file_shape(v, shape);
    return t && t->rank == v->rank && !memcmp(t->shape, shape, (size_t)v->rank * sizeof *shape) && t->dtype == (int)v->dtype ? t : NULL;
}

/* PyTorch's batch_norm counts its batches, in case its momentum is None. */
static bool is_counter(const char *name)
{
    const char *end = strrchr(name, '.');
    return end && !strcmp(end, ".num_batches_tracked");
}

enum { MISFITS = 24 };                                /* misfits that a message names */

static void misfit(int *bad, Error *e, const char *name, const char *what)
{
    if (++*bad <= MISFITS) failed_more(e, "\n  %.200s: %s", name, what);
}

/* Adds a line for each tensor that does not fit; of the moments of a weight, where the weight itself fits. Returns how many. */
static int misfits(const Checkpoint *c, const BurinProgram *p, Error *e)
{
    int bad = 0;
    for (int i = 0; i < p->vars; i++) {
        const BurinVar *v = &p->var[i], *of = owner(p, v->name);
        if (!saved(v) || fitting(c, v) || (of && !fitting(c, of))) continue;
        const FileTensor *t = find_tensor(c, v->name);
        int64_t shape[BURIN_MAX_RANK];
        file_shape(v, shape);
        misfit(&bad, e, v->name, t ? path_of("%s %s in the file, %s %s in the spec", dtype_name[t->dtype], shape_words(t->shape, t->rank).s,
                                             dtype_name[v->dtype], shape_words(shape, v->rank).s).s
                                   : "not in the file");
    }
    for (int i = 0; i < c->tensors; i++) {
        if (is_counter(c->tensor[i].name)) continue;
        int k = 0;
        while (k < p->vars && !(saved(&p->var[k]) && !strcmp(p->var[k].name, c->tensor[i].name))) k++;
        if (k == p->vars) misfit(&bad, e, c->tensor[i].name, "not in the spec");
    }
    if (bad > MISFITS) failed_more(e, "\n  and %d more", bad - MISFITS);
    return bad;
}

static int put(const Checkpoint *c, const FileTensor *t, Session *s, const BurinVar *v, Error *e)
{
    char *memory = array_of(char, v->bytes);
    reorder(v, memory, c->bytes + c->data + t->begin, false);
    int bad = session_put(s, v, memory, e);
    free(memory);
    return bad;
}

int checkpoint_restore(const Checkpoint *c, const char *path, Session *s, int *fitted, Error *e)
{
    int fits = 0;
    for (int i = 0; i < s->program->vars; i++) fits += saved(&s->program->var[i]) && fitting(c, &s->program->var[i]);
    error_set(e, "%s does not fit the spec:", path);
    if (!misfits(c, s->program, e)) error_set(e, "%s", "");
    else if (!fitted) return -1;
    for (int i = 0; i < s->program->vars; i++) {
        const BurinVar *v = &s->program->var[i];
        const FileTensor *t = saved(v) ? fitting(c, v) : NULL;
        if (t && put(c, t, s, v, e)) return -1;
    }
    if (fitted) *fitted = fits;
    return 0;
}

/* Does the file have something of the net that this variable belongs to? */
static bool has_net(const Checkpoint *c, const char *name)
{
    size_t n = strcspn(name, ".") + 1;
    for (int i = 0; i < c->tensors; i++)
        if (!strncmp(c->tensor[i].name, name, n)) return true;
    return false;
}

/* What a variable is drawn with: its tensor; or that of the weight that it belongs to, if it is as large. */
static const FileTensor *drawn_with(const Checkpoint *c, const BurinVar *v, const BurinVar *of)
{
    const FileTensor *t = fitting(c, v);
    bool same = of && of->rank == v->rank && !memcmp(of->shape, v->shape, (size_t)v->rank * sizeof *v->shape);
    return !t && same ? fitting(c, of) : t;
}

int checkpoint_draws(const Checkpoint *c, const char *path, const BurinProgram *p, Path *absent, Error *e)
{
    int bad = 0, fits = 0;
    *absent = path_of("%s", "");
    error_set(e, "%s does not fit the spec:", path);
    for (int i = 0; i < p->vars; i++) {
        const BurinVar *v = &p->var[i];
        if (!saved(v) || owner(p, v->name)) continue;
        Path net = path_of("%.*s", (int)strcspn(v->name, "."), v->name);
        if (fitting(c, v)) fits++;
        else if (has_net(c, v->name)) misfit(&bad, e, v->name, find_tensor(c, v->name) ? "of another shape or type in the file" : "not in the file");
        else if (!strstr(absent->s, net.s)) *absent = path_of("%.2000s%s%.1000s", absent->s, *absent->s ? ", " : "", net.s);
    }
    if (bad > MISFITS) failed_more(e, "\n  and %d more", bad - MISFITS);
    if (!fits && !bad) return failed(e, "%s has nothing of what the spec needs: no tensor is called as one of its variables", path);
    return bad ? -1 : 0;
}

int checkpoint_weights(const Checkpoint *c, Session *s, Error *e)
{
    for (int i = 0; i < s->program->vars; i++) {
        const BurinVar *v = &s->program->var[i];
        const FileTensor *t = saved(v) ? drawn_with(c, v, owner(s->program, v->name)) : NULL;
        if (t && put(c, t, s, v, e)) return -1;
    }
    return 0;
}

/* ---- the checkpoints of a run ---- */

/* The one with the highest number below `limit`; -1: none. */
static long newest(const char *folder, long limit, Path *file)
{
    DIR *d = opendir(folder);
    long best = -1, n;
    for (struct dirent *x; d && (x = readdir(d));) {
        int end = 0;
        if (sscanf(x->d_name, "snapshot_%ld.safetensors%n", &n, &end) != 1 || !end || x->d_name[end] || n <= best || n >= limit) continue;
        best = n;
        *file = path_of("%s/%s", folder, x->d_name);
    }
    if (d) closedir(d);
    return best;
}

int checkpoint_open(Checkpoint *c, const char *name, Path *file, Path *torn, Error *e)
{
    DIR *d = opendir(name);
    *torn = path_of("%s", "");
    if (!d) {
        *file = path_of("%s", name);
        return file_exists(name) ? checkpoint_read(c, name, e) : failed(e, "%s: no such run or checkpoint", name);
    }
    closedir(d);
    Error why;
    for (long n = LONG_MAX; (n = newest(name, n, file)) >= 0;) {
        if (!checkpoint_read(c, file->s, &why)) return 0;
        if (!*torn->s) *torn = *file, *e = why;
    }
    return *torn->s ? -1 : failed(e, "%s: no checkpoint in this folder (snapshot_*.safetensors)", name);
}

void checkpoint_prune(const char *folder, int64_t keep)
{
    Path file;
    for (long n = LONG_MAX; (n = newest(folder, n, &file)) >= 0;)
        if (keep-- <= 0) unlink(file.s);
}
