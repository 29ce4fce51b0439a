/* Philox4x32-10 against Random123's known answers (kat_vectors), and what is made of its words. */
#include "test.h"
#include "../../runtime/philox.h"

static bool words(Philox p, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return p.w[0] == a && p.w[1] == b && p.w[2] == c && p.w[3] == d;
}

int main(void)
{
    /* counter (c0 c1 c2 c3) = (index, stream, step low, step high); key = (seed low, seed high) */
    test("philox of zeros", words(philox(0, 0, 0, 0), 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8), "other words");
    test("philox of ones", words(philox(UINT64_MAX, UINT32_MAX, UINT64_MAX, UINT32_MAX), 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd),
         "other words");
    test("philox of pi", words(philox(0x299f31d0a4093822, 0x85a308d3, 0x0370734413198a2e, 0x243f6a88), 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1),
         "other words");
    test("uniform stays inside (0,1)", philox_uniform(0) > 0 && philox_uniform(UINT32_MAX) < 1 && (float)philox_uniform(UINT32_MAX) < 1, "it does not");
    double sum = 0, squares = 0;
    enum { N = 100000 };
    for (uint32_t i = 0; i < N; i++) {
        double x = philox_normal(philox(1, 2, 3, i));
        sum += x, squares += x * x;
    }
    test("normal has mean 0 and variance 1", fabs(sum / N) < 0.01 && fabs(squares / N - 1) < 0.02, "mean %g, variance %g", sum / N, squares / N);
    return test_end();
}
