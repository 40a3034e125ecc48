package main

import (
	"io"
	"strings"

	"github.com/hopscope/hopscope/rules_test/lab"
)

// labFlags are the flags of every command that opens a lab.
type labFlags struct {
	*flags
	suite, rules *string
}

// mostWords bounds how many scenarios a command line may name.
const mostWords = 1000

func newLabFlags(name, help string) labFlags {
	f := newFlags(name, help)
	return labFlags{
		f,
		f.String("suite", "rules_test", "`DIR` of the lab: matrix.yml, series/, synthetic.yml"),
		f.String("rules", "", "`GLOBS` of the rule files, with commas between; those of matrix.yml if empty"),
	}
}

// open reads the lab and the scenarios that the words name.
func (f labFlags) open(words []string) (*lab.Lab, []*lab.Scenario, error) {
	var patterns []string
	if *f.rules != "" {
		patterns = strings.Split(*f.rules, ",")
	}
	l, err := lab.Open(*f.suite, patterns...)
	if err != nil {
		return nil, nil, err
	}
	chosen, err := l.Select(words...)
	return l, chosen, err
}

// start parses args and opens the lab. If ok is false the command is over and code
// is its exit code.
func (f labFlags) start(args []string, stdout, stderr io.Writer) (l *lab.Lab, chosen []*lab.Scenario, code int, ok bool) {
	words, code, ok := f.parse(args, 0, mostWords, stdout, stderr)
	if !ok {
		return nil, nil, code, false
	}
	l, chosen, err := f.open(words)
	if err != nil {
		return nil, nil, f.failed(stderr, err), false
	}
	return l, chosen, exitOK, true
}
