package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// blockVersion is the version of blocks that the Prometheus in this program reads.
const blockVersion = 1

// TSDB is the storage directory of a Prometheus, opened for reading. Close it.
type TSDB struct {
	dir  string // as the user named it
	view string // a temporary directory of links to its files
	db   *tsdb.DBReadOnly
	// querier is opened once: Prometheus replays the log for each, and cannot twice.
	querier storage.Querier
}

// FromTSDB opens a directory. It may belong to a Prometheus that runs: nothing is
// written to it, and what is read is what was there when it was opened.
func FromTSDB(dir string) (_ *TSDB, err error) {
	t := &TSDB{dir: dir}
	if err := checkTSDB(dir); err != nil {
		return nil, err
	}
	if t.view, err = os.MkdirTemp("", "hoplab-import-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(t.view))
		}
	}()
	if err := mirror(dir, t.view); err != nil {
		return nil, err
	}
	// Prometheus replays the log into a sandbox, which has to be on the file
	// system of the head's chunks.
	if t.db, err = tsdb.OpenDBReadOnly(t.view, t.view, slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	if t.querier, err = t.db.Querier(math.MinInt64, math.MaxInt64); err != nil {
		return nil, errors.Join(t.unreadable(err), t.db.Close())
	}
	return t, nil
}

// Close frees the storage and deletes the view of it.
func (t *TSDB) Close() error {
	return errors.Join(t.querier.Close(), t.db.Close(), os.RemoveAll(t.view))
}

// checkTSDB says why a directory cannot be read, as far as its names and
// meta.json files tell: Prometheus itself skips blocks that it does not know.
func checkTSDB(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("--tsdb: %w", err)
	}
	storage := false
	for _, e := range entries {
		if e.Name() == "wal" {
			storage = true
		}
		if !isBlock(e.Name()) {
			continue
		}
		storage = true
		name := filepath.Join(dir, e.Name(), "meta.json")
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a block that is being written or deleted
		}
		var meta struct{ Version int }
		if err == nil {
			err = json.Unmarshal(text, &meta)
		}
		if err != nil {
			return fmt.Errorf("%s: %w: the block is damaged; leave it out by moving it away", name, err)
		}
		if meta.Version != blockVersion {
			return fmt.Errorf("%s: a block of version %d, this program reads version %d: import from the API of its Prometheus with --url",
				name, meta.Version, blockVersion)
		}
	}
	if !storage {
		return fmt.Errorf("--tsdb %s: no storage of a Prometheus: it has neither blocks nor a wal; name what its --storage.tsdb.path names", dir)
	}
	return nil
}

// mirror links what storage has: directories anew, files as symbolic links.
// Chunks of the head are copied, for Prometheus makes hard links of them.
func mirror(dir, view string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !isBlock(e.Name()) && !slices.Contains([]string{"wal", "wbl", "chunks_head"}, e.Name()) {
			continue
		}
		err := fs.WalkDir(os.DirFS(dir), e.Name(), func(path string, d fs.DirEntry, err error) error {
			from, to := filepath.Join(dir, path), filepath.Join(view, path)
			switch {
			case err != nil:
				return err
			case d.IsDir():
				return os.MkdirAll(to, 0o755)
			case e.Name() == "chunks_head":
				return copyFile(from, to)
			}
			return os.Symlink(from, to)
		})
		// What a running Prometheus deletes meanwhile is in a newer block.
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	// Snapshots have blocks only; Prometheus looks for the log all the same.
	if err := os.Mkdir(filepath.Join(view, "wal"), 0o755); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// isBlock tells the directories of blocks, named by a ULID.
func isBlock(name string) bool {
	return len(name) == 26 && strings.Trim(name, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == ""
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}

func (t *TSDB) read(ctx context.Context, o Options, match [][]*labels.Matcher) ([]series, error) {
	span := &storage.SelectHints{Start: o.From.UnixMilli(), End: o.To.UnixMilli()}
	var found []series
	seen := map[string]bool{}
	samples := 0
	for _, m := range match {
		set := t.querier.Select(ctx, true, span, m...)
		for set.Next() {
			stored := set.At()
			l := stored.Labels()
			if seen[l.String()] {
				continue
			}
			seen[l.String()] = true
			s := series{labels: clone(l)}
			it := stored.Iterator(nil)
			for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
				if at := it.AtT(); at >= span.Start && at <= span.End {
					s.samples = append(s.samples, sample{at, recording.Stored(it, kind)})
					samples++
				}
				if samples > o.MaxSamples {
					break
				}
			}
			if err := it.Err(); err != nil {
				return nil, t.unreadable(err)
			}
			if len(s.samples) > 0 {
				found = append(found, s)
			}
			if samples > o.MaxSamples || len(found) > o.MaxSeries {
				return found, o.bound(len(found), samples)
			}
		}
		if err := set.Err(); err != nil {
			return nil, t.unreadable(err)
		}
	}
	return found, nil
}

// clone returns labels that outlive the storage, whose strings lie in its files.
func clone(l labels.Labels) labels.Labels {
	b := labels.NewScratchBuilder(l.Len())
	l.Range(func(l labels.Label) { b.Add(strings.Clone(l.Name), strings.Clone(l.Value)) })
	return b.Labels()
}

func (t *TSDB) unreadable(err error) error {
	return fmt.Errorf("%s: %w: if its Prometheus runs, try again or take a snapshot (POST /api/v1/admin/tsdb/snapshot); "+
		"if another version wrote it, import from its API with --url", t.dir, err)
}

// present is nil: the storage has the staleness markers themselves.
func (t *TSDB) present(context.Context, [][]*labels.Matcher, time.Time, time.Duration, int) (map[string][]bool, error) {
	return nil, nil
}

func (t *TSDB) losses() []string { return nil }

func (t *TSDB) describe() string { return "the storage of a Prometheus" }
