/* plot.c: numbers over the steps of a run, and their picture as SVG. */
#include "plot.h"
#include "file.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 760, LEFT = 62, RIGHT = 140, TOP = 40, PANEL = 200, BETWEEN = 34, BOTTOM = 46 };
static const char *const color[SERIES] = {"#2f7ed8", "#e2703a", "#2ca58d", "#b05cc6", "#c9a227", "#d1495b", "#6b8e23", "#7f7f7f"};

void history_start(History *h, int series)
{
    memset(h, 0, sizeof *h);
    h->series = series < SERIES ? series : SERIES;
    h->stretch = 1;
}

static void join_neighbours(History *h)
{
    for (int s = 0; s < h->series; s++)
        for (int i = 0; i < POINTS / 2; i++) h->value[s][i] = (h->value[s][2 * i] + h->value[s][2 * i + 1]) / 2;
    h->points = POINTS / 2;
    h->stretch *= 2;
}

void history_add(History *h, const float *value)
{
    for (int s = 0; s < h->series; s++) h->sum[s] += value[s];
    if (++h->summed < h->stretch) return;
    if (h->points == POINTS) {                      /* what was summed is half of a new stretch */
        join_neighbours(h);
        return;
    }
    for (int s = 0; s < h->series; s++) h->value[s][h->points] = (float)(h->sum[s] / (double)h->summed), h->sum[s] = 0;
    h->points++;
    h->summed = 0;
}

char *history_text(const History *h)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    fprintf(f, "%d %d %lld %lld", h->series, h->points, (long long)h->stretch, (long long)h->summed);
    for (int s = 0; s < h->series; s++) {
        fprintf(f, " %a", h->sum[s]);
        for (int i = 0; i < h->points; i++) fprintf(f, " %a", (double)h->value[s][i]);
    }
    fclose(f);
    return text;
}

int history_take(History *h, const char *text, int64_t step)
{
    History *x = array_of(History, 1);
    char *at = (char *)text;
    history_start(x, h->series);
    int series = (int)strtol(at, &at, 10);
    x->points = (int)strtol(at, &at, 10);
    x->stretch = strtoll(at, &at, 10);
    x->summed = strtoll(at, &at, 10);
    bool good = series == h->series && x->points >= 0 && x->points <= POINTS && x->stretch > 0 && x->stretch <= step &&
                x->points * x->stretch + x->summed == step;
    for (int s = 0; good && s < series; s++) {
        x->sum[s] = strtod(at, &at);
        for (int i = 0; i < x->points; i++) x->value[s][i] = (float)strtod(at, &at);
    }
    good = good && !*at;
    if (good) *h = *x;
    free(x);
    return good ? 0 : -1;
}

/* 1, 2 or 5 times a power of ten: so that `range` has about `ticks` of them */
static double tick_step(double range, int ticks)
{
    double rough = range / ticks, power = pow(10, floor(log10(rough))), x = rough / power;
    return power * (x < 1.5 ? 1 : x < 3.5 ? 2 : x < 7.5 ? 5 : 10);
}

typedef struct { FILE *f; const History *h; const BurinEntry *entry; double epochs; int y; double lo, hi; } Panel;

static double px(const Panel *p, double epoch) { return LEFT + epoch / p->epochs * (WIDTH - LEFT - RIGHT); }
static double py(const Panel *p, double v) { return p->y + PANEL - (v - p->lo) / (p->hi - p->lo) * PANEL; }

static bool in_panel(const BurinEntry *e, int series, BurinOutputKind kind) { return e->output[series].kind == kind; }

/* The range: from 0 (or the least) to the greatest, rounded to ticks. The greatest 0.5% may be cut off: a spike at the start
 * would flatten the rest.                                                                                           */
static void panel_range(Panel *p, BurinOutputKind kind)
{
    double least = 0, most = 1e-3;
    for (int pass = 0; pass < 2; pass++) {
        double limit = pass ? 6 * most : INFINITY, sum = 0;
        int n = 0;
        for (int s = 0; s < p->h->series; s++)
            for (int i = 0; in_panel(p->entry, s, kind) && i < p->h->points; i++) {
                double v = p->h->value[s][i];
                if (!isfinite(v)) continue;
                if (v < least) least = v;
                sum += fabs(v), n++;
                if (pass && v > most && v <= limit) most = v;
            }
        if (!pass) most = n ? fmax(sum / n, 1e-3) : 1;
    }
    double step = tick_step(most - least, 5);
    p->lo = floor(least / step) * step;
    p->hi = ceil(most / step) * step;
}

static void panel_axes(const Panel *p, const char *label)
{
    double step = tick_step(p->hi - p->lo, 5), end = WIDTH - RIGHT;
    for (double v = p->lo; v <= p->hi + step / 2; v += step) {
        fprintf(p->f, "<line class='grid' x1='%d' y1='%.1f' x2='%.0f' y2='%.1f'/>", LEFT, py(p, v), end, py(p, v));
        fprintf(p->f, "<text x='%d' y='%.1f' text-anchor='end'>%.4g</text>\n", LEFT - 8, py(p, v) + 4, fabs(v) < step / 1e6 ? 0 : v);
    }
    step = tick_step(p->epochs, 8);
    for (double v = 0; v <= p->epochs * 1.0001; v += step) {
        fprintf(p->f, "<line class='axis' x1='%.1f' y1='%d' x2='%.1f' y2='%d'/>", px(p, v), p->y + PANEL, px(p, v), p->y + PANEL + 4);
        fprintf(p->f, "<text x='%.1f' y='%d' text-anchor='middle'>%.3g</text>\n", px(p, v), p->y + PANEL + 18, v);
    }
    fprintf(p->f, "<path class='axis' d='M%d %dV%dH%.0f'/>\n", LEFT, p->y, p->y + PANEL, end);
    fprintf(p->f, "<text transform='translate(16 %d) rotate(-90)' text-anchor='middle'>%s</text>\n", p->y + PANEL / 2, label);
}

static void escaped(FILE *f, const char *s)
{
    for (; *s; s++)
        if (*s == '<') fputs("&lt;", f);
        else if (*s == '&') fputs("&amp;", f);
        else fputc(*s, f);
}

static void panel_lines(const Panel *p, BurinOutputKind kind, int64_t steps_an_epoch)
{
    int row = 0;
    for (int s = 0; s < p->h->series; s++) {
        if (!in_panel(p->entry, s, kind)) continue;
        fprintf(p->f, "<path class='line' stroke='%s' d='", color[s]);
        bool down = false;
        for (int i = 0; i < p->h->points; i++) {
            double v = p->h->value[s][i], epoch = (i + 0.5) * (double)p->h->stretch / (double)steps_an_epoch;
            if (isfinite(v)) fprintf(p->f, "%c%.1f %.1f", down ? 'L' : 'M', px(p, epoch), py(p, fmin(v, p->hi)));
            down = isfinite(v);
        }
        int x = WIDTH - RIGHT + 12, y = p->y + 14 + 20 * row++;
        fprintf(p->f, "'/>\n<path class='key' stroke='%s' d='M%d %dh18'/><text x='%d' y='%d'>", color[s], x, y - 4, x + 24, y);
        escaped(p->f, p->entry->output[s].name);
        fputs("</text>\n", p->f);
    }
}

static int count_kind(const History *h, const BurinEntry *e, BurinOutputKind kind)
{
    int n = 0;
    for (int s = 0; s < h->series; s++) n += in_panel(e, s, kind);
    return n;
}

int plot_write(const History *h, const BurinEntry *entry, int64_t steps_an_epoch, const char *title, const char *path, Error *e)
{
    static const BurinOutputKind kind[] = {BURIN_LOSS, BURIN_REPORT};
    static const char *const label[] = {"loss", "report"};
    int panels = !!count_kind(h, entry, BURIN_LOSS) + !!count_kind(h, entry, BURIN_REPORT);
    int height = TOP + panels * PANEL + (panels - 1) * BETWEEN + BOTTOM, y = TOP;
    Writer w;
    if (panels == 0 || h->points == 0) return 0;
    if (writer_open(&w, path, e)) return -1;
    fprintf(w.file, "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' viewBox='0 0 %d %d'>\n<style>\n"
                    "text{font:12px sans-serif;fill:#333} .title{font-size:14px} .ground{fill:#fff}\n"
                    ".grid{stroke:#ddd} .axis{stroke:#666;fill:none} .line{fill:none;stroke-width:1.5;stroke-linejoin:round} .key{stroke-width:3}\n"
                    "@media (prefers-color-scheme: dark){text{fill:#ccc} .ground{fill:#161b22} .grid{stroke:#333} .axis{stroke:#999}}\n"
                    "</style>\n<rect class='ground' width='100%%' height='100%%'/>\n<text class='title' x='%d' y='24'>",
            WIDTH, height, WIDTH, height, LEFT);
    escaped(w.file, title);
    fputs("</text>\n", w.file);
    for (int k = 0; k < 2; k++) {
        if (!count_kind(h, entry, kind[k])) continue;
        Panel p = {w.file, h, entry, (double)h->points * (double)h->stretch / (double)steps_an_epoch, y, 0, 1};
        panel_range(&p, kind[k]);
        panel_axes(&p, label[k]);
        panel_lines(&p, kind[k], steps_an_epoch);
        y += PANEL + BETWEEN;
    }
    fprintf(w.file, "<text x='%d' y='%d' text-anchor='middle'>epoch</text>\n</svg>\n", (LEFT + WIDTH - RIGHT) / 2, height - 10);
    return writer_close(&w, e);
}
