/* store.h: one SQLite file per study that keeps every record, and files beside it for weights and checkpoints.
 *
 *     bsn_store *store = bsn_store_open("results/batch-size", BSN_STORE_WRITE, &error);
 *     if (!store || !bsn_store_lock(store, &error)) return finish(&error);
 *     bsn_sink *sink = bsn_store_sink(store);
 *     if (!sink->has(sink, key)) ok = sink->put(sink, &record, &error);
 *     bsn_store_close(store);
 *
 * FOLDER/study.db has the tables (public; store/schema.c is their definition)
 *
 *     study(name, value)                          facts of the study: study (its name), about, source, file (its text),
 *                                                 version, trials and replicates (how many the file asks for), ..
 *     trial(key, place, cell, replicate, WORK)    one row a trial; cell is a JSON object, place the position in the file
 *     setting(key, path, value, identity)         all settings of a trial
 *     unit(id, key, trial, kind, idx, WORK)       one row a record; a trial's own is kind 'trial', idx 0
 *     metric(unit, step, name, value)             unit = unit.id; step 0: before training; NULL is nan
 *     array(unit, step, name, dtype, shape, bytes)  shape is a JSON list, bytes are little-endian
 *     clock(unit, step, seconds)
 *
 *     report                                      view: the trials that results are of: all but those of tuning
 *
 * where WORK is outcome, outcome_step, message, tainted, grads, products, seconds, started, ended, host; and the views
 *
 *     final(key, cell, replicate, name, step, value)      the last value of each metric of a trial
 *     curve(key, cell, replicate, kind, idx, name, step, epoch, examples, value)
 *
 * Metrics of a trial's probes (units of kind 'probe') stand in both views as metrics of the trial, kind 'trial', idx 0.
 *
 * A record that counts epochs says so by two metrics at step 0, `steps_per_epoch` and `examples_per_epoch` (the rows of
 * its training view). Both views leave these two out; curve computes epoch = step / steps_per_epoch and examples = epoch *
 * examples_per_epoch from them (exact at the ends of epochs), NULL where they are not recorded.
 *
 * The file is in WAL mode: any number of processes read while one writes. A record is one transaction, on the disk when
 * put returns (synchronous FULL); facts and places, which every run notes again, may be lost with the power. A connection must not be used behind a fork(): only the process that opened it may.
 */
#ifndef BSN_STORE_STORE_H
#define BSN_STORE_STORE_H

#include "base/record.h"

typedef enum bsn_store_mode { BSN_STORE_READ, BSN_STORE_WRITE } bsn_store_mode;

typedef struct bsn_store bsn_store;

/* Open folder/study.db. WRITE makes the folder and the file when they are missing; READ never changes anything and fails
 * with BSN_BAD_INPUT when there is nothing to read. A file that is damaged, no store, or of a newer version is
 * BSN_BAD_INPUT; trouble with the disk is BSN_IO. NULL on failure; the caller closes. */
bsn_store *bsn_store_open(const char *folder, bsn_store_mode mode, bsn_error *error);

/* Close it and give up the lock; NULL is allowed. Everything that put acknowledged is on the disk already. */
void bsn_store_close(bsn_store *store);

/* Become the one run that works on this study, until close or the end of the process and of all that it forked. Fails
 * with BSN_HELD and the pid of the other one when it is taken. The lock is flock(2) on folder/lock. */
bool bsn_store_lock(bsn_store *store, bsn_error *error);

/* The store as a sink; lives as long as the store. get returns metrics and arrays sorted by name and step, settings by
 * path; of two metrics of equal name and step the later one was kept. save, load and drop are files in folder, hold is flock(2)
 * on such a file, which is there as long as it is held. */
bsn_sink *bsn_store_sink(bsn_store *store);

/* Set a fact of the study ("about", "file", ..), replacing the one that is there; value NULL removes it. */
bool bsn_store_note(bsn_store *store, const char *name, const char *value, bsn_error *error);

/* The same for n facts, in one transaction: all or none, with one wait for the disk. */
typedef struct bsn_fact {
  const char *name, *value;
} bsn_fact;
bool bsn_store_note_all(bsn_store *store, size_t n, const bsn_fact *fact, bsn_error *error);

/* Read a fact into arena. *value is NULL when there is none; false only on errors. */
bool bsn_store_fact(bsn_store *store, const char *name, bsn_arena *arena, const char **value, bsn_error *error);

/* Where a trial stands in the study's file. */
typedef struct bsn_place {
  const char *key, *cell;
  int64_t replicate, place;
} bsn_place;

/* Bring cell, replicate and place of the n trials up to date: a file that was edited or widened orders and names stored
 * trials anew. Keys that are not stored are skipped; trials that are not named keep what they have. All or nothing. */
bool bsn_store_arrange(bsn_store *store, const bsn_place *places, size_t n, bsn_error *error);

/* Remove every file in the folder NAME of the study that is called KEY, or KEY.something, where KEY is that of a finished record: a
 * checkpoint that was no longer needed when its process was killed. For the one run that holds the study. What cannot be removed
 * stays. */
void bsn_store_sweep(bsn_store *store, const char *name);

/* The study's folder, as it was given to open. */
const char *bsn_store_folder(const bsn_store *store);

/* What an SQL aggregate computes of the numbers of a group: values may be reordered; argument is the second one in the
 * query (of the group's first row), 0 for functions of one. A result of nan is NULL in SQL. */
typedef double bsn_aggregate(double *values, size_t n, double argument);

/* Give queries on this store the aggregate name(x) or, with arguments 2, name(x, argument). NULLs are left out, as SQL's
 * own avg does; a group without any number is NULL. */
bool bsn_store_aggregate(bsn_store *store, const char *name, int arguments, bsn_aggregate *function, bsn_error *error);

#endif
