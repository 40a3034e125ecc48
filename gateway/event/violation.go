package event

import "github.com/hopscope/hopscope/gateway/h2/rule"

// Violation is a rule that a peer broke; see package rule for the closed set.
type Violation = rule.Violation

// NumViolations is the number of values of Violation, "none" included.
const NumViolations = rule.NumViolations
