package config

import "go.yaml.in/yaml/v3"

// YAML renders the whole configuration, defaults included, such that Parse makes
// an equal Config of it. It names files but holds nothing of their content.
func (c *Config) YAML() []byte {
	data, err := yaml.Marshal(c)
	if err != nil {
		// Config holds nothing that cannot be rendered.
		panic("config: " + err.Error())
	}
	return data
}
