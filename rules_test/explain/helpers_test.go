package explain_test

import (
	"flag"
	"path/filepath"
)

// golden is where the expected texts are; absolute, because tests change folder.
var golden, _ = filepath.Abs("testdata")

var update = flag.Bool("update", false, "write the expected texts of testdata anew: read the diff")
