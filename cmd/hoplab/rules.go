package main

import (
	"context"
	"io"
)

// defaultRules matches our rule files in the project's folder.
const defaultRules = "alerts/*.rules.yml"

// runRules runs one of the commands of the alert-rule harness.
func runRules(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return dispatch(ctx, "hoplab rules", []command{
		{"record", "record what Prometheus scrapes during real faults, of the demo or of anything else", runRulesRecord},
		{"import", "make a recording of what a Prometheus has stored", runRulesImport},
		{"check", "check rules and dashboards without a server", runRulesCheck},
		{"test", "prove the rules on every scenario, with stock promtool beside", runRulesTest},
		{"diff", "say which verdicts change between two revisions of the rules", runRulesDiff},
		{"resort", "sort recordings anew after rules or dashboards have changed", runRulesResort},
		{"explain", "say which alerts fire on a recording, when, and why or why not", runRulesExplain},
		{"report", "draw the matrix and every timeline into one HTML file", runRulesReport},
		{"timeline", "draw the timelines in the terminal", runRulesTimeline},
		{"mutate", "change the rules in small ways and ask which scenario would tell", runRulesMutate},
		{"coverage", "say which parts of the rules the scenarios reach", runRulesCoverage},
		{"margins", "say how far thresholds are from another verdict", runRulesMargins},
	}, args, stdout, stderr)
}
