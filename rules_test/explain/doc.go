// Package explain says why an alert fires at a moment of a recording, or why not:
// the value of every part of its expression, what emptied it, the recording rules
// that it reads, and how long for and keep_firing_for have still to run.
//
//	explain.go   an alert at a moment, with the states of its instances
//	node.go      the tree of the expression, a value for each part
//	note.go      what a part let through
//	reason.go    why it fires, or which part is to blame that it does not
//	moment.go    the moment to look at where nobody named one
//	condition.go the comparison that an alert comes down to
//	text.go      all of it for people
package explain
