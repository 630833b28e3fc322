/* symmetric.h: eigenvalues of a small symmetric matrix.
 *
 *     double *value = bsn_alloc_in(arena, n * sizeof *value), *vector = bsn_alloc_in(arena, n * n * sizeof *vector);
 *     if (!bsn_symmetric_eigen(n, matrix, value, vector, arena)) return bsn_no_memory(error);
 *     // matrix = sum_k value[k] u_k u_k', u_k[i] = vector[i * n + k]
 *
 * GSL's QR method, O(n^3): for tridiagonal matrices of Lanczos, and as the dense answer in tests.
 */
#ifndef BSN_NUM_SYMMETRIC_H
#define BSN_NUM_SYMMETRIC_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

/* Eigenvalues of matrix[n][n], largest first, and orthonormal eigenvectors as columns of vector[n][n]. Only the lower half of
 * matrix is read, and it is destroyed. All numbers must be finite. False without memory. */
bool bsn_symmetric_eigen(size_t n, double *matrix, double *value, double *vector, bsn_arena *arena);

#endif
