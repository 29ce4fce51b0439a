/* report_data.h: what is said of a run's data. */
#ifndef BURIN_REPORT_DATA_H
#define BURIN_REPORT_DATA_H
#include "feed.h"
#include "log.h"

void report_data(Log *, Feed *, const BurinProgram *);           /* before the run */
void report_feed(Log *, const Feed *, const BurinProgram *);     /* how they get to a device that has memory of its own */
void report_damaged(Log *, Feed *);                 /* after a step: the files that turned out damaged */
void report_data_end(Log *, const Feed *, double seconds);       /* how long was waited for pictures, of so many seconds */
void report_source(Log *, const BurinSource *, const DataPlaces *);         /* what is in a folder of pictures, without a run */
#endif
