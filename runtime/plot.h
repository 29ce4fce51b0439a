/* plot.h: numbers over the steps of a run, and their picture as SVG. */
#ifndef BURIN_PLOT_H
#define BURIN_PLOT_H
#include "program.h"
#include "text.h"

enum { SERIES = 8, POINTS = 1024 };

/* Means of some numbers over stretches of steps; when the points are full, neighbours are joined and stretches double, so
 * that a run of any length has between 512 and 1024 of them.                                                        */
typedef struct {
    int series, points;
    int64_t stretch;            /* steps in a point */
    float value[SERIES][POINTS];
    double sum[SERIES];         /* of the stretch under way */
    int64_t summed;
} History;

void history_start(History *, int series);
void history_add(History *, const float *value);    /* of one step */

/* As text, to the last bit, which the caller frees; and back: non-zero where it is no history of so many steps and series. */
char *history_text(const History *);
int history_take(History *, const char *text, int64_t step);

/* Two panels, losses above and the other reports below, over epochs; light or dark as the reader's screen is. */
int plot_write(const History *, const BurinEntry *, int64_t steps_an_epoch, const char *title, const char *path, Error *);
#endif
