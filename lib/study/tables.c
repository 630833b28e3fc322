/* All that an experiment file can name. */
#include "learn/check.h"
#include "stats/rule.h"
#include "stats/statistic.h"
#include "study/protocol.h"
#include "study/study.h"

const bsn_table *const bsn_tables[] = {&bsn_data_table, &bsn_models,     &bsn_layers,    &bsn_inits,
                                       &bsn_losses,     &bsn_optimizers, &bsn_schedules, &bsn_regularisers,
                                       &bsn_ensembles,  &bsn_protocols,  &bsn_probes,    &bsn_surfaces,
                                       &bsn_statistics, &bsn_rules,      &bsn_checks,    NULL};
