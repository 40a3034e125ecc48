package damage

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the module's folder.
const root = "../../../../.."

// What the document names exists: keys of the configuration, tests, kinds of
// metrics, files.
func TestDocumentNamesWhatThereIs(t *testing.T) {
	keys, metrics, tests := content(t, "hopscope.example.yaml"), content(t, "telemetry/METRICS.md"), testNames(t)
	// Words joined by underscores or dots: keys, or values of labels.
	isKey := regexp.MustCompile(`^[a-z]+(\.[a-z_]+|_[a-z_]+)+$`)
	for row := range strings.Lines(document) {
		if !strings.HasPrefix(row, "| ") {
			continue
		}
		for _, name := range quoted(row) {
			last := name[strings.LastIndex(name, ".")+1:]
			switch label, isMetric := strings.CutPrefix(name, "hopscope_"); {
			case isMetric:
				metric, value, _ := strings.Cut(strings.TrimSuffix(label, `"}`), `{reason="`)
				if !strings.Contains(metrics, "### hopscope_"+metric) || value != "" && !strings.Contains(metrics, "`"+value+"`") {
					t.Errorf("no such metric or label: %s", name)
				}
			case strings.HasPrefix(name, "Test"), strings.HasPrefix(name, "Fuzz"):
				if !tests[name] {
					t.Errorf("no test %s", name)
				}
			case isKey.MatchString(name) && !strings.Contains(keys, last+":") && !strings.Contains(metrics, "`"+name+"`"):
				t.Errorf("neither a key nor a label: %s", name)
			}
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([a-zA-Z][^):#]*)`).FindAllStringSubmatch(document, -1) {
		if _, err := os.Stat(filepath.Join(root, link[1])); err != nil && !strings.HasPrefix(link[1], "http") {
			t.Errorf("links to what is not there: %s", link[1])
		}
	}
}

func TestFormulaIsThatOfTheArchitecture(t *testing.T) {
	formula := regexp.MustCompile("(?s)```\nΣ streams.*?```")
	if got, want := formula.FindString(document), formula.FindString(content(t, "ARCHITECTURE.md")); got != want || want == "" {
		t.Errorf("the document has\n%s\nARCHITECTURE.md has\n%s", got, want)
	}
}

// quoted returns what stands between backquotes.
func quoted(row string) []string {
	var all []string
	for i, part := range strings.Split(row, "`") {
		if i%2 == 1 {
			all = append(all, part)
		}
	}
	return all
}

func content(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, dir := range []string{"cmd", "deploy", "gateway", "telemetry"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range function.FindAllStringSubmatch(string(text), -1) {
				names[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}
