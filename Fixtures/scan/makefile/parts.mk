IMAGE ?= acme/app
LINT_IMAGE = hadolint/hadolint
TOOL_IMAGE = acme/tool:2
VERSION = 1
build:
	docker build -t $(IMAGE):$(VERSION) .
lint:
	docker run --rm $(LINT_IMAGE):v2.12.0 hadolint Dockerfile
tool:
	docker run --rm $(TOOL_IMAGE)
