// Package waterfall draws a trace for the terminal: one line per span, indented
// under its parent, with a bar for when it ran.
package waterfall
