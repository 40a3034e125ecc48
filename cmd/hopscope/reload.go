package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/credentials"
)

// named returns the configuration's file and every file that it names, and those
// of the one in force, which is another if that file was refused.
func (s *server) named() []string {
	names := append(config.Named(s.path), s.path)
	if s.cfg != nil {
		names = append(names, s.cfg.Files()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// reload puts in force what the configuration and the files that it names say now.
func (s *server) reload(why string) {
	s.files.mark(s.named())
	restart, err := s.load()
	s.telemetry.Observer().Reload(time.Now(), err)
	if err != nil {
		s.log.Error("reload refused; the old configuration and certificates stay in force", "why", why, "error", err.Error(),
			"remedy", "correct what the error names; files that change are read again, and all of them at SIGHUP")
		s.renew()
		return
	}
	if len(restart) > 0 {
		s.log.Warn("some settings change only with a restart", "settings", restart)
	}
	s.log.Info("reloaded", "why", why, "listeners", s.gateway.Addresses())
}

// load replaces the configuration in force. It returns the keys of settings that
// only a restart applies.
func (s *server) load() (restart []string, err error) {
	cfg, err := config.Load(s.path)
	if err != nil {
		return nil, err
	}
	adminTLS, err := adminCredentials(cfg.Admin)
	if err != nil {
		return nil, err
	}
	if err := s.gateway.Reload(cfg); err != nil {
		return nil, err
	}
	if restart, err = s.telemetry.Reload(cfg); err != nil {
		return nil, err
	}
	s.setAdminTLS(adminTLS)
	s.cfg = cfg
	s.level.Set(level(cfg.Log.Level))
	s.warn()
	return restart, nil
}

// renew reads the certificates, keys and tokens of the configuration in force
// again: what is wrong elsewhere must not make them expire.
func (s *server) renew() {
	adminTLS, err := adminCredentials(s.cfg.Admin)
	if err == nil {
		s.setAdminTLS(adminTLS)
	}
	err = errors.Join(err, s.telemetry.Renew(), s.gateway.Renew())
	if err != nil {
		s.log.Error("certificates, keys or tokens cannot be used; the old ones stay in force, all others are renewed", "error", err.Error())
	}
}

// adminCredentials reads the TLS files of the admin server; nil: it has none.
func adminCredentials(c config.Admin) (*credentials.TLS, error) {
	if c.TLS == nil {
		return nil, nil
	}
	t, err := credentials.Server(c.TLS, "http/1.1")
	if err != nil {
		return nil, fmt.Errorf("admin.%w", err)
	}
	return t, nil
}

// setAdminTLS has the admin server use t, which may be nil. Files that have not
// changed leave its connections alone.
func (s *server) setAdminTLS(t *credentials.TLS) {
	if t != nil && s.adminTLS != nil && t.Same(s.adminTLS) {
		return
	}
	s.adminTLS = t
	if t == nil {
		s.admin.SetTLS(nil)
		s.telemetry.AdminCertificate(time.Time{})
		return
	}
	s.admin.SetTLS(t.Config)
	s.telemetry.AdminCertificate(t.NotAfter)
}

// warn logs what is allowed and hardly wanted.
func (s *server) warn() {
	for _, text := range s.cfg.Warnings() {
		s.log.Warn("configuration: " + text)
	}
}
