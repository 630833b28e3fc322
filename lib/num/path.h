/* path.h (inside num/ only): the kernels of one path. The kernel sources are compiled once for each path with
 * -DBSN_PATH=baseline, v3 or v4, and BSN_KERNEL(exp) is bsn_exp_v3 there; table.c puts them into bsn_kernels_v3. */
#ifndef BSN_NUM_PATH_H
#define BSN_NUM_PATH_H

#include "num/kernels.h"
#include "num/simd.h"

#define BSN_PATTERN(name, path)  bsn_##name##_##path
#define BSN_EXPANDED(name, path) BSN_PATTERN(name, path)
#define BSN_KERNEL(name)         BSN_EXPANDED(name, BSN_PATH)

extern const bsn_kernels BSN_KERNEL(kernels);

void BSN_KERNEL(gemm)(const bsn_gemm *g);
void BSN_KERNEL(gemm_many)(const bsn_gemm *g, size_t count, const bsn_gemm_part *part);

bsn_unary BSN_KERNEL(exp), BSN_KERNEL(log), BSN_KERNEL(sqrt), BSN_KERNEL(rsqrt), BSN_KERNEL(tanh), BSN_KERNEL(sigmoid),
    BSN_KERNEL(softplus), BSN_KERNEL(erf), BSN_KERNEL(relu), BSN_KERNEL(step), BSN_KERNEL(abs), BSN_KERNEL(sign);
bsn_unary1 BSN_KERNEL(leaky), BSN_KERNEL(elu), BSN_KERNEL(pow);
bsn_unary2 BSN_KERNEL(affine);
bsn_binary BSN_KERNEL(add), BSN_KERNEL(sub), BSN_KERNEL(mul), BSN_KERNEL(div), BSN_KERNEL(max), BSN_KERNEL(gate),
    BSN_KERNEL(greater), BSN_KERNEL(tanh_back), BSN_KERNEL(sigmoid_back);

void BSN_KERNEL(sum_rows)(const bsn_real *x, size_t rows, size_t n, bsn_real *out, bool acc);
void BSN_KERNEL(sum_axis)(const bsn_real *x, size_t outer, size_t n, size_t inner, bsn_real *out);
void BSN_KERNEL(winner)(const bsn_real *x, size_t outer, size_t n, size_t inner, int32_t *out);
void BSN_KERNEL(softmax)(const bsn_real *x, size_t rows, size_t n, bsn_real *out);
void BSN_KERNEL(log_softmax)(const bsn_real *x, size_t rows, size_t n, bsn_real *out);
void BSN_KERNEL(cross_entropy)(const bsn_real *x, const int32_t *label, size_t rows, size_t n, bsn_real *out);
double BSN_KERNEL(peak)(size_t rounds);
void BSN_KERNEL(transpose)(const bsn_real *x, size_t rows, size_t n, bsn_real *out);
void BSN_KERNEL(gather_u8)(const uint8_t *table, const int32_t *index, size_t rows, size_t n, const bsn_real *scale,
                           const bsn_real *shift, size_t step, bsn_real *out);
void BSN_KERNEL(gather)(const bsn_real *table, const int32_t *index, size_t rows, size_t n, const bsn_real *scale,
                        const bsn_real *shift, size_t step, bsn_real *out);

#endif
