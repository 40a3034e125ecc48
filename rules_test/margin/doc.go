// Package margin measures how far rules are from another verdict: by which factor
// a threshold, and by how many seconds for, would have to differ until an alert
// that fires in a scenario no longer does in time, or one that is silent fires.
//
// A small margin is a rule that the next load, or a slower machine, turns over; or
// a scenario at the edge of a threshold, which is what some are for.
package margin
