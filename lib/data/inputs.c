/* Inputs without targets: what kind of file it is shows in its first bytes. */
#include "data/read.h"
#include <string.h>

static bool csv_inputs(const bsn_bytes *file, char separator, const bsn_dataset *like, bsn_arena *arena,
                       bsn_dataset *out, bsn_error *error) {
  bsn_csv csv;
  BSN_TRY(bsn_csv_parse(file, separator, arena, &csv, error));
  return bsn_csv_inputs(&csv, like, arena, out, error);
}

static bool read_inputs(const bsn_bytes *file, char separator, const bsn_dataset *like, bsn_arena *arena,
                        bsn_dataset *out, bsn_error *error) {
  bsn_elements tensor;
  bool npy = file->n >= 6 && memcmp(file->at, "\x93NUMPY", 6) == 0, idx = file->n >= 2 && !file->at[0] && !file->at[1];
  if (!npy && !idx) return csv_inputs(file, separator, like, arena, out, error);
  BSN_TRY((npy ? bsn_npy_parse : bsn_idx_parse)(file, &tensor, error));
  return bsn_elements_inputs(&tensor, like, arena, out, error);
}

/* Targets that nobody asks for, so that a loss finds some. */
static bool no_targets(bsn_dataset *out, bsn_arena *arena, bsn_error *error) {
  bool classes = out->task == BSN_CLASSIFICATION;
  int32_t *label = classes ? bsn_buffer_in(arena, out->rows * sizeof *label) : NULL;
  bsn_real *target = classes ? NULL : bsn_reals_in(arena, out->rows * out->outputs);
  if (!label && !target) return bsn_no_memory(error);
  if (label) memset(label, 0, out->rows * sizeof *label);
  if (target) memset(target, 0, out->rows * out->outputs * sizeof *target);
  out->label = label;
  out->target = target;
  return true;
}

bool bsn_data_inputs(bsn_dataset *out, const char *path, const char *separator, const bsn_dataset *like,
                     bsn_arena *arena, bsn_error *error) {
  bsn_bytes file;
  char between;
  *out = *like;
  out->u8 = NULL;
  out->real = NULL;
  out->truth = NULL;
  out->sealed = false;
  BSN_TRY(bsn_separator_of(separator, &between, error));
  BSN_TRY(bsn_bytes_read(&file, path, arena, error));
  return read_inputs(&file, between, like, arena, out, error) && no_targets(out, arena, error);
}
