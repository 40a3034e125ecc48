package report

import (
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	screenshots = flag.String("screenshots", "", "keep the browser's pictures in this folder, for people to look at")
	update      = flag.Bool("update", false, "write the expected timelines of testdata anew: read the diff")
)

// write writes the page to a file of its own.
func write(t *testing.T, r *Report) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WriteHTML(file); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPageIsReadableInABrowser(t *testing.T) {
	page := write(t, fixed(t))
	b := newBrowser(t)
	for _, width := range []int{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			name := fmt.Sprintf("%s-%d", scheme, width)
			b.open(page, width, scheme)
			b.eval(`document.querySelector("#s-errors").scrollIntoView()`, nil)
			picture, text := b.screenshot()
			if *screenshots != "" {
				if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			background := brightness(picture.At(1, picture.Bounds().Dy()/2).RGBA())
			if scheme == "light" && background < 200 || scheme == "dark" && background > 60 {
				t.Errorf("%s: the background's brightness is %d of 255", name, background)
			}
			for _, class := range []string{"firing", "pending"} {
				var color string
				var box [4]float64
				b.eval(`getComputedStyle(document.documentElement).getPropertyValue("--`+class+`").trim()`, &color)
				b.eval(`(() => { const b = document.querySelector(".bar .`+class+`").getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] })()`, &box)
				band := image.Rect(int(box[0]), int(box[1]), int(box[2]), int(box[3]))
				// Half of a pending band is paler.
				if n, all := pixels(t, picture, band, color), band.Dx()*band.Dy(); all < 50 || 3*n < all {
					t.Errorf("%s: %d of %d pixels of the %s band %v have its colour %s: the picture is blank", name, n, all, class, band, color)
				}
			}
			// With everything unfolded.
			var wide, inner int
			b.eval(`document.querySelectorAll("details").forEach((d) => d.open = true); document.documentElement.scrollWidth`, &wide)
			b.eval(`innerWidth`, &inner)
			if inner != width || wide > width {
				t.Errorf("%s: the page is %d wide in a window of %d", name, wide, inner)
			}
			var small []string
			b.eval(`[...document.querySelectorAll("body *")].filter((e) => e.firstChild?.nodeType === 3 && e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < 8.5).map((e) => e.className)`, &small)
			if len(small) > 0 {
				t.Errorf("%s: too small to read: %q", name, small)
			}
			if c := b.complaints(); len(c) > 0 {
				t.Errorf("%s: %s", name, strings.Join(c, "\n"))
			}
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	b := newBrowser(t)
	b.open(write(t, fixed(t)), 1280, "light")
	var title string
	b.eval(`document.title`, &title)
	var found int
	b.eval(`document.querySelectorAll("img, b b, i i, h4 b").length + document.querySelectorAll("script").length - 1`, &found)
	if title != "Rule lab: 1 not as expected" || found != 0 {
		t.Errorf("title %q, %d elements that text made", title, found)
	}
	var shown bool
	b.eval(`document.querySelector("#mutants").textContent.includes("</style><script>") && document.querySelector("#coverage .share").textContent === "✕ 1 of 2" && document.querySelector("#scenarios").textContent.includes("errors <i>rise</i>")`, &shown)
	if !shown {
		t.Error("the text is not shown as it is")
	}
	if c := b.complaints(); len(c) > 0 {
		t.Error(strings.Join(c, "\n"))
	}
}

func TestHeadersOfTheMatrixStay(t *testing.T) {
	b := newBrowser(t)
	b.open(write(t, fixed(t)), 390, "light")
	var moved [2]float64
	b.eval(`(() => {
		const box = document.querySelector(".scroll");
		box.style.maxHeight = "180px";
		box.style.maxWidth = "200px";
		box.scrollTo(60, 40);
		const outer = box.getBoundingClientRect();
		const head = box.querySelector("thead th:nth-child(2)").getBoundingClientRect();
		const name = box.querySelector("tbody th").getBoundingClientRect();
		return box.scrollTop > 0 && box.scrollLeft > 0 ? [head.top - outer.top, name.left - outer.left] : [-1, -1];
	})()`, &moved)
	if moved[0] < 0 || moved[0] > 2 || moved[1] < 0 || moved[1] > 2 {
		t.Errorf("after scrolling the headers are %.1f px below the top and %.1f px from the left; -1: nothing to scroll", moved[0], moved[1])
	}
}

func TestFilterHidesWhatDoesNotMatch(t *testing.T) {
	b := newBrowser(t)
	b.open(write(t, fixed(t)), 1280, "light")
	var shown []string
	b.eval(`(() => {
		const filter = document.querySelector("#filter");
		filter.value = "labdown";
		filter.dispatchEvent(new Event("input"));
		return [...document.querySelectorAll(".matrix tbody tr, .chart")].filter((e) => !e.hidden).map((e) => e.dataset.name);
	})()`, &shown)
	if got := strings.Join(shown, " "); got != "LabDown LabDown LabDown" {
		t.Errorf("shown are %s", got)
	}
}

func TestPageNeedsNoScript(t *testing.T) {
	b := newBrowser(t)
	b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	b.open(write(t, fixed(t)), 1280, "light")
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 1280, "height": 3000, "deviceScaleFactor": 1, "mobile": false}, nil)
	picture, _ := b.screenshot()
	if n := pixels(t, picture, picture.Bounds(), "#cf4a0c"); n < 200 {
		t.Errorf("%d pixels of the firing band's colour", n)
	}
}

func brightness(r, g, b, _ uint32) uint32 { return (r + g + b) / 3 >> 8 }

// pixels counts those of a colour, #rrggbb, within a part of a picture.
func pixels(t *testing.T, picture image.Image, part image.Rectangle, color string) int {
	t.Helper()
	var r, g, b uint32
	if _, err := fmt.Sscanf(color, "#%02x%02x%02x", &r, &g, &b); err != nil {
		t.Fatalf("colour %q: %v", color, err)
	}
	near := func(x, y uint32) bool { return max(x>>8, y)-min(x>>8, y) <= 3 }
	n := 0
	part = part.Intersect(picture.Bounds())
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			r2, g2, b2, _ := picture.At(x, y).RGBA()
			if near(r2, r) && near(g2, g) && near(b2, b) {
				n++
			}
		}
	}
	return n
}
