// Package suite turns recordings and what is expected of them into test files for
// stock promtool.
//
// Whoever adds an alert writes down what matters: on which series it fires and by
// when, and where it stays silent. [Build] runs the rules over the series, fails
// where they do otherwise, and writes exact labels and annotations into the test
// file, so that promtool holds every later change to them.
//
// An alert that fires where nobody expects it fails as much as one that stays
// silent, and so does the name of an alert that does not exist.
package suite
