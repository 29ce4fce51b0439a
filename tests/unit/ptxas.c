/* What NVIDIA's assembler says of kernels, read; and the limits that make of it how many blocks run at once. */
#include "test.h"
#include "../../runtime/arch.h"
#include "../../runtime/ptxas.h"

static const char log_text[] =
    "ptxas info    : 0 bytes gmem\n"
    "ptxas info    : Compiling entry function 'sums_64' for 'sm_90'\n"
    "ptxas info    : Function properties for sums_64\n"
    "ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
    "ptxas info    : Used 21 registers, used 1 barriers, 2048 bytes smem\n"
    "ptxas info    : Compile time = 20.496 ms\n"
    "ptxas info    : Compiling entry function 'map_7' for 'sm_90'\n"
    "ptxas info    : Function properties for map_7\n"
    "    48 bytes stack frame, 120 bytes spill stores, 76 bytes spill loads\n"
    "ptxas info    : Used 255 registers, used 0 barriers, 48 bytes cumulative stack size";

static void test_log(void)
{
    PtxasKernel *list = NULL;
    int n = ptxas_read(log_text, &list, 0);
    n = ptxas_read("nothing of kernels\n", &list, n);
    if (!test("ptxas: kernels", n == 2, "%d", n)) return;
    const PtxasKernel *sums = ptxas_find(list, n, "sums_64"), *map = ptxas_find(list, n, "map_7");
    test("ptxas: registers and shared memory", sums && sums->registers == 21 && sums->shared == 2048 && sums->spilled == 0, "%d %d %d", sums->registers, sums->shared, sums->spilled);
    test("ptxas: spills", map && map->registers == 255 && map->shared == 0 && map->spilled == 196, "%d %d %d", map->registers, map->shared, map->spilled);
    test("ptxas: a kernel that it tells nothing of", !ptxas_find(list, n, "sums_6"), "found");
    free(list);
    list = NULL;
    test("ptxas: an empty log", ptxas_read("", &list, 0) == 0, "not empty");
}

/* By hand: 64 registers x 128 threads are an eighth of 65536; 20 KiB and one for the system fit eight times into 164; and so on. */
static void test_blocks(void)
{
    const Arch *a = arch_find("sm_80");
    if (!test("arch: found", a && a->arch == 80, "not")) return;
    test("arch: bound by registers", arch_blocks(a, 128, 64, 0) == 8, "%d", arch_blocks(a, 128, 64, 0));
    test("arch: bound by shared memory", arch_blocks(a, 32, 32, 40 << 10) == 4, "%d", arch_blocks(a, 32, 32, 40 << 10));
    test("arch: bound by threads", arch_blocks(a, 1024, 16, 0) == 2, "%d", arch_blocks(a, 1024, 16, 0));
    test("arch: bound by blocks", arch_blocks(a, 32, 16, 0) == 32, "%d", arch_blocks(a, 32, 16, 0));
    test("arch: a card between two rows", arch_find("sm_87") && arch_find("sm_87")->arch == 86, "another");
    test("arch: none", !arch_find("sm_70") && !arch_find("sm_61") && !arch_find("avx2"), "found");
}

int main(void)
{
    test_log();
    test_blocks();
    return test_end();
}
