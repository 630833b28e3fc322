#: doc Final values of a metric as distributions: every replicate, and a box of quartiles for each cell, best median first; single values as bars.
#: parameter metric test_loss What is drawn.
#: parameter xscale auto The axis of the metric.
#: choice xscale auto log linear
#: parameter order median The order of the cells: by median, or as in the file.
#: choice order median file
#: select SELECT t.cell, CASE WHEN t.outcome = 'diverged' THEN NULL ELSE f.value END AS y
#:   FROM report t LEFT JOIN final f ON f.key = t.key AND f.name = '{metric}'
#:   WHERE t.outcome <> 'failed' AND (f.key IS NOT NULL OR t.outcome = 'diverged') ORDER BY t.place
#: derive label
#: derive worst y {metric}
#: derive by-median y {metric} {order}
#: derive finite y
#: derive box y
#: empty no trial has a finite final {metric}
eval terminal(1100, 150 + (shown < 4 ? 4 : shown) * (shown > 24 ? 28 : 46))
eval titles('Final ' . metric_words, (replicates > 1 ? 'every replicate, median and quartiles; ' : '') . note . (series > 1 && order eq 'median' ? (replicates > 1 ? '; best median first' : '; best first') : '') . cut)
set lmargin width + 3
set rmargin 16
enough = replicates > 2
single = replicates == 1
logx = (xscale eq 'log' && y_min > 0) || (xscale eq 'auto' && y_min > 0 && y_max / y_min > 30)
if (logx) { eval powers('x', y_min, y_max) }
do for [i = 1:shown] {
  stats data index i - 1 using 'y_bad' nooutput
  bad = STATS_max
  stats data index i - 1 using 'y_of' nooutput
  if (bad > 0) { set label i sprintf('%d of %d diverged', bad, STATS_max) at graph 1.01, first i left textcolor rgb '#B03000' }
}
set yrange [shown + 0.6 : 0.4]
set ytics () scale 0
do for [i = 1:shown] { set ytics add (percent(series_name[i]) i) }
unset grid; set grid xtics lc rgb '#e3e3e3' lt 1 lw 1
set border 1
set offsets graph 0.02, graph 0.02, 0, 0
# Bars begin at 0, which has to be seen
bars = single && !logx && y_min >= 0 && y_max > 0
if (bars) { set rmargin 6; set offsets 0, 0, 0, 0; set xrange [0:y_max * 1.15] }
# A logarithmic axis of its own would end at powers of ten, far from the last value
if (logx) { set offsets 0, 0, 0, 0; set xrange [y_min / (y_max / y_min) ** 0.03 : y_max * (y_max / y_min) ** 0.03] }
set xlabel metric_label textcolor rgb ink
jitter(n) = 0.36 * (n * 0.618034 - floor(n * 0.618034) - 0.5)
clip(v) = v > y_max ? y_max : v < y_min ? y_min : v
plot for [i = 1:shown] data index i - 1 using (clip(column('y_lo'))):(i):(clip(column('y_hi')) - clip(column('y_lo'))):(0) every ::0::0 with vectors nohead lw (enough ? 1 : 0) lc rgb '#707070' notitle, \
     for [i = 1:shown] data index i - 1 using (clip(column('y_q1'))):(i):(clip(column('y_q1'))):(clip(column('y_q3'))):(i - 0.28):(i + 0.28) every ::0::0 with boxxyerror fs transparent solid (enough ? 0.18 : 0) noborder lc rgb COLOUR[1] notitle, \
     for [i = 1:shown] data index i - 1 using (bars ? NaN : column('y')):(i + (enough ? jitter($0) : 0)) with points pt 7 ps 0.7 lc rgb '#600072B2' notitle, \
     for [i = 1:shown] data index i - 1 using 'y_median':(i - 0.28):(0):(0.56) every ::0::0 with vectors nohead lw 3 lc rgb (enough ? COLOUR[2] : '#ff000000') notitle, \
     for [i = 1:shown] data index i - 1 using (bars ? column('y') : NaN):(i):(bars ? 0 : NaN):(column('y')):(i - 0.28):(i + 0.28) with boxxyerror fs solid 0.85 noborder lc rgb COLOUR[1] notitle, \
     for [i = 1:shown] data index i - 1 using (single ? column('y') : NaN):(i):(sprintf('%.6g', column('y'))) with labels left offset 0.8,0 textcolor rgb quiet notitle
