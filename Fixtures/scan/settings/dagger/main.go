package main

import "dagger/shop/internal/dagger"

const golang = "golang:1.22-alpine"

type Shop struct{}

func (m *Shop) Build(src *dagger.Directory, base string) *dagger.Container {
	cache := dag.Container().From("redis:7").AsService()
	dag.Container().From(base)
	return dag.Container().
		From(golang).
		WithServiceBinding("cache", cache)
}
