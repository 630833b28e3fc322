#: doc Which differences are real: for every pair of values of a factor the difference of a final metric over replicates, with its interval, best first.
#: parameter metric test_loss What is compared.
#: parameter scale difference Differences, or ratios (of values above 0: the mean difference of their logarithms).
#: choice scale difference ratio
#: parameter by auto The factor whose values are compared; auto: the optimizer, else the first one.
#: parameter choose auto The metric that chooses each one's best setting below the factor, as optimizer.lr; auto: validation_loss, train_loss or objective.
#: choice choose auto validation_loss validation_accuracy train_loss train_accuracy objective
#: select SELECT t.cell, t.replicate, CASE WHEN t.outcome = 'diverged' THEN NULL ELSE v.value END AS y, {score} AS score
#:   FROM report t LEFT JOIN final v ON v.key = t.key AND v.name = '{metric}'
#:   WHERE t.outcome <> 'failed' AND (v.key IS NOT NULL OR t.outcome = 'diverged') ORDER BY t.place
#: derive by {by}
#: derive best score {choose}
#: derive label
#: derive compare y {metric} {scale}
#: derive finite difference
#: empty there are not two values of the factor with {metric} in the same replicate
eval terminal(1100, 190 + (shown < 4 ? 4 : shown) * (shown > 24 ? 26 : 34))
ratio = scale eq 'ratio'
eval titles((ratio ? 'Ratios' : 'Differences') . ' of the ' . metric_words, 'every pair, 95 % intervals; real: p < 0.05 after Holm''s correction; ' . note . cut)
set lmargin width + 3
set rmargin 26
far(v) = v < lo_min || v > hi_max ? NaN : v
least = known(lo_min < difference_min ? lo_min : difference_min, difference_min)
most = known(hi_max > difference_max ? hi_max : difference_max, difference_max)
zero = ratio ? 1 : 0
least = least > zero ? zero : least
most = most < zero ? zero : most
set ytics () scale 0
do for [i = 1:shown] {
  set ytics add (percent(series_name[i]) i)
  stats data index i - 1 using 'verdict' nooutput
  what = int(STATS_max)
  stats data index i - 1 using 'p_holm' nooutput
  word = what == 2 ? sprintf('{/:Bold real}, p %s', STATS_max < 0.001 ? '< 0.001' : sprintf('= %.2g', STATS_max)) : what == 1 ? 'no difference shown' : 'too few to tell'
  stats data index i - 1 using 'lost' nooutput
  if (STATS_max > 0) { word = word . sprintf(' (%d lost)', STATS_max) }
  set label i word at graph 1.01, first i left textcolor rgb (what == 2 ? COLOUR[1] : quiet)
}
if (ratio) { eval powers('x', least, most); set xrange [least / (most / least) ** 0.04 : most * (most / least) ** 0.04] } else { set xrange [least - 0.04 * (most - least) : most + 0.04 * (most - least)] }
set yrange [shown + 0.6 : 0.4]
unset grid; set grid xtics lc rgb '#e3e3e3' lt 1 lw 1
set border 1
set arrow 1 from zero, graph 0 to zero, graph 1 nohead lw 1.5 lc rgb '#909090' back
set xlabel metric_label . (ratio ? ': first / second' : ': first − second') textcolor rgb ink
is(v, what) = what == 2 ? v : NaN
not(v, what) = what == 2 ? NaN : v
plot for [i = 1:shown] data index i - 1 using (is(column('lo'), column('verdict'))):(i):(column('hi') - column('lo')):(0) with vectors nohead lw 3 lc rgb COLOUR[1] notitle, \
     for [i = 1:shown] data index i - 1 using (not(column('lo'), column('verdict'))):(i):(column('hi') - column('lo')):(0) with vectors nohead lw 1.5 lc rgb '#a0a0a0' notitle, \
     for [i = 1:shown] data index i - 1 using (is(column('difference'), column('verdict'))):(i) with points pt 7 ps 1.2 lc rgb COLOUR[1] notitle, \
     for [i = 1:shown] data index i - 1 using (not(column('difference'), column('verdict'))):(i) with points pt 6 ps 1.2 lw 1.5 lc rgb '#808080' notitle
