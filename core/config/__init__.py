"""Settings, schema, composition: how features become one application."""
