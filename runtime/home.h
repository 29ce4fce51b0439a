/* home.h: where burin's own files are. */
#ifndef BURIN_HOME_H
#define BURIN_HOME_H
#include "text.h"

/* The folder with models/ and templates/: $BURIN_HOME, else the checkout that the executable is in (CHECKOUT/out/burin), else what was
 * installed beside it (PREFIX/bin/burin: PREFIX/share/burin).                                                        */
int find_home(Path *home, Error *);
#endif
