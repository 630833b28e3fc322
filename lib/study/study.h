/* study.h: an experiment file as a list of trials.
 *
 *     bsn_study *study = bsn_study_read(arena, "a.yaml", text, length, nset, set, &error);
 *     for (size_t i = 0; i < study->ntrials; i++) {
 *       bsn_trial trial;
 *       if (!bsn_study_trial(study, i, &scratch, &trial, &error)) ...
 *
 * The language is CONTRACT's: every word is checked against the tables before anything runs, all faults at once. A trial is all
 * settings of one cell and one replicate, defaults written out; its key identifies it.
 */
#ifndef BSN_STUDY_STUDY_H
#define BSN_STUDY_STUDY_H

#include "learn/ensemble.h"
#include "learn/fit.h"
#include "probe/probe.h"
#include "study/drawing.h"
#include "study/vary.h"

/* All tables that an experiment file can name rows of, NULL-ended. */
extern const bsn_table *const bsn_tables[];

/* One probe of a trial. */
typedef struct bsn_probe_choice {
  bsn_choice probe;
  bsn_moment when;
  char key[33]; /* of the unit: hash of the trial's key, this probe's settings, its moment and seed.probe */
} bsn_probe_choice;

/* All settings of one trial, ready to be used. */
typedef struct bsn_trial {
  char key[33];
  char data_key[33];    /* of the settings that decide which rows are loaded: trials that share it share the data */
  const char *cell;     /* JSON object of the varied factors: {"train.batch": 32} */
  int64_t replicate, place;
  bsn_settings settings;
  bsn_choice data;
  bsn_data_options data_options;
  bsn_fit_spec fit;     /* model, init, loss, optimizer, regularise, train, eval, seeds */
  bsn_choice ensemble;  /* row NULL: none */
  bsn_choice protocol;
  size_t nprobes;
  bsn_probe_choice *probe;
  bsn_moment save, curve, internals; /* when weights are saved, fitted curves and internals of steps recorded */
} bsn_trial;

typedef struct bsn_study {
  bsn_arena *arena;
  const char *name, *about, *source_text; /* `study`, `about`, `source` */
  const char *folder;    /* of the file: paths in it are relative to this; "." for standard input */
  bsn_value *tree;       /* the file with --set applied, `like` not yet */
  bsn_value *base;       /* what cells are made of: the tree without `vary` */
  const char *text;      /* the file as read, for the store */
  bsn_drawings charts;
  const char *precision; /* "float" | "double" */
  size_t ncells, nreplicates, ntrials; /* ntrials = ncells * nreplicates, replicates innermost */
  bsn_vary vary;
  const uint64_t *replicate; /* their numbers: 0 .. or those of the file */
  const char *const *folders; /* where packaged data may be, NULL-ended */
} bsn_study;

/* Read, apply the --set texts ("path=value"), check everything: every cell that vary makes is resolved once. folders: where
 * packaged data may be, NULL-ended (study's folder and its parents are added). NULL with all faults in error (BSN_BAD_INPUT). */
bsn_study *bsn_study_read(bsn_arena *arena, const char *file, const char *text, size_t length, size_t nset,
                          const char *const *set, const char *const *folders, bsn_error *error);

/* Trial number i (0 .. ntrials-1), in arena. */
bool bsn_study_trial(const bsn_study *study, size_t i, bsn_arena *arena, bsn_trial *trial, bsn_error *error);

#endif
