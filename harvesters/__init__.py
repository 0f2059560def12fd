"""How each kind of repository is read: one module a kind, one TOML file a source."""
