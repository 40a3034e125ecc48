package replay

import (
	"io/fs"
	"os"

	"github.com/prometheus/prometheus/promql/parser"
)

func seriesFS() fs.FS { return os.DirFS("../series") }

func parseExpr(text string) (parser.Expr, error) {
	return parser.NewParser(parser.Options{}).ParseExpr(text)
}
