/* SPDX-License-Identifier: MIT */
/* Which library multiplies the matrices of this project fastest: OpenBLAS, BLIS and oneDNN, as far as they are
 * installed, on one thread, with the products of training steps cut as core/matrix.h and decoder/convolution.c cut
 * them. Every result is compared with a triple loop in double precision first.
 *
 *   mkdir -p build && cc -O2 -fopenmp bench/blas_choice.c -o build/blas_choice -ldl && build/blas_choice
 *
 * Debian 12 has them as libopenblas0-openmp, libblis4-openmp and libdnnl2. OPENBLAS_CORETYPE, BLIS_ARCH_TYPE and
 * ONEDNN_MAX_CPU_ISA choose their kernels. Exit code 1: a product is wrong; 2: nothing was measured. */
#include <dlfcn.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- libraries ---- */

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 }; /* of CBLAS; no header is needed to build this */

typedef void sgemm_function(int order, int form_a, int form_b, int m, int n, int k, float alpha, const float *a,
                            int lda, const float *b, int ldb, float beta, float *c, int ldc);
typedef void sgemv_function(int order, int form, int rows, int columns, float alpha, const float *a, int lda,
                            const float *x, int x_step, float beta, float *y, int y_step);
typedef int dnnl_sgemm_function(char form_a, char form_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                                int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc);

/* What is called of a library; sgemm and sgemv, or dnnl_sgemm. */
typedef struct library {
    const char *name;
    sgemm_function *sgemm;
    sgemv_function *sgemv;
    dnnl_sgemm_function *dnnl_sgemm;
} library;

enum { LIBRARIES = 3 };

/* pointer: of a pointer to a function. C has no conversion to one from what dlsym returns. */
static bool find(void *handle, const char *name, void *pointer) {
    void *found = dlsym(handle, name);
    memcpy(pointer, &found, sizeof found);
    return found != NULL;
}

static bool start_openblas(void *handle, library *made) {
    void (*set_num_threads)(int);
    char *(*get_config)(void);
    *made = (library){.name = "OpenBLAS"};
    if (!find(handle, "cblas_sgemm", &made->sgemm) || !find(handle, "cblas_sgemv", &made->sgemv) ||
        !find(handle, "openblas_set_num_threads", &set_num_threads) ||
        !find(handle, "openblas_get_config", &get_config))
        return false;
    set_num_threads(1);
    printf("%s\n", get_config());
    return true;
}

static bool start_blis(void *handle, library *made) {
    void (*set_num_threads)(int64_t);
    char *(*version)(void);
    int (*query_arch)(void);
    const char *(*arch_string)(int);
    *made = (library){.name = "BLIS"};
    if (!find(handle, "cblas_sgemm", &made->sgemm) || !find(handle, "cblas_sgemv", &made->sgemv) ||
        !find(handle, "bli_thread_set_num_threads", &set_num_threads) ||
        !find(handle, "bli_info_get_version_str", &version) || !find(handle, "bli_arch_query_id", &query_arch) ||
        !find(handle, "bli_arch_string", &arch_string))
        return false;
    set_num_threads(1);
    printf("BLIS %s, %s kernels\n", version(), arch_string(query_arch()));
    return true;
}

/* Its threads are OpenMP's, which main has set. */
static bool start_onednn(void *handle, library *made) {
    const int *(*version)(void); /* of a structure that begins with three numbers */
    int (*isa)(void);
    *made = (library){.name = "oneDNN"};
    if (!find(handle, "dnnl_sgemm", &made->dnnl_sgemm) || !find(handle, "dnnl_version", &version) ||
        !find(handle, "dnnl_get_effective_cpu_isa", &isa))
        return false;
    printf("oneDNN %d.%d.%d, dnnl_cpu_isa_t 0x%x\n", version()[0], version()[1], version()[2], (unsigned)isa());
    return true;
}

/* Returns how many of the libraries are there. */
static size_t open_libraries(library libraries[LIBRARIES]) {
    static const struct {
        const char *name, *files[2];
        bool (*start)(void *handle, library *made);
    } known[LIBRARIES] = {{"OpenBLAS", {"libopenblas.so.0"}, start_openblas},
                          {"BLIS", {"libblis.so.4"}, start_blis},
                          {"oneDNN", {"libdnnl.so.3", "libdnnl.so.2"}, start_onednn}};
    size_t count = 0;
    for (size_t i = 0; i < LIBRARIES; i++) {
        void *handle = NULL;
        for (size_t f = 0; f < 2 && handle == NULL && known[i].files[f] != NULL; f++)
            handle = dlopen(known[i].files[f], RTLD_NOW | RTLD_LOCAL); /* two of them have functions of one name */
        if (handle == NULL)
            printf("%s is not installed: skipped\n", known[i].name);
        else if (known[i].start(handle, &libraries[count]))
            count++;
        else
            printf("%s lacks a function that this program calls: skipped\n", known[i].name);
    }
    return count;
}

/* ---- products ---- */

/* c (m, n) = op(a) (m, k) op(b) (k, n), or added to c, in slices of c; form: "NT" where b is stored (n, k), and so on.
 * A product with n = 1 is one of a matrix with a vector. */
typedef struct product {
    const char *name, *form;
    int m, n, k, slice_m, slice_n;
    bool adds;
    int calls; /* of a training step */
} product;

enum { SLICE_ROWS = 64, SLICE_COLUMNS = 256, WHOLE = 1 << 20 };
#define SLICED SLICE_ROWS, SLICE_COLUMNS /* as vdib__matrix_multiply does */
#define UNCUT  WHOLE, WHOLE

static const product dvs_64[] = {
    {"conv1", "NN", 40, 128, 240, UNCUT, false, 64},      {"conv2", "NN", 20, 64, 120, UNCUT, false, 64},
    {"fc", "NT", 64, 784, 1280, SLICED, true, 1},         {"fc weight", "TN", 784, 1280, 64, SLICED, false, 1},
    {"fc input", "NN", 64, 1280, 784, SLICED, false, 1},  {"conv2 weight", "NT", 20, 120, 64, UNCUT, true, 64},
    {"conv2 input", "TN", 120, 64, 20, UNCUT, false, 64}, {"conv1 weight", "NT", 40, 240, 128, UNCUT, true, 64},
};
static const product dvs_1[] = {
    {"conv1", "NN", 40, 128, 240, UNCUT, false, 1},
    {"conv2", "NN", 20, 64, 120, UNCUT, false, 1},
    {"fc", "NN", 784, 1, 1280, SLICE_ROWS, 1, true, 1},
    {"fc input", "TN", 1280, 1, 784, SLICE_COLUMNS, 1, false, 1},
    {"conv2 weight", "NT", 20, 120, 64, WHOLE, 30, false, 1},
    {"conv2 input", "TN", 120, 64, 20, 30, WHOLE, false, 1},
    {"conv1 weight", "NT", 40, 240, 128, WHOLE, 60, false, 1},
};
/* The slices of the gradient of conv1 are 21 or 24 columns in truth. */
static const product mnist_rate_1[] = {
    {"conv1", "NN", 15, 128, 90, UNCUT, false, 1},
    {"conv2", "NN", 20, 64, 45, UNCUT, false, 1},
    {"fc", "NN", 784, 1, 1280, SLICE_ROWS, 1, true, 1},
    {"fc input", "TN", 1280, 1, 784, SLICE_COLUMNS, 1, false, 1},
    {"conv2 weight", "NT", 20, 45, 64, WHOLE, 12, false, 1},
    {"conv2 input", "TN", 45, 64, 20, 12, WHOLE, false, 1},
    {"conv1 weight", "NT", 15, 90, 128, WHOLE, 24, false, 1},
};
static const product demo_16[] = {
    {"fc1", "NT", 16, 512, 2560, SLICED, true, 1},          {"fc2", "NT", 16, 784, 512, SLICED, true, 1},
    {"fc2 weight", "TN", 784, 512, 16, SLICED, false, 1},   {"fc2 input", "NN", 16, 512, 784, SLICED, false, 1},
    {"fc1 weight", "TN", 512, 2560, 16, SLICED, false, 1},  {"fc1 input", "NN", 16, 2560, 512, SLICED, false, 1},
    {"feedback", "NT", 20, 300, 512, WHOLE, 64, false, 16},
};
static const product judge_64[] = {
    {"conv1", "NN", 6, 784, 25, UNCUT, false, 64},         {"conv2", "NN", 16, 100, 150, UNCUT, false, 64},
    {"fc1", "NT", 64, 120, 400, SLICED, true, 1},          {"fc1 weight", "TN", 120, 400, 64, SLICED, false, 1},
    {"fc1 input", "NN", 64, 400, 120, SLICED, false, 1},   {"conv2 weight", "NT", 16, 150, 100, UNCUT, true, 64},
    {"conv2 input", "TN", 150, 100, 16, UNCUT, false, 64}, {"conv1 weight", "NT", 6, 25, 784, UNCUT, true, 64},
};
static const product others[] = {
    {"dvs feedback", "NT", 80, 800, 256, WHOLE, 64, false, 0}, /* with a surrogate that is not 0 mostly */
    {"square", "NN", 1024, 1024, 1024, SLICED, false, 0},      /* the rate that `vdib bench` names */
    {"square, uncut", "NN", 1024, 1024, 1024, UNCUT, false, 0},
};

/* The BLAS calls of one training step. The boxcar surrogate of published/... leaves them no feedback product; the thin
 * last layers of the judge are left out. */
static const struct {
    const char *name;
    const product *products;
    size_t count;
} steps[] = {
    {"published/dvs, batch 64", dvs_64, sizeof dvs_64 / sizeof *dvs_64},
    {"published/dvs, batch 1", dvs_1, sizeof dvs_1 / sizeof *dvs_1},
    {"published/mnist-rate, batch 1", mnist_rate_1, sizeof mnist_rate_1 / sizeof *mnist_rate_1},
    {"demo, batch 16", demo_16, sizeof demo_16 / sizeof *demo_16},
    {"judge, batch 64", judge_64, sizeof judge_64 / sizeof *judge_64},
    {"by themselves", others, sizeof others / sizeof *others},
};

typedef struct operands {
    float *a, *b, *c;
    double *sums, *magnitudes; /* (m, n) what c is to become, and the sums of the absolute terms */
} operands;

static int least(int a, int b) {
    return a < b ? a : b;
}

static void multiply_slice(const library *l, const product *p, const operands *o, int row, int column) {
    bool ta = p->form[0] == 'T', tb = p->form[1] == 'T';
    int lda = ta ? p->m : p->k, ldb = tb ? p->k : p->n;
    int m = least(p->m - row, p->slice_m), n = least(p->n - column, p->slice_n);
    const float *a = o->a + (size_t)row * (ta ? 1 : (size_t)lda);
    const float *b = o->b + (size_t)column * (tb ? (size_t)ldb : 1);
    float *c = o->c + (size_t)row * (size_t)p->n + column, beta = p->adds ? 1.0F : 0.0F;
    if (l->dnnl_sgemm != NULL)
        (void)l->dnnl_sgemm(p->form[0], p->form[1], m, n, p->k, 1.0F, a, lda, b, ldb, beta, c, p->n);
    else if (p->n == 1)
        l->sgemv(ROW_MAJOR, ta ? TRANSPOSED : PLAIN, ta ? p->k : m, ta ? m : p->k, 1.0F, a, lda, b, 1, beta, c, 1);
    else
        l->sgemm(ROW_MAJOR, ta ? TRANSPOSED : PLAIN, tb ? TRANSPOSED : PLAIN, m, n, p->k, 1.0F, a, lda, b, ldb, beta, c,
                 p->n);
}

static void multiply(const library *l, const product *p, const operands *o) {
    for (int row = 0; row < p->m; row += p->slice_m)
        for (int column = 0; column < p->n; column += p->slice_n)
            multiply_slice(l, p, o, row, column);
}

/* ---- whether a result is right ---- */

static const double TOLERANCE = 1e-5; /* of the sum of the absolute terms; one term of the longest sum is 4e-4 of it */
static const float BEFORE = 0.5F;     /* in c, to be added to or to be gone */

static void reference(const product *p, const operands *o) {
    bool ta = p->form[0] == 'T', tb = p->form[1] == 'T';
    size_t m = (size_t)p->m, n = (size_t)p->n, k = (size_t)p->k;
    for (size_t i = 0; i < m; i++) {
        double *sums = o->sums + i * n, *magnitudes = o->magnitudes + i * n;
        for (size_t j = 0; j < n; j++)
            sums[j] = magnitudes[j] = p->adds ? (double)BEFORE : 0.0;
        for (size_t t = 0; t < k; t++)
            for (size_t j = 0; j < n; j++) {
                double term = (double)o->a[ta ? t * m + i : i * k + t] * (double)o->b[tb ? j * k + t : t * n + j];
                sums[j] += term;
                magnitudes[j] += fabs(term);
            }
    }
}

static bool is_right(const library *l, const product *p, const operands *o) {
    size_t count = (size_t)p->m * (size_t)p->n;
    for (size_t i = 0; i < count; i++)
        o->c[i] = BEFORE;
    multiply(l, p, o);
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)o->c[i] - o->sums[i]) <= TOLERANCE * o->magnitudes[i])) { /* also where it is NaN */
            printf("%s, %s %s: element %zu is %g, should be %g\n", l->name, p->name, p->form, i, (double)o->c[i],
                   o->sums[i]);
            return false;
        }
    return true;
}

/* ---- timing ---- */

enum { WINDOWS = 7 };
static const double WINDOW = 0.015;

static double window_seconds(const library *l, const product *p, const operands *o, long repeats) {
    double start = omp_get_wtime();
    for (long r = 0; r < repeats; r++)
        multiply(l, p, o);
    return (omp_get_wtime() - start) / (double)repeats;
}

/* seconds: the best window of each library. They take turns, so that what else the machine does meets all of them. */
static void time_product(const library *libraries, size_t count, const product *p, const operands *o, double *seconds) {
    long repeats[LIBRARIES];
    for (size_t l = 0; l < count; l++) {
        seconds[l] = window_seconds(&libraries[l], p, o, 1);
        repeats[l] = (long)(WINDOW / (seconds[l] + 1e-9)) + 1;
    }
    for (int w = 0; w < WINDOWS; w++)
        for (size_t l = 0; l < count; l++) {
            double now = window_seconds(&libraries[l], p, o, repeats[l]);
            seconds[l] = now < seconds[l] ? now : seconds[l];
        }
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) {
        fprintf(stderr, "blas_choice: no memory for %zu numbers\n", count);
        exit(2);
    }
    return memory;
}

static float *random_values(size_t count) {
    float *values = allocate(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(rand() % 1000) * 0.001F - 0.5F;
    return values;
}

/* A line of the table; adds the time of the product's calls to `sums`. False: a library's result is wrong. */
static bool measure(const library *libraries, size_t count, const product *p, double *sums) {
    size_t m = (size_t)p->m, n = (size_t)p->n, k = (size_t)p->k;
    operands o = {.a = random_values(m * k),
                  .b = random_values(k * n),
                  .c = allocate(m * n, sizeof(float)),
                  .sums = allocate(m * n, sizeof(double)),
                  .magnitudes = allocate(m * n, sizeof(double))};
    double seconds[LIBRARIES];
    bool right = true;
    reference(p, &o);
    for (size_t l = 0; l < count; l++)
        right = is_right(&libraries[l], p, &o) && right;
    if (right) {
        time_product(libraries, count, p, &o, seconds);
        printf("  %-14s %s %4d x %4d x %4d %6d", p->name, p->form, p->m, p->n, p->k, p->calls);
        for (size_t l = 0; l < count; l++) {
            printf(" %9.1f", 2e-9 * (double)m * (double)n * (double)k / seconds[l]);
            sums[l] += p->calls * seconds[l];
        }
        printf("\n");
    }
    free(o.magnitudes), free(o.sums), free(o.c), free(o.b), free(o.a);
    return right;
}

static bool measure_all(const library *libraries, size_t count) {
    bool right = true;
    printf("\n%-37s  calls", "GFLOP/s (form, m x n x k)");
    for (size_t l = 0; l < count; l++)
        printf(" %9s", libraries[l].name);
    printf("\n");
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        double sums[LIBRARIES] = {0};
        printf("%s\n", steps[s].name);
        for (size_t i = 0; i < steps[s].count; i++)
            right = measure(libraries, count, &steps[s].products[i], sums) && right;
        if (sums[0] <= 0)
            continue;
        printf("  %-42s", "all these calls, ms");
        for (size_t l = 0; l < count; l++)
            printf(" %9.3f", 1e3 * sums[l]);
        printf("\n");
    }
    return right;
}

int main(int argc, char **argv) {
    static const char usage[] =
        "blas_choice takes no arguments: it prints GFLOP/s of the installed BLAS libraries on one thread";
    if (argc > 1) {
        bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
        fprintf(help ? stdout : stderr, "%s\n", usage);
        return help ? 0 : 2;
    }
    library libraries[LIBRARIES];
    omp_set_num_threads(1);
    size_t count = open_libraries(libraries);
    if (count == 0)
        return 2;
    return measure_all(libraries, count) ? 0 : 1;
}
