package rulestest

import _ "embed"

//go:embed matrix.yml
var matrix []byte

// Matrix returns matrix.yml, for programs that carry it along. It is not to be
// changed.
func Matrix() []byte { return matrix }
