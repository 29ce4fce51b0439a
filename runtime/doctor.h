/* doctor.h: `burin doctor`: can this machine train, and if not, what would help? */
#ifndef BURIN_DOCTOR_H
#define BURIN_DOCTOR_H
#include "data.h"

/* Prints a line or more for each thing that training needs. Non-zero with a message when something is missing without which nothing
 * trains. `outdir`: where runs go.                                                                                    */
int doctor(DataPlaces, const char *outdir, Error *);
#endif
