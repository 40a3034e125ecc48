// Package lab proves rules on recordings: which alert has to fire on which
// scenario, by when, and where it has to stay silent.
//
// A lab is a folder:
//
//	matrix.yml     scenario × alert, with the rule files (see [Matrix])
//	series/        the scenarios' recordings
//	synthetic.yml  series by hand, for what no recording covers (optional)
//	recorded/, synthetic/   promtool's test files, generated ([Lab.Generate])
//
// An alert that fires where nobody expects it fails as much as one that stays
// silent, and so does the name of an alert that does not exist. [Lab.Test] runs
// everything: our own engine over a sweep of phases, the generated files by stock
// promtool, and the whole course of every alert by both, which have to agree.
package lab
