/* record.h: what a finished piece of work says, and who keeps it.
 *
 *     bsn_record r;
 *     bsn_record_init(&r, arena, key);
 *     bsn_record_metric(&r, 60, "test_loss", 0.4);
 *     ok = sink->put(sink, &r, error);
 *
 * A unit of work (a fold, an ensemble member, a probe moment) makes one record; the reduction of a trial makes one more, of
 * kind "trial", index 0. A sink keeps records under their keys, and checkpoints as blobs; it is all that `study` knows
 * of the store. A sink goes both ways: what it has need not be done again.
 */
#ifndef BSN_BASE_RECORD_H
#define BSN_BASE_RECORD_H

#include "base/row.h"

typedef enum bsn_outcome {
  BSN_UNDONE,        /* nothing yet */
  BSN_CONVERGED,     /* a stopping rule said so */
  BSN_BUDGET,        /* ran as long as asked */
  BSN_STOPPED_EARLY, /* early stopping */
  BSN_DIVERGED,      /* the loss was not finite, or above 1e6 times its start; a result like any other */
  BSN_TRIAL_FAILED   /* could not be computed; the message says why; is run again by the next run */
} bsn_outcome;

/* "converged", "budget", "stopped_early", "diverged", "failed". */
const char *bsn_outcome_name(bsn_outcome outcome);
bsn_outcome bsn_outcome_of(const char *name);

typedef struct bsn_metric {
  int64_t step; /* 0: before training */
  const char *name;
  double value; /* nan is allowed */
} bsn_metric;

typedef struct bsn_array {
  int64_t step;
  const char *name;
  char dtype; /* 'f' float, 'd' double, 'i' int32, 'b' uint8 */
  int axes;
  int64_t shape[4];
  const void *data;
} bsn_array;

/* Bytes of one entry of dtype; 0 for an unknown one. */
size_t bsn_dtype_size(char dtype);

typedef struct bsn_record {
  bsn_arena *arena; /* everything below lives there */
  char key[33];     /* 32 hex digits */
  char trial[33];   /* key of the trial that this is a unit of; equal to key for kind "trial" */
  const char *kind; /* "trial", "fit", "fold", "member", "candidate", "probe" */
  int64_t index;    /* which one of its kind, from 0 */
  bsn_outcome outcome;
  int64_t outcome_step;  /* where it ended */
  const char *message;   /* of a failure; else NULL */
  bool tainted;          /* a decision saw test data (peek: true) */
  double grads;          /* gradient evaluations, in units of the training set */
  double products;       /* Hessian products, in the same unit */
  double seconds;        /* time spent; like started, ended and host never part of a comparison */
  double started, ended; /* seconds since 1970 */
  const char *host;
  size_t nmetrics;
  bsn_metric *metric;
  size_t narrays;
  bsn_array *array;
  size_t nclocks; /* seconds since the start of the unit, at steps */
  struct bsn_clock {
    int64_t step;
    double seconds;
  } * clock;
  /* Kind "trial" only: */
  const char *cell; /* JSON object of the varied factors, in the file's order */
  int64_t replicate;
  int64_t place; /* position of the trial in the file's order, from 0 */
  bsn_settings settings;
} bsn_record;

/* An empty record; key and trial are copied, kind is not. */
void bsn_record_init(bsn_record *record, bsn_arena *arena, const char *key, const char *trial, const char *kind,
                     int64_t index);

/* Append; false without memory. Names and data are not copied: they must live as long as the record. */
bool bsn_record_metric(bsn_record *record, int64_t step, const char *name, double value);
bool bsn_record_array(bsn_record *record, bsn_array array);
bool bsn_record_clock(bsn_record *record, int64_t step, double seconds);

/* The value of the last metric of this name; NAN when there is none. */
double bsn_record_last(const bsn_record *record, const char *name);

/* A record as bytes (for a pipe, a spool file, a checkpoint) and back. The bytes have no addresses and one fixed byte
 * order. Reading checks every length: damaged bytes are BSN_BAD_INPUT. */
bool bsn_record_pack(const bsn_record *record, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error);
bool bsn_record_unpack(bsn_record *record, bsn_arena *arena, const void *bytes, size_t n, bsn_error *error);

/* Who keeps records. Every function says in error why it returned false. */
typedef struct bsn_sink bsn_sink;
struct bsn_sink {
  /* Is there a finished record (any outcome but failed) under key? */
  bool (*has)(bsn_sink *sink, const char *key);
  /* Read it; false with BSN_OK in error when there is none. */
  bool (*get)(bsn_sink *sink, const char *key, bsn_arena *arena, bsn_record *record, bsn_error *error);
  /* Keep it, whole or not at all; replaces a failed one of the same key, is ignored when a finished one is there. */
  bool (*put)(bsn_sink *sink, const bsn_record *record, bsn_error *error);
  /* Keep a blob under a name like "checkpoints/KEY" or "weights/KEY/60.safetensors", whole or not at all, replacing the
   * one that is there. */
  bool (*save)(bsn_sink *sink, const char *name, const void *bytes, size_t n, bsn_error *error);
  /* Read it back; false with BSN_OK in error when there is none. */
  bool (*load)(bsn_sink *sink, const char *name, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error);
  /* Forget it; no error when there is none. */
  void (*drop)(bsn_sink *sink, const char *name);
  /* All records that were put are safe when this returns true; false: those since the last time may be lost, each of them whole.
   * NULL: each is safe when put returns. */
  bool (*settle)(bsn_sink *sink, bsn_error *error);
  /* Wait until no other process holds this name, then hold it until let_go, or until this process is gone. *held is for let_go.
   * NULL, both: there are no others. A file of this name may be there meanwhile. */
  bool (*hold)(bsn_sink *sink, const char *name, int *held, bsn_error *error);
  void (*let_go)(bsn_sink *sink, const char *name, int held);
  /* Set by a caller who will settle: put may leave it to that, so that many records wait for the disk once. */
  bool gather;
};

/* A sink that keeps everything in arena, for tests and for work whose result nobody stores. NULL without memory. */
bsn_sink *bsn_memory_sink_in(bsn_arena *arena);

/* The name of the blob that keeps the weights that the fit of this key had at a step: "weights/KEY/60.safetensors". NULL without
 * memory. */
const char *bsn_weights_name(bsn_arena *arena, const char *key, int64_t step);

#endif
