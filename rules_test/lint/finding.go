package lint

import "fmt"

// The checks, by the names that findings and lint:ignore comments use.
const (
	UnknownMetric      = "unknown-metric"       // a selector's name is in no registry
	UnknownLabel       = "unknown-label"        // a matcher's or grouping's label is not there
	UnknownValue       = "unknown-value"        // outside of a closed set, or no bucket's bound
	CounterWithoutRate = "counter-without-rate" // a counter's raw value is used
	CounterComparison  = "counter-comparison"   // a counter's raw value is compared
	RateOfGauge        = "rate-of-gauge"
	RateOfSum          = "rate-of-sum"
	ShortRange         = "short-range" // less than two scrapes
	NeverFires         = "never-fires" // a ratio above 1
	AbsentFor          = "absent-for"  // absent() without two scrapes of for
	CrossJob           = "cross-job"   // arithmetic over two jobs without for
	ValueLabel         = "value-label" // a label that changes with the value
	TemplateLabel      = "template-label"
	Missing            = "missing"  // severity or an annotation
	Severity           = "severity" // none of those that are routed
	Summary            = "summary"  // not one static sentence
	RunbookLink        = "runbook-link"
	DashboardLink      = "dashboard-link"
	Limit              = "limit"
	Duplicate          = "duplicate"
	UnusedRecord       = "unused-record"
	RecordOrder        = "record-order" // read before it is recorded
	Ignore             = "ignore"       // a comment that silences nothing, or without a reason
)

// Checks returns the names of all checks.
func Checks() []string {
	return []string{
		UnknownMetric, UnknownLabel, UnknownValue, CounterWithoutRate, CounterComparison, RateOfGauge, RateOfSum, ShortRange,
		NeverFires, AbsentFor, CrossJob, ValueLabel, TemplateLabel, Missing, Severity, Summary, RunbookLink, DashboardLink,
		Limit, Duplicate, UnusedRecord, RecordOrder, Ignore,
	}
}

// Finding is something wrong in a rule file or a dashboard.
type Finding struct {
	File   string
	Line   int
	Rule   string // the alert or recorded series; "": none
	Check  string // one of Checks
	Text   string // what is wrong
	Remedy string
}

// String returns the finding as FILE:LINE: RULE: what is wrong (CHECK): remedy.
func (f Finding) String() string {
	rule := f.Rule
	if rule != "" {
		rule += ": "
	}
	return fmt.Sprintf("%s:%d: %s%s (%s): %s", f.File, f.Line, rule, f.Text, f.Check, f.Remedy)
}
