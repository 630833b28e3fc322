#include "num/symmetric.h"
#include <gsl/gsl_eigen.h>

bool bsn_symmetric_eigen(size_t n, double *matrix, double *value, double *vector, bsn_arena *arena) {
  double *room = bsn_alloc_in(arena, (4 * n + 1) * sizeof *room);
  if (!room) return false;
  if (n == 0) return true;
  /* GSL's own way to make a workspace would allocate behind our back. */
  gsl_eigen_symmv_workspace work = {.size = n, .d = room, .sd = room + n, .gc = room + 2 * n, .gs = room + 3 * n};
  gsl_matrix_view a = gsl_matrix_view_array(matrix, n, n), u = gsl_matrix_view_array(vector, n, n);
  gsl_vector_view d = gsl_vector_view_array(value, n);
  gsl_eigen_symmv(&a.matrix, &d.vector, &u.matrix, &work);
  gsl_eigen_symmv_sort(&d.vector, &u.matrix, GSL_EIGEN_SORT_VAL_DESC);
  return true;
}
