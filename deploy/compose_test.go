package deploy

import (
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	promconfig "github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"go.yaml.in/yaml/v3"

	"github.com/hopscope/hopscope/gateway/config"
)

// load reads docker-compose.yml as compose itself does.
func load(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../docker-compose.yml"}, cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestForeignImagesArePinned(t *testing.T) {
	version := regexp.MustCompile(`:v?\d+\.\d+\.\d+$`)
	for name, service := range load(t).Services {
		if service.Build == nil && !version.MatchString(service.Image) {
			t.Errorf("%s: image %q has no full version", name, service.Image)
		}
	}
}

func TestEveryServiceHasAHealthCheck(t *testing.T) {
	for name, service := range load(t).Services {
		if service.HealthCheck == nil || service.HealthCheck.Disable || len(service.HealthCheck.Test) < 2 {
			t.Errorf("%s has no health check", name)
			continue
		}
		// Images FROM scratch have no shell.
		if service.HealthCheck.Test[0] != "CMD" {
			t.Errorf("%s: the health check needs a shell: %q", name, service.HealthCheck.Test)
		}
	}
}

// writable are the services whose root may be written to: what these images write
// at their start is theirs to know.
var writable = []string{"grafana", "jaeger"}

func TestServicesAreConfined(t *testing.T) {
	for name, service := range load(t).Services {
		if !slices.Equal(service.CapDrop, []string{"ALL"}) || len(service.CapAdd) > 0 {
			t.Errorf("%s keeps capabilities: drops %v, adds %v", name, service.CapDrop, service.CapAdd)
		}
		if !slices.Contains(service.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s can gain privileges: %v", name, service.SecurityOpt)
		}
		if service.Privileged || service.NetworkMode == "host" || service.Pid == "host" || service.Ipc == "host" || len(service.Devices) > 0 {
			t.Errorf("%s shares what is the host's", name)
		}
		if service.ReadOnly == slices.Contains(writable, name) {
			t.Errorf("%s: read_only is %v", name, service.ReadOnly)
		}
		if service.Build != nil && service.User != "65532:65532" {
			t.Errorf("%s runs as %q", name, service.User)
		}
		for _, mount := range service.Volumes {
			if strings.HasSuffix(mount.Source, "docker.sock") {
				t.Errorf("%s gets Docker's socket", name)
			}
		}
	}
}

// TestImagesHaveNoShellAndNoRoot reads what the Dockerfile says of the stages that
// docker-compose.yml runs.
func TestImagesHaveNoShellAndNoRoot(t *testing.T) {
	text, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	stages := make(map[string]string) // by name
	for part := range strings.SplitSeq("\n"+string(text), "\nFROM ") {
		head, body, _ := strings.Cut(part, "\n")
		if base, name, ok := strings.Cut(head, " AS "); ok {
			stages[name] = base + "\n" + body
		}
	}
	for name, service := range load(t).Services {
		if service.Build == nil {
			continue
		}
		stage := stages[service.Build.Target]
		if !strings.HasPrefix(stage, "scratch\n") || !strings.Contains(stage, "\nUSER 65532:65532\n") || strings.Contains(stage, "\nRUN ") {
			t.Errorf("%s: the stage %q is not FROM scratch as user 65532", name, service.Build.Target)
		}
	}
	if gateway := stages["gateway"]; !strings.Contains(gateway, `CMD ["/hopscope", "health"]`) {
		t.Errorf("the gateway's image has no health check: %s", gateway)
	}
}

func TestEveryMountedFileExists(t *testing.T) {
	project := load(t)
	for name, service := range project.Services {
		for _, mount := range service.Volumes {
			switch mount.Type {
			case types.VolumeTypeBind:
				if _, err := os.Stat(mount.Source); err != nil {
					t.Errorf("%s mounts %s: %v", name, mount.Target, err)
				}
				if !mount.ReadOnly {
					t.Errorf("%s may write to %s", name, mount.Source)
				}
			case types.VolumeTypeVolume:
				if _, ok := project.Volumes[mount.Source]; !ok {
					t.Errorf("%s mounts the undeclared volume %q", name, mount.Source)
				}
			}
		}
		if service.Build != nil {
			dockerfile := filepath.Join(service.Build.Context, service.Build.Dockerfile)
			text, err := os.ReadFile(dockerfile)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if !strings.Contains(string(text), " AS "+service.Build.Target+"\n") {
				t.Errorf("%s: %s has no target %q", name, dockerfile, service.Build.Target)
			}
		}
	}
	// The home dashboard is a path inside the container.
	home := project.Services["grafana"].Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	if home == nil {
		t.Fatal("grafana has no home dashboard")
	}
	if _, err := os.Stat(filepath.Join("../dashboards", filepath.Base(*home))); err != nil {
		t.Error(err)
	}
}

func TestPortsAreOpenToThisMachineOnly(t *testing.T) {
	taken := make(map[string]string)
	for name, service := range load(t).Services {
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q", name, port.Published, port.HostIP)
			}
			if other, ok := taken[port.Published]; ok {
				t.Errorf("%s and %s publish port %s", name, other, port.Published)
			}
			taken[port.Published] = name
		}
	}
}

// reachable fails the test unless from can reach address, which is SERVICE:PORT.
func reachable(t *testing.T, project *types.Project, from, address string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Errorf("%s: %v", from, err)
		return
	}
	if host == "localhost" {
		host = from
	}
	target, ok := project.Services[host]
	if !ok {
		t.Errorf("%s wants %s, but there is no service %q", from, address, host)
		return
	}
	if !slices.Contains(target.Expose, port) {
		t.Errorf("%s wants %s, but %s exposes %v", from, address, host, target.Expose)
	}
	for network := range project.Services[from].Networks {
		if _, ok := target.Networks[network]; ok {
			return
		}
	}
	t.Errorf("%s wants %s, but shares no network with it", from, address)
}

func TestGatewayReachesWhatItIsConfiguredWith(t *testing.T) {
	project := load(t)
	cfg, err := config.Load("gateway.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, upstream := range cfg.Upstreams {
		for _, endpoint := range upstream.Endpoints {
			reachable(t, project, "gateway", endpoint)
		}
	}
	collector, err := url.Parse(cfg.Tracing.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	reachable(t, project, "gateway", collector.Host)
	addresses := []string{cfg.Admin.Address}
	for _, listener := range cfg.Listeners {
		addresses = append(addresses, listener.Address)
	}
	for _, address := range addresses {
		_, port, _ := net.SplitHostPort(address)
		if !slices.Contains(project.Services["gateway"].Expose, port) {
			t.Errorf("the gateway listens on %s, which docker-compose.yml does not expose", address)
		}
	}
}

// TestServicesReachTheirArguments reads the addresses from the commands.
func TestServicesReachTheirArguments(t *testing.T) {
	project := load(t)
	for name, service := range project.Services {
		for _, argument := range service.Command {
			flag, value, _ := strings.Cut(argument, "=")
			switch flag {
			case "--gateway", "--target", "--collector", "--peers":
				for address := range strings.SplitSeq(value, ",") {
					if u, err := url.Parse(address); err == nil && u.Host != "" {
						address = u.Host
					}
					reachable(t, project, name, address)
				}
			case "--listen", "--control":
				if port := strings.TrimPrefix(value, ":"); !slices.Contains(service.Expose, port) {
					t.Errorf("%s listens on %s and exposes %v", name, port, service.Expose)
				}
			}
		}
		for _, argument := range service.HealthCheck.Test {
			u, err := url.Parse(argument)
			if err != nil || u.Host == "" {
				continue
			}
			if u.Port() == "13133" { // Jaeger's own, for nobody else
				continue
			}
			address := u.Host
			if ip := net.ParseIP(u.Hostname()); ip.IsLoopback() {
				address = net.JoinHostPort("localhost", u.Port())
			}
			reachable(t, project, name, address)
		}
	}
}

func TestPrometheusScrapesWhatExists(t *testing.T) {
	project := load(t)
	cfg, err := promconfig.LoadFile("../alerts/prometheus.yml", false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := cfg.GetScrapeConfigs()
	if err != nil {
		t.Fatal(err)
	}
	scraped := make(map[string]bool)
	for _, job := range jobs {
		scraped[job.JobName] = true
		for _, target := range targets(t, job.ServiceDiscoveryConfigs) {
			reachable(t, project, "prometheus", target)
		}
		if !*job.ScrapeNativeHistograms || !*job.AlwaysScrapeClassicHistograms {
			t.Errorf("job %s: native and classic histograms are not both on", job.JobName)
		}
	}
	if !scraped["hopscope"] {
		t.Error(`no job "hopscope", which rules and dashboards select`)
	}
	for _, manager := range cfg.AlertingConfig.AlertmanagerConfigs {
		for _, target := range targets(t, manager.ServiceDiscoveryConfigs) {
			reachable(t, project, "prometheus", target)
		}
	}
	for _, pattern := range cfg.RuleFiles {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Errorf("rule_files %s: no file (%v)", pattern, err)
		}
	}
	if !slices.Contains(project.Services["prometheus"].Command, "--enable-feature=exemplar-storage") {
		t.Error("Prometheus keeps no exemplars: --enable-feature=exemplar-storage is missing")
	}
}

// targets returns the addresses of static configurations.
func targets(t *testing.T, configs discovery.Configs) []string {
	t.Helper()
	var addresses []string
	for _, c := range configs {
		static, ok := c.(discovery.StaticConfig)
		if !ok {
			t.Errorf("%s is not a static configuration", c.Name())
		}
		for _, group := range static {
			for _, target := range group.Targets {
				addresses = append(addresses, string(target["__address__"]))
			}
		}
	}
	return addresses
}

func TestGrafanaIsProvisionedForTheStack(t *testing.T) {
	project := load(t)
	text, err := os.ReadFile("../dashboards/provisioning/datasources/hopscope.yml")
	if err != nil {
		t.Fatal(err)
	}
	var provisioned struct {
		Datasources []struct {
			UID, URL string
			JSON     struct {
				TimeInterval string `yaml:"timeInterval"`
				Exemplars    []struct {
					Name string
					UID  string `yaml:"datasourceUid"`
				} `yaml:"exemplarTraceIdDestinations"`
				Metrics struct {
					UID string `yaml:"datasourceUid"`
				} `yaml:"tracesToMetrics"`
			} `yaml:"jsonData"`
		}
	}
	if err := yaml.Unmarshal(text, &provisioned); err != nil {
		t.Fatal(err)
	}
	linked := make(map[string]string) // data source → the one it links to
	for _, d := range provisioned.Datasources {
		u, err := url.Parse(d.URL)
		if err != nil {
			t.Error(err)
			continue
		}
		reachable(t, project, "grafana", u.Host)
		linked[d.UID] = d.JSON.Metrics.UID
		for _, exemplar := range d.JSON.Exemplars {
			if exemplar.Name != "trace_id" {
				t.Errorf("%s follows the exemplar label %q, the gateway's is trace_id", d.UID, exemplar.Name)
			}
			linked[d.UID] = exemplar.UID
		}
		if d.UID == "prometheus" {
			cfg, err := promconfig.LoadFile("../alerts/prometheus.yml", false, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			if want := cfg.GlobalConfig.ScrapeInterval.String(); d.JSON.TimeInterval != want {
				t.Errorf("Grafana takes the scrape interval for %s, it is %s", d.JSON.TimeInterval, want)
			}
		}
	}
	if linked["prometheus"] != "jaeger" || linked["jaeger"] != "prometheus" {
		t.Errorf("metrics and traces are not linked both ways: %v", linked)
	}

	mounted := make(map[string]bool)
	for _, mount := range project.Services["grafana"].Volumes {
		mounted[mount.Target] = true
	}
	providers, err := os.ReadFile("../dashboards/provisioning/dashboards/hopscope.yml")
	if err != nil {
		t.Fatal(err)
	}
	var files struct {
		Providers []struct{ Options struct{ Path string } }
	}
	if err := yaml.Unmarshal(providers, &files); err != nil {
		t.Fatal(err)
	}
	for _, p := range files.Providers {
		if !mounted[p.Options.Path] {
			t.Errorf("dashboards are read from %s, which is not mounted", p.Options.Path)
		}
	}
}

// TestUsersPagesArePublished checks what the README tells users to open.
func TestUsersPagesArePublished(t *testing.T) {
	project := load(t)
	for service, port := range map[string]int{
		"gateway": 8080, "load": 7070, "prometheus": 9090, "alertmanager": 9093, "jaeger": 16686, "grafana": 3000,
	} {
		published := slices.ContainsFunc(project.Services[service].Ports, func(p types.ServicePortConfig) bool {
			return p.Published == strconv.Itoa(port) && int(p.Target) == port
		})
		if !published {
			t.Errorf("%s does not publish port %d", service, port)
		}
	}
}
