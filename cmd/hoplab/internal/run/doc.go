// Package run holds a program's parts together: they start in order, any one
// that fails ends the whole, and they stop in reverse order, each waited for.
package run
