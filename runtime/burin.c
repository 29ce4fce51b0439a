/* burin.c: the main() of an emitted program. */
#include "burin.h"
#include "command.h"
#include "standalone.h"

int burin_main(const BurinProgram *p, int argc, char **argv)
{
    const DeviceType *const types[] = {p->find ? &dev_cuda_linked : &dev_cpu, NULL};
    return standalone_main(p, types, STANDALONE, argc, argv);
}
