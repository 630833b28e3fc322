/* Written by tests/reference/rules.py. */
// clang-format off
static const double ours[] = {87.31, 87.12, 87.44, 87.25, 87.06};
static const double small[] = {0.0021, 0.0034, 0.0017, 0.0026};
static const double levels[] = {1.0, 1.2, 0.9, 1.4, 1.6, 1.5, 2.1, 1.9, 2.0, 2.6, 2.2, 2.9};
static const double band_half[] = {0.3008213915987324, 0.43558988539876786};
static const double single_half[] = {0.763724836969504, 1.3894614050373877};
static const double log_factor[] = {17.17104961979328, 5.355602546716819, 0.0023701734025661134};
static const double mean_half[] = {0.3117893590775925, 0.5672452432720306};
static const double interval[] = {87.236, 87.0479791046769, 87.42402089532311};
static const double trend[] = {0.9716254134469436, 0.8687360309189845, 0.9941201800810183};
