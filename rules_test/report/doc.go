// Package report draws what the rules of a lab did: every scenario's timeline with
// its fault, each alert's value against its threshold, when it was pending, fired
// and ended, and how that compares with the budgets of the matrix.
//
//	model.go     what is drawn, the same for page and terminal
//	build.go     runs the scenarios and makes the model
//	results.go   what mutation and coverage found, read from JSON
//	geometry.go  scales, ticks, fewer points
//	view.go      what the page's template needs, and how much of it
//	view_matrix.go, view_chart.go   its parts
//	html.go      the page: one file, no network, readable without scripts
//	terminal.go  the same timelines in characters
package report
