# One binary an architecture, an image of each, and an index of them under the version's tag.
SHELL := /bin/bash
IMAGE := $(TARGET)/cow/say
VERSION := 1.2.3
ARCHES := amd64 arm64
PACK := tar --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00:00Z' --mode=755

.PHONY: all index list
all: list

layer-%.tar.gz:
	@mkdir -p $*/bin && echo "binary for $*" > $*/bin/app
	@$(PACK) -C $* -cf - bin/app | gzip -n > $@

image-%: layer-%.tar.gz
	@crane append --oci-empty-base -f $< -t $(IMAGE):$(VERSION)-$* > /dev/null
	@crane mutate $(IMAGE):$(VERSION)-$* --set-platform linux/$* --entrypoint /bin/app --user 65532 \
	  --label org.opencontainers.image.version=$(VERSION) -t $(IMAGE):$(VERSION)-$* > /dev/null

index: $(ARCHES:%=image-%)
	@crane index append $(foreach arch,$(ARCHES),-m $(IMAGE):$(VERSION)-$(arch)) -t $(IMAGE):$(VERSION)
	@crane tag $(IMAGE):$(VERSION) latest

list: index
	@crane manifest $(IMAGE):latest | jq -r '.manifests[].platform | "\(.os)/\(.architecture)"'
	@for arch in $(ARCHES); do crane config --platform linux/$$arch $(IMAGE):latest | jq -c .config; done
	@crane index list $(IMAGE):latest | wc -l
