PLATFORM_ARGS = $(shell uname -m)
TOOL = gcr.io/kaniko-project/executor:v1.24.0
pull:
	docker pull $(PLATFORM) $(TOOL)
