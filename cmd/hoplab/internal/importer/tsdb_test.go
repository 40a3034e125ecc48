package importer_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/importer"
	"github.com/hopscope/hopscope/rules_test/recording"
)

func TestStorageIsImportedWithoutLoss(t *testing.T) {
	dir, start := t.TempDir(), begin()
	db := fill(t, dir, start, onTime)
	t.Cleanup(func() { _ = db.Close() })
	before := listing(t, dir)
	src, err := importer.FromTSDB(dir) // while the other has it open
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, start)
	o.On, o.Off, o.Targets = start.Add(time.Minute), start.Add(5*time.Minute), true
	rec, err := importer.Import(t.Context(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	if after := listing(t, dir); !slices.Equal(before, after) {
		t.Errorf("files of the storage: before %v, after %v", before, after)
	}
	rec = write(t, rec)
	m := rec.Meta
	if len(m.Losses) > 0 || m.Step != recording.Duration(step) || m.Scrapes != steps || !m.Start.Equal(start) || len(rec.Series) != 6 {
		t.Errorf("%d series, %+v", len(rec.Series), m)
	}
	want := []recording.Fault{{Name: "x", On: recording.Duration(time.Minute), Off: recording.Duration(5 * time.Minute)}}
	if !slices.Equal(m.Faults, want) || len(m.Events) > 0 {
		t.Errorf("faults %v, events %v", m.Faults, m.Events)
	}
	sameResults(t, rec, results(t, db, start))
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestDirectoriesThatAreNoStorageAreRefused(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, want string }{
		"empty":           {"notes.txt", "", "has neither blocks nor a wal"},
		"another version": {"01HB8BYPFGYAYBXE1KEXFY2JCG/meta.json", `{"version": 2}`, "meta.json: a block of version 2, this program reads version 1"},
		"broken meta":     {"01HB8BYPFGYAYBXE1KEXFY2JCG/meta.json", `{`, "the block is damaged"},
		"broken index":    {"01HB8BYPFGYAYBXE1KEXFY2JCG/meta.json", `{"version": 1, "ulid": "01HB8BYPFGYAYBXE1KEXFY2JCG"}`, "corrupted block 01HB8BYPFGYAYBXE1KEXFY2JCG"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, tc.file)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(tc.text), 0o644); err != nil {
				t.Fatal(err)
			}
			src, err := importer.FromTSDB(dir)
			if err == nil {
				_, err = importer.Import(t.Context(), src, options(t, begin()))
				_ = src.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}
