package console

import (
	"fmt"
	"io/fs"
	"net/http"

	"github.com/hopscope/hopscope/alerts"
	"github.com/hopscope/hopscope/dashboards"
	"github.com/hopscope/hopscope/rules_test/lint"
)

// boards are the checked-in dashboards.
type boards struct {
	list []lint.Dashboard
	text map[string]*document // by UID, byte for byte
}

func readBoards() (*boards, error) {
	list, err := lint.Dashboards(dashboards.Files())
	if err != nil {
		return nil, fmt.Errorf("dashboards: %w", err)
	}
	b := &boards{list: list, text: map[string]*document{}}
	for _, d := range list {
		text, err := fs.ReadFile(dashboards.Files(), d.Name)
		if err != nil {
			return nil, fmt.Errorf("dashboards: %w", err)
		}
		b.text[d.UID] = newDocument("application/json", text)
	}
	return b, nil
}

// register serves the list of dashboards and each of them.
func (b *boards) register(mux *http.ServeMux) {
	type entry struct {
		UID         string `json:"uid"`
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	var list []entry
	for _, d := range b.list {
		list = append(list, entry{d.UID, d.Title, d.Description})
	}
	mux.Handle("GET /api/dashboards", jsonDocument(list))
	mux.HandleFunc("GET /api/dashboards/{uid}", func(w http.ResponseWriter, r *http.Request) {
		d := b.text[r.PathValue("uid")]
		if d == nil {
			problem{Status: http.StatusNotFound, Reason: "no dashboard has this uid", Remedy: "/api/dashboards lists them"}.write(w)
			return
		}
		d.ServeHTTP(w, r)
	})
}

func runbook() *document { return newDocument("text/markdown; charset=utf-8", alerts.Runbook()) }
