/* The simulated card itself: what the instructions of a real compiler give, and that its checks catch what they are for.
 *
 * Kernels get two arrays of 4096 floats, `in` (0.001 (i - 2000)) and `out`; with the real NVRTC, else skipped.          */
#include "test.h"
#include "../../runtime/cuda_driver.h"
#include "../../runtime/nvrtc.h"
#include <dlfcn.h>
#include <math.h>

enum { N = 4096 };

static CudaDriver cu;
static Nvrtc nvrtc;
static CUstream stream;
static CUdeviceptr in, out;
static float x[N], y[N];

#define KERNEL "extern \"C\" __global__ void k(const float *in, float *out)\n{\n    int i = blockIdx.x * blockDim.x + threadIdx.x;\n"

/* Compiles a text and runs its kernel `k`; "" or what went wrong. */
static const char *run_text(const Nvrtc *compiler, const char *code, unsigned blocks, unsigned threads)
{
    static Error e;
    CUmodule module;
    CUfunction f;
    char *image, said[2048] = "";
    size_t size;
    CUjit_option option[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *value[] = {said, (void *)(uintptr_t)sizeof said}, *argument[] = {&in, &out};
    e.text[0] = 0;
    if (nvrtc_compile(compiler, code, "k.cu", "compute_80", "", &image, &size, NULL, &e)) return e.text;
    CUcontext context;
    CUresult r = cu.cuDevicePrimaryCtxRelease(0);   /* the fault of a kernel before is forgotten when nobody has the card */
    if (!r) r = cu.cuInit(0);
    if (!r) r = cu.cuDevicePrimaryCtxRetain(&context, 0);
    if (!r) r = cu.cuModuleLoadDataEx(&module, image, 2, option, value);
    if (!r) r = cu.cuModuleGetFunction(&f, module, "k");
    if (!r) r = cu.cuMemsetD8Async(out, 0xff, N * 4, stream);
    if (!r) r = cu.cuLaunchKernel(f, blocks, 1, 1, threads, 1, 1, 4096, stream, argument, NULL);
    if (!r) r = cu.cuMemcpyDtoHAsync(y, out, N * 4, stream);
    if (!r) r = cu.cuStreamSynchronize(stream);
    if (r) cuda_explain(&cu, r, &e), failed_more(&e, "\n%s", said);
    free(image);
    return e.text;
}

/* The same of the kernel's body, with the real NVRTC. */
static const char *run(const char *body, unsigned blocks, unsigned threads)
{
    static char code[8192];
    snprintf(code, sizeof code, KERNEL "%s}\n", body);
    return run_text(&nvrtc, code, blocks, threads);
}

/* out[i] is near f(in[i]), for all i. */
static void same(const char *name, const char *expression, double (*f)(double), double most)
{
    static char body[512];
    double worst = 0;
    snprintf(body, sizeof body, "    float x = in[i];\n    out[i] = %s;\n", expression);
    const char *said = run(body, N / 256, 256);
    for (int i = 0; i < N; i++) {
        double want = f(x[i]);
        worst = fmax(worst, isnan(y[i]) != isnan(want) ? 1 : isnan(want) ? 0 : fabs(y[i] - want) / fmax(1, fabs(want)));
    }
    test(name, !*said && worst <= most, "off by %g %s", worst, said);
}

static double logistic(double v) { return 1 / (1 + exp(-v)); }
static double inverse_root(double v) { return 1 / sqrt(1 + v * v); }
static double log_of(double v) { return log(v + 2.5); }
static double power(double v) { return pow(v + 2.5, 1.7); }
static double rounded(double v) { return floor(v) + 10 * rint(v * 3) + 100 * trunc(v * 2); }
static double clamped(double v) { return fmin(fmax(v, 0), 1); }
static double remainder_of(double v) { return fmod(v, 0.3); }
static double root(double v) { return sqrt(v); }             /* of negative numbers too */

static void test_functions(void)
{
    same("cudasim: exp", "expf(x)", exp, 1e-6);
    same("cudasim: tanh", "tanhf(x)", tanh, 1e-6);
    same("cudasim: log", "logf(x + 2.5f)", log_of, 1e-6);
    same("cudasim: logistic, fast", "1 / (1 + __expf(-x))", logistic, 1e-6);
    same("cudasim: rsqrt", "rsqrtf(1 + x * x)", inverse_root, 1e-6);
    same("cudasim: pow", "powf(x + 2.5f, 1.7f)", power, 2e-6);
    same("cudasim: sin", "sinf(x)", sin, 1e-6);
    same("cudasim: cos", "cosf(x)", cos, 1e-6);
    same("cudasim: erf", "erff(x)", erf, 1e-6);
    same("cudasim: rounding", "floorf(x) + 10 * rintf(x * 3) + 100 * truncf(x * 2)", rounded, 1e-6);
    same("cudasim: min, max", "fminf(fmaxf(x, 0), 1)", clamped, 0);
    same("cudasim: fmod", "fmodf(x, 0.3f)", remainder_of, 1e-5);
    same("cudasim: NaN", "sqrtf(x)", root, 1e-6);
    same("cudasim: double", "(float)exp((double)x)", exp, 1e-6);
}

/* What a kernel makes of i, against the same text in C. */
#define SAME_TEXT(name, ...) \
    do { \
        const char *said = run("    unsigned v;\n    " #__VA_ARGS__ "\n    out[i] = (float)(v & 0xffffff);\n", N / 256, 256); \
        int wrong = 0; \
        for (int i = 0; i < N; i++) { \
            unsigned v; \
            __VA_ARGS__ \
            wrong += y[i] != (float)(v & 0xffffff); \
        } \
        test(name, !*said && !wrong, "%d are wrong %s", wrong, said); \
    } while (0)

static void test_integers(void)
{
    SAME_TEXT("cudasim: integers", v = (i * 2654435761u >> 7) ^ ((unsigned)(-i / 3) + i % 7u); v += (v << 13 | v >> 19) & ~(unsigned)i;);
    SAME_TEXT("cudasim: wide products", unsigned long long w = (unsigned long long)(i * 40503u) * 0xD2511F53u; v = (unsigned)(w >> 32) ^ (unsigned)w; v ^= (unsigned)(w / 1000003u) + (unsigned)(w % 97u););
    SAME_TEXT("cudasim: a switch", switch (i % 9) { case 0: v = 3; break; case 1: v = i * 5; break; case 2: v = i ^ 77; break; case 3: v = i / 5; break; case 4: v = i << 3; break; case 5: v = 11u - i; break; default: v = 1; });
    SAME_TEXT("cudasim: a loop", v = 0; for (int k = i % 37; k > 0; k -= 3) v = v * 31 + k;);
    SAME_TEXT("cudasim: bytes and shorts", unsigned char b = (unsigned char)(i * 7); short s = (short)(i * 300); v = (unsigned)(b * 3 + s);
              signed char c = (signed char)i; v ^= (unsigned)(int)c;);
    SAME_TEXT("cudasim: an array of its own", int a[8]; for (int k = 0; k < 8; k++) a[(k + i) % 8] = k * i; v = 0; for (int k = 0; k < 8; k++) v = v * 3 + a[k];);
    SAME_TEXT("cudasim: constants", static const unsigned t[5] = {1, 20, 300, 4000, 50000}; v = t[i % 5] + t[(i / 5) % 5];);
}

/* 16x8 tf32 and bf16 products by tensor cores, cp.async, ldmatrix: against plain loops. */
static void test_tensor(void)
{
    const char *said = run(
        "    __shared__ __align__(16) float a[16 * 8], b[8 * 8];\n"
        "    int lane = i, g = lane / 4, t = lane % 4;\n"
        "    for (int k = lane * 4; k < 128; k += 128) asm volatile(\"cp.async.cg.shared.global [%0], [%1], 16;\" :: \"r\"((unsigned)__cvta_generic_to_shared(a + k)), \"l\"(in + k));\n"
        "    for (int k = lane * 4; k < 64; k += 128) asm volatile(\"cp.async.ca.shared.global [%0], [%1], 16, %2;\" :: \"r\"((unsigned)__cvta_generic_to_shared(b + k)), \"l\"(in + 1000 + k), \"r\"(k < 32 ? 16 : 8));\n"
        "    asm volatile(\"cp.async.commit_group;\");\n    asm volatile(\"cp.async.wait_group 0;\");\n    __syncthreads();\n"
        "    unsigned A[4], B[2];\n    float d[4] = {1, 2, 3, 4};\n"
        "    for (int k = 0; k < 4; k++) asm(\"cvt.rna.tf32.f32 %0, %1;\" : \"=r\"(A[k]) : \"f\"(a[(g + k % 2 * 8) * 8 + t + k / 2 * 4]));\n"
        "    for (int k = 0; k < 2; k++) asm(\"cvt.rna.tf32.f32 %0, %1;\" : \"=r\"(B[k]) : \"f\"(b[(t + k * 4) * 8 + g]));\n"
        "    asm volatile(\"mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\"\n"
        "        : \"+f\"(d[0]), \"+f\"(d[1]), \"+f\"(d[2]), \"+f\"(d[3]) : \"r\"(A[0]), \"r\"(A[1]), \"r\"(A[2]), \"r\"(A[3]), \"r\"(B[0]), \"r\"(B[1]));\n"
        "    for (int k = 0; k < 4; k++) out[(g + k / 2 * 8) * 8 + 2 * t + k % 2] = d[k];\n", 1, 32);
    double worst = 0;
    for (int r = 0; r < 16; r++)
        for (int c = 0; c < 8; c++) {
            double want = 1 + c % 2 + r / 8 * 2;
            for (int k = 0; k < 8; k++) want += x[r * 8 + k] * (double)(k < 4 || c % 4 < 2 ? x[1000 + k * 8 + c] : 0);
            worst = fmax(worst, fabs(want - y[r * 8 + c]));
        }
    test("cudasim: tensor cores, tf32, cp.async", !*said && worst < 1e-2 && worst > 0, "off by %g %s", worst, said);
    said = run(
        "    __shared__ __align__(16) unsigned short a[16 * 16];\n"
        "    for (int k = i; k < 256; k += 32) a[k] = (unsigned short)(k * 3);\n    __syncthreads();\n"
        "    unsigned v[4];\n"
        "    asm volatile(\"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\" : \"=r\"(v[0]), \"=r\"(v[1]), \"=r\"(v[2]), \"=r\"(v[3])\n"
        "        : \"r\"((unsigned)__cvta_generic_to_shared(a + i % 16 * 16 + i / 16 * 8)));\n"
        "    for (int k = 0; k < 4; k++) out[k * 64 + i * 2] = v[k] & 0xffff, out[k * 64 + i * 2 + 1] = v[k] >> 16;\n", 1, 32);
    int wrong = 0;
    for (int k = 0; k < 256; k++) {
        int m = k / 64, r = k % 64 / 8, c = k % 8;
        wrong += y[k] != (float)(((r + m % 2 * 8) * 16 + m / 2 * 8 + c) * 3);
    }
    test("cudasim: ldmatrix", !*said && !wrong, "%d are wrong %s", wrong, said);
}

static void has(const char *name, const char *got, const char *want) { test(name, strstr(got, want), "got \"%s\", want \"...%s...\"", got, want); }

static void test_checks(void)
{
    has("cudasim: a float4 at a wrong place", run("    float4 v = *(const float4 *)(in + i + 1);\n    out[i] = v.x + v.y + v.z + v.w;\n", 1, 32), "an address that is not a multiple of its access");
    has("cudasim: beyond the end", run("    out[i + 4096] = 1;\n", 1, 32), "an illegal address");
    has("cudasim: before the beginning", run("    out[i - 1024] = in[i];\n", 1, 32), "an illegal address");
    has("cudasim: lanes that never come", run("    if (i % 32 < 16) out[i] = __shfl_xor_sync(0xffffffff, in[i], 1);\n", 1, 32), "some of a warp's lanes never come");
    has("cudasim: an atomic sum of floats", run("    atomicAdd(out, in[i]);\n", 1, 32), "atom_add_f32");
    const char *said = run("    __shared__ float s[32];\n    out[i] = s[31 - i];\n", 1, 32);
    test("cudasim: shared memory before it is written", !*said && isnan(y[0]), "%g %s", y[0], said);
    said = run("    __shared__ __align__(16) float s[128];\n"
               "    asm volatile(\"cp.async.cg.shared.global [%0], [%1], 16;\" :: \"r\"((unsigned)__cvta_generic_to_shared(s + i * 4)), \"l\"(in + i * 4));\n"
               "    __syncthreads();\n    out[i] = s[i];\n", 1, 32);
    test("cudasim: cp.async without a wait", !*said && isnan(y[0]), "%g %s", y[0], said);
    has("cudasim: two blocks write a place", run("    out[threadIdx.x] = in[i];\n", 3, 32), "k, block (1,0,0), thread (0,0,0): it writes what block 0 has written, line ");
    has("cudasim: a block reads what another has written", run("    out[i] = in[i];\n    if (i >= 32) out[i + 2048] = out[i - 32];\n", 4, 32),
        "k, block (1,0,0), thread (0,0,0): it reads what block 0 has written, line ");
    has("cudasim: a block writes what another has read", run("    float x = out[i + 32];\n    out[i] = x + 1;\n", 4, 32), "it writes what block 0 has read, line ");
    test_text("cudasim: blocks read what all may", run("    out[i] = in[threadIdx.x] + in[0];\n    out[i] += 1;\n", 4, 32), "");
    test_text("cudasim: after all that it runs", run("    out[i] = in[i];\n", 1, 32), "");
}

/* The src path: a function with assembly gives way to kernel.h's of the same name. */
static void test_assembly(void)
{
    static Nvrtc simulated;
    Error e;
    setenv("BURIN_NVRTC", path_of("%s/out/cudasim/src", getenv("PWD")).s, 1);
    if (system("g++ --version >/dev/null 2>&1")) return test_skip("cudasim: assembly on the src path", "there is no g++");
    if (nvrtc_find(&simulated, 13000, &e)) return (void)test("cudasim: assembly on the src path", false, "%s", e.text);
    const char *said = run_text(&simulated,
        "#define COPY \\\n    \"cp.async.cg.shared.global [%0], [%1], 16, %2;\"\nstruct Four { float at[4]; };\n"
        "static __device__ void copy_async(float *to, const float *from, bool inside)\n{\n    if (inside) { asm volatile(COPY :: \"r\"(to)); }\n}\n"
        "static __device__ void wait_all() { }     /* no asm */\n"
        KERNEL "    __shared__ __align__(16) float s[128];\n    copy_async(s + i * 4, in + i * 4, i % 2);\n    wait_all();\n"
        "    for (int k = 0; k < 4; k++) out[i * 4 + k] = i < 16 ? s[i * 4 + k] : __LINE__;\n}\n", 1, 32);
    test("cudasim: assembly on the src path", !*said && isnan(y[0]) && y[127] == 15, "%g, %g %s", y[0], y[127], said);
    has("cudasim: assembly that kernel.h does not have", run_text(&simulated, "__device__ int g(int x) { asm(\"\"); return x; }\n" KERNEL "    out[i] = g(i);\n}\n", 1, 32),
        "#error \"g() has assembly in it, and the src path needs a function of this name in tests/cudasim/kernel.h\"");
}

int main(void)
{
    Error e;
    CUcontext context;
    CUdevice card;
    unsetenv("BURIN_NVRTC");
    if (access("out/cudasim/libcuda.so.1", F_OK)) return test_skip("cudasim", "no simulated card on this machine (it needs x86-64)"), 0;
    if (nvrtc_find(&nvrtc, 13000, &e)) return test_skip("cudasim", "no NVRTC here; NVIDIA's CUDA toolkit has it, and PyPI's nvidia-cuda-nvrtc with BURIN_NVRTC set"), 0;
    if (!dlopen(path_of("%s/out/cudasim/libcuda.so.1", getenv("PWD")).s, RTLD_NOW)) return test("cudasim", false, "%s", dlerror()), 1;
    if (cuda_driver_open(&cu, &e) != DEVICE_READY) return test("cudasim", false, "%s", e.text), 1;
    bool bad = cu.cuDeviceGet(&card, 0) || cu.cuDevicePrimaryCtxRetain(&context, card) || cu.cuCtxSetCurrent(context) || cu.cuStreamCreate(&stream, 0) ||
               cu.cuMemAlloc(&in, N * 4) || cu.cuMemAlloc(&out, N * 4);
    for (int i = 0; i < N; i++) x[i] = 0.001f * (float)(i - 2000);
    bad = bad || cu.cuMemcpyHtoDAsync(in, x, N * 4, stream) || cu.cuStreamSynchronize(stream);
    if (!test("cudasim: starts", !bad, "it does not")) return 1;
    test_functions();
    test_integers();
    test_tensor();
    test_checks();
    test_assembly();
    return test_end();
}
