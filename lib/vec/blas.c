/* OpenBLAS behind our own names; the only file that includes cblas.h. */
#include "vec/blas.h"

#include <cblas.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/mem.h"

/* LAPACK's divide-and-conquer symmetric eigensolver, part of libopenblas. */
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
	     double *work, const int *lwork, int *iwork, const int *liwork, int *info);

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Our pool runs several callers at once, each with one BLAS thread. */
static void single_thread(void)
{
	openblas_set_num_threads(1);
}

void blas_nt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
	     const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
	pthread_once(&once, single_thread);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)m, (blasint)n, (blasint)k,
		    alpha, a, (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
}

void blas_nn(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
	     const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
	pthread_once(&once, single_thread);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)m, (blasint)n, (blasint)k,
		    alpha, a, (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
}

void blas_tn_add(size_t n, size_t m, const float *a, size_t lda, float *s)
{
	pthread_once(&once, single_thread);
	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)n, (blasint)n, (blasint)m,
		    1, a, (blasint)lda, a, (blasint)lda, 1, s, (blasint)n);
}

/* LAPACK gives ascending order; turn rows i and n-1-i around and fix the sign. */
static void order_rows(size_t n, double *a, double *w)
{
	for (size_t i = 0; i < n / 2; i++) {
		double t = w[i];
		w[i] = w[n - 1 - i];
		w[n - 1 - i] = t;
		for (size_t j = 0; j < n; j++) {
			t = a[i * n + j];
			a[i * n + j] = a[(n - 1 - i) * n + j];
			a[(n - 1 - i) * n + j] = t;
		}
	}
	for (size_t i = 0; i < n; i++) {
		size_t top = 0;
		for (size_t j = 1; j < n; j++)
			if (fabs(a[i * n + j]) > fabs(a[i * n + top]))
				top = j;
		if (a[i * n + top] < 0)
			for (size_t j = 0; j < n; j++)
				a[i * n + j] = -a[i * n + j];
	}
}

int blas_eigen(size_t n, double *a, double *w, struct err *e)
{
	int ni = (int)n, lwork = -1, liwork = -1, info = 0, iwant;
	double want;
	pthread_once(&once, single_thread);
	dsyevd_("V", "U", &ni, a, &ni, w, &want, &lwork, &iwant, &liwork, &info);
	if (!info) {
		lwork = (int)want;
		liwork = iwant;
		double *work = mem_array((size_t)lwork, sizeof *work);
		int *iwork = mem_array((size_t)liwork, sizeof *iwork);
		/* column-major columns = row-major rows: eigenvectors come out as our rows */
		dsyevd_("V", "U", &ni, a, &ni, w, work, &lwork, iwork, &liwork, &info);
		mem_free(work);
		mem_free(iwork);
	}
	if (info)
		return err_set(e, ERR_DATA, "eigenvectors of a %zu x %zu matrix: LAPACK info %d", n,
			       n, info);
	order_rows(n, a, w);
	return 0;
}
