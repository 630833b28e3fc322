# ---- the shared style: one look for all charts ----
# Palette of Okabe and Ito (2008), told apart by colour-blind readers; yellow, which white paper swallows, is an olive here.
set encoding utf8
set minussign
set datafile separator "\t"
set datafile columnheaders
set datafile missing 'nan'

# Width and height in pixels at 96 an inch
kind(f) = f eq 'svg' ? "svg enhanced size %d,%d font 'Liberation Sans,15' background '#ffffff'" : \
          f eq 'pdf' ? "pdfcairo enhanced color size %d/96.,%d/96. font 'Liberation Sans,11' fontscale 1" : \
                       "pngcairo enhanced size %d,%d font 'Liberation Sans,11.5' background '#ffffff'"
terminal(w, h) = sprintf("set terminal " . kind(format) . "; set output output", w, h)

ink = '#303030'; quiet = '#606060'; pale = '#d4d4d4'
array COLOUR[8] = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000', '#8C8C00']
array MARK[16] = [7, 5, 9, 11, 13, 15, 2, 1, 6, 4, 8, 10, 12, 14, 3, 3]
do for [i = 1:48] { set style line i lc rgb COLOUR[(i - 1) % 8 + 1] lw 2 pt MARK[(i - 1) % 16 + 1] ps 0.9 }

set border 3 lc rgb '#404040' lw 1
set tics nomirror out scale 0.6 textcolor rgb '#404040'
set grid xtics ytics lc rgb '#e3e3e3' lt 1 lw 1
set key off

# A title line, a quiet line below it, and, where trials saw test data, a warning at its end: all outside the frame.
warning = tainted ? '   {/:Bold contains trials that saw test data}' : ''
titles(t, below) = sprintf("set label 901 '{/:Bold=17 %s}' at graph 0, screen 1 offset 0,-1.5 textcolor rgb '%s'; ", quote(t), ink) . \
                   sprintf("set label 902 '%s%s' at graph 0, screen 1 offset 0,-2.9 textcolor rgb '%s'; set tmargin 4.6", quote(below), warning, tainted ? '#B03000' : quiet)
# Text inside a single-quoted string
quote(s) = strstrt(s, "'") ? s[1:strstrt(s, "'") - 1] . "''" . quote(s[strstrt(s, "'") + 1:*]) : s

# Names right of the frame, in a margin as wide as the longest of them
legend = "set rmargin width * 0.95 + 8; set key at graph 1.02, graph 1 left top Left reverse samplen 2 spacing 1.25 maxrows 40 textcolor rgb ink"

# Logarithmic where it must be: positive values over more than two decades
wide(lo, hi, low) = lo == lo && lo >= 0 && low == low && hi / low > 100
powers(axis) = sprintf("set logscale %s; set format %s '10^{%%T}'; set m%stics default", axis, axis, axis)
